package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"
)

// poster is the yardstick of a refresh: one kept connection that posts
// grant_type=refresh_token, takes the new refresh token out of the answer and goes on
// with the next family. It stores nothing.
type poster struct {
	*caller
	path     string
	header   string
	families []string // refresh tokens, each the newest of its family
	next     int
	body     []byte
}

// newPosters deals the families out to n connections.
func newPosters(callers []*caller, l *tokenServer, families []string) []*poster {
	posters := make([]*poster, len(callers))
	for i, c := range callers {
		posters[i] = &poster{caller: c, path: l.tokenPath, header: "Host: " + l.process.Addr + "\r\nAuthorization: " + l.basic() + "\r\nAccept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"}
	}
	for i, f := range families {
		p := posters[i%len(posters)]
		p.families = append(p.families, f)
	}
	return posters
}

// post lets all of them post until the time is over.
func post(posters []*poster, d time.Duration) (answers int, took time.Duration, err error) {
	began := time.Now()
	counts, errs := make([]int, len(posters)), make([]error, len(posters))
	var wg sync.WaitGroup
	for i, p := range posters {
		wg.Go(func() { counts[i], errs[i] = p.loop(began.Add(d)) })
	}
	wg.Wait()
	took = time.Since(began)
	for i, n := range counts {
		answers, err = answers+n, cmp.Or(err, errs[i])
	}
	return answers, took, err
}

func (p *poster) loop(until time.Time) (n int, err error) {
	if err := p.conn.SetDeadline(until.Add(time.Minute)); err != nil {
		return 0, err
	}
	for ; time.Now().Before(until); n++ {
		at := p.next % len(p.families)
		if p.families[at], err = p.refresh(p.families[at]); err != nil {
			return n, err
		}
		p.next++
	}
	return n, nil
}

var errNoRefreshToken = errors.New("an answer holds no refresh token")

// refresh answers the family's next refresh token.
func (p *poster) refresh(token string) (string, error) {
	form := "grant_type=refresh_token&refresh_token=" + url.QueryEscape(token)
	length, err := p.begin(fmt.Appendf(nil, "POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", p.path, p.header, len(form), form))
	if err != nil {
		return "", err
	}
	if length < 0 {
		return "", errors.New("an answer comes in chunks")
	}
	p.body = append(p.body[:0], make([]byte, length)...)
	if _, err := io.ReadFull(p.in, p.body); err != nil {
		return "", err
	}
	_, rest, found := bytes.Cut(p.body, []byte(`"refresh_token":"`))
	next, _, closed := bytes.Cut(rest, []byte(`"`))
	if !found || !closed {
		return "", errNoRefreshToken
	}
	return string(next), nil
}
