package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchbay/internal/webhook"
)

// signer is the yardstick of a delivery: the same body, posted by net/http's client to the
// same receivers, as many at once, signed anew each time as Standard Webhooks has it. It
// remembers nothing.
type signer struct {
	client  *http.Client
	urls    []string
	secrets []*standardwebhooks.Webhook // of each
	body    []byte
	turn    atomic.Int64
}

func newSigner(urls, secrets []string, body []byte) (*signer, error) {
	s := &signer{urls: urls, body: body, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: webhook.InFlightCap}}}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return nil, err
		}
		hook, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return nil, err
		}
		s.secrets = append(s.secrets, hook)
	}
	return s, nil
}

// drive posts until the time is over, to each receiver as many at once as the program may.
func (s *signer) drive(ctx context.Context, d time.Duration) (posts int, took time.Duration, err error) {
	began := time.Now()
	counts, errs := make([]int, len(s.urls)*webhook.InFlightCap), make([]error, len(s.urls)*webhook.InFlightCap)
	var wg sync.WaitGroup
	for i := range counts {
		wg.Go(func() {
			for ; errs[i] == nil && time.Since(began) < d; counts[i]++ {
				errs[i] = s.post(ctx, i%len(s.urls))
			}
		})
	}
	wg.Wait()
	took = time.Since(began)
	for i, n := range counts {
		posts, err = posts+n, cmp.Or(err, errs[i])
	}
	return posts, took, err
}

func (s *signer) post(ctx context.Context, to int) error {
	id, at := fmt.Sprintf("evt_1_%d", s.turn.Add(1)), time.Now()
	signature, err := s.secrets[to].Sign(id, at, s.body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.urls[to], bytes.NewReader(s.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "bench")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("a receiver answered %s, want 204", resp.Status)
	}
	return nil
}
