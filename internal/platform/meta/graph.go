package meta

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"

	"patchbay/internal/platform"
)

// maxListPages bounds how many pages of one list are read, 100 entries each: a list
// that goes on for ever ends here.
const maxListPages = 20

// Graph calls the Graph API for one person.
type Graph struct {
	client *platform.Client
	base   string // "https://graph.facebook.com/v25.0"
	proof  string
}

// New calls as the person of c, at a version such as "v25.0".
func New(c *platform.Client, version string) Graph {
	return Graph{client: c, base: GraphOrigin + "/" + version, proof: proof(c)}
}

// proof is the appsecret_proof: hex HMAC-SHA256 of the token under the app secret.
// Apps that require it refuse calls without, the others check it when it is there.
func proof(c *platform.Client) string {
	mac := hmac.New(sha256.New, []byte(c.App.ClientSecret.Reveal()))
	mac.Write([]byte(c.Credentials.Access.Reveal()))
	return hex.EncodeToString(mac.Sum(nil))
}

// get reads one node into out.
func (g Graph) get(ctx context.Context, path string, q url.Values, out any) error {
	return g.fetch(ctx, g.address(path, q), out)
}

func (g Graph) address(path string, q url.Values) string {
	if q == nil {
		q = url.Values{}
	}
	q.Set("appsecret_proof", g.proof)
	return g.base + path + "?" + q.Encode()
}

func (g Graph) fetch(ctx context.Context, address string, out any) error {
	resp, err := g.client.Get(ctx, address)
	if err != nil {
		return err
	}
	if e, ok := readGraphError(CallRules(), resp, g.client.Now()); ok {
		return e
	}
	if err := unexpected(resp, g.client.Now()); err != nil {
		return err
	}
	return platform.Decode(resp, out)
}

// list reads all entries of an edge.
func list[T any](ctx context.Context, g Graph, path string, q url.Values) ([]T, error) {
	var all []T
	address := g.address(path, q)
	for range maxListPages {
		var page struct {
			Data   []T
			Paging struct{ Next string }
		}
		if err := g.fetch(ctx, address, &page); err != nil {
			return nil, err
		}
		if page.Data == nil { // an empty list is "data": []; anything else is no list
			return nil, platform.ErrUnavailable.Because(errors.New("a list without data"))
		}
		all = append(all, page.Data...)
		if page.Paging.Next == "" || len(page.Data) == 0 {
			break
		}
		var err error
		if address, err = g.next(page.Paging.Next); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// next checks the address of a list's next page: it comes from the answer and is
// called with the person's token, so it must stay at the Graph API. The token that
// Meta writes into it is dropped; ours goes as a header.
func (g Graph) next(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme+"://"+u.Host != GraphOrigin || u.User != nil {
		return "", platform.ErrUnavailable.Because(errors.New("the next page of a list lies elsewhere"))
	}
	q := u.Query()
	q.Del("access_token")
	q.Set("appsecret_proof", g.proof)
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u.String(), nil
}
