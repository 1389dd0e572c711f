package hosted

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// asked is Limits that notes who asked, and refuses one of them.
type asked struct {
	refuse string
	got    *[]string
}

func (a asked) ask(what string) error {
	*a.got = append(*a.got, what)
	if what != a.refuse {
		return nil
	}
	return fault.New(fault.RateLimited, "rate_limited", "Too often.").After(61 * time.Second)
}

func (a asked) Attempt(*http.Request) error   { return a.ask("attempt") }
func (a asked) Password(*http.Request) error  { return a.ask("password") }
func (a asked) NewServer(*http.Request) error { return a.ask("server") }

func TestLimitsAreAskedWhereSomethingBegins(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path string
		form url.Values
		want []string
	}{
		"platform":       {"/platform", url.Values{"platform": {"plain"}}, []string{"attempt"}},
		"server":         {"/platform/many", url.Values{"input": {"many.example"}}, []string{"attempt", "server"}},
		"password":       {"/platform/second/password", url.Values{"account": {"a.example"}, "password": {"abcd"}}, []string{"password"}},
		"nothing typed":  {"/platform/many", url.Values{"input": {" "}}, nil},
		"no password":    {"/platform/second/password", url.Values{"account": {"a.example"}}, nil},
		"asks for input": {"/platform", url.Values{"platform": {"many"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, refuse := range append([]string{""}, tt.want...) {
				var got []string
				b := newBrowser(t, Config{Limits: asked{refuse, &got}, Service: core{
					begin: func(r connect.BeginRequest) (string, error) {
						if r.Input != "" {
							if err := r.NewServer(); err != nil {
								return "", err
							}
						}
						return "https://platform.example", nil
					},
					signIn: func(connect.SignInRequest) (connect.Session, error) { return connect.Session{}, nil },
				}})
				resp := b.post(sessionAt+tt.path, tt.form)
				if refuse == "" {
					if !slices.Equal(got, tt.want) {
						t.Errorf("asked %v, want %v", got, tt.want)
					}
					continue
				}
				checkRefused(t, resp)
			}
		})
	}
}

func checkRefused(t *testing.T, resp *http.Response) {
	t.Helper()
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "61" {
		t.Errorf("got %d, Retry-After %q, want 429 and 61", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	if text := textOf(t, resp); !strings.Contains(text, "Too many tries") || !strings.Contains(text, "You can try again in 2 minutes.") {
		t.Errorf("the page does not say when to come back: %s", text)
	}
}

func TestLinkThatWasTriedTooOften(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, Config{Service: core{
		begin: func(connect.BeginRequest) (string, error) { return "", connect.ErrTooManyAttempts },
		signIn: func(connect.SignInRequest) (connect.Session, error) {
			return connect.Session{}, connect.ErrTooManyTries
		},
	}})
	for _, tt := range []struct {
		path, want, leads string
		form              url.Values
	}{
		{"/platform", "This link was used too often", "", url.Values{"platform": {"plain"}}},
		{"/platform/second/password", "Too many wrong app passwords", sessionAt + `/platform/second"`, url.Values{"account": {"a.example"}, "password": {"abcd"}}},
	} {
		resp := b.post(sessionAt+tt.path, tt.form)
		text := textOf(t, resp)
		if resp.StatusCode != http.StatusTooManyRequests || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %d, want 429 and %q", tt.path, resp.StatusCode, tt.want)
		}
		if tt.leads == "" && strings.Contains(text, "Start again") || !strings.Contains(text, tt.leads) {
			t.Errorf("%s: leads to the wrong place, want %q: %s", tt.path, tt.leads, text)
		}
	}
}
