package facebook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// maxListPages bounds how many pages of one list are read, 100 entries each: a list
// that goes on for ever ends here.
const maxListPages = 20

// graph calls the Graph API for one person.
type graph struct {
	client *platform.Client
	base   string // "https://graph.facebook.com/v25.0"
	proof  string
}

func newGraph(c *platform.Client, version string) graph {
	return graph{client: c, base: graphOrigin + "/" + version, proof: proof(c)}
}

// proof is the appsecret_proof: hex HMAC-SHA256 of the token under the app secret.
// Apps that require it refuse calls without, the others check it when it is there.
func proof(c *platform.Client) string {
	mac := hmac.New(sha256.New, []byte(c.App.ClientSecret.Reveal()))
	mac.Write([]byte(c.Credentials.Access.Reveal()))
	return hex.EncodeToString(mac.Sum(nil))
}

// get reads one node into out.
func (g graph) get(ctx context.Context, path string, q url.Values, out any) error {
	return g.fetch(ctx, g.address(path, q), out)
}

func (g graph) address(path string, q url.Values) string {
	if q == nil {
		q = url.Values{}
	}
	q.Set("appsecret_proof", g.proof)
	return g.base + path + "?" + q.Encode()
}

func (g graph) fetch(ctx context.Context, address string, out any) error {
	resp, err := g.client.Get(ctx, address)
	if err != nil {
		return err
	}
	if e, ok := readGraphError(resp); ok {
		return e
	}
	if resp.Status != http.StatusOK {
		return graphError{status: resp.Status}
	}
	return platform.Decode(resp, out)
}

// list reads all entries of an edge.
func list[T any](ctx context.Context, g graph, path string, q url.Values) ([]T, error) {
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
func (g graph) next(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme+"://"+u.Host != graphOrigin || u.User != nil {
		return "", platform.ErrUnavailable.Because(errors.New("the next page of a list lies elsewhere"))
	}
	q := u.Query()
	q.Del("access_token")
	q.Set("appsecret_proof", g.proof)
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u.String(), nil
}

// The codes that matter here. Meta's texts are never looked at: they are translated,
// and they change. https://developers.facebook.com/docs/graph-api/guides/error-handling
const (
	codeUnknown     = 1
	codePermission  = 10
	codeParameter   = 100
	codeApplication = 101 // no app of this id
	codeSession     = 102
	codeToken       = 190
	codeRedirect    = 191 // the redirect URI's domain is not the app's
	codePolicy      = 368

	subcodeCodeExpired = 36007
	subcodeCodeUsed    = 36009
)

// graphError is the Graph API's error object. It is an error of its own so that the
// walk over portfolios can pass over what the person may not see.
type graphError struct {
	Code    int
	Subcode int `json:"error_subcode"`
	status  int
}

// readGraphError finds the error object, whatever the status: Meta answers 400 for
// most, 401 and 403 for some, and the code is what counts.
func readGraphError(resp *httpx.Response) (graphError, bool) {
	var body struct{ Error *graphError }
	if json.Unmarshal(resp.Body, &body) != nil || body.Error == nil {
		return graphError{}, false
	}
	body.Error.status = resp.Status
	return *body.Error, true
}

func (e graphError) Error() string { return e.Unwrap().Error() }

// Unwrap makes the error one of platform's, so that fault.From finds it.
func (e graphError) Unwrap() error { return e.fault(e.class()) }

// class is what an error of an ordinary call means.
func (e graphError) class() *fault.Error {
	switch {
	case e.passing(), e.Code == codeUnknown:
		return platform.ErrUnavailable
	case e.Code == codeToken, e.Code == codeSession:
		return platform.ErrReauth
	case e.permission():
		return platform.ErrScopesMissing
	case e.Code == 0 && e.status == http.StatusUnauthorized:
		return platform.ErrReauth
	case e.Code == 0:
		return platform.ErrUnavailable
	}
	return platform.ErrRejected
}

// permission tells whether a permission is missing, was removed, or never sufficed.
func (e graphError) permission() bool {
	return e.Code == codePermission || e.Code >= 200 && e.Code <= 299
}

// passing tells of trouble that ends by itself: the service, the rate limits (of app,
// user, page and business use case), a temporary block for policy.
func (e graphError) passing() bool {
	switch e.Code {
	case 2, 4, 17, 32, 341, 613, codePolicy:
		return true
	}
	return e.Code >= 80000 && e.Code <= 80014 || e.status >= 500 || e.status == http.StatusTooManyRequests
}
