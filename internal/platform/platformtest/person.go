package platformtest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// choice is what a person does on a consent page: who they are, what they untick.
type choice struct {
	persona   string
	untick    []string // scopes
	untickAll string   // name of checkboxes to untick: "scope" or "target"
	deny      bool
}

// consent opens the authorize address, fills in the form as a browser would, and
// returns what the callback is given.
func (w *world) consent(t *testing.T, address string, c choice) url.Values {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	address = w.env.HTTP.Rebase(address)
	page := send(t, browser, http.MethodGet, address, nil)
	if page.status != http.StatusOK {
		t.Fatalf("the consent page answers %d %s: %s", page.status, page.location, page.body)
	}
	form := fields(t, page.body, c)
	form.Set("decision", "approve")
	if c.deny {
		form.Set("decision", "deny")
	}
	answer := send(t, browser, http.MethodPost, address, form)
	back, err := url.Parse(answer.location)
	if err != nil || !strings.HasPrefix(answer.location, w.redirect+"?") {
		t.Fatalf("the consent went to %q with status %d", answer.location, answer.status)
	}
	return back.Query()
}

type page struct {
	status         int
	location, body string
}

func send(t *testing.T, browser *http.Client, method, address string, form url.Values) page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Header.Get("Location"), string(body)}
}

// fields are the form's inputs as they are sent: what is checked, unless unticked.
func fields(t *testing.T, body string, c choice) url.Values {
	t.Helper()
	form := url.Values{}
	for z := html.NewTokenizer(strings.NewReader(body)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Data != "input" {
			continue
		}
		attr := map[string]string{}
		for _, a := range token.Attr {
			attr[a.Key] = a.Val
		}
		_, checked := attr["checked"]
		_, disabled := attr["disabled"]
		name, value := attr["name"], attr["value"]
		switch {
		case disabled:
		case attr["type"] == "radio":
			if value == c.persona {
				form.Set(name, value)
			}
		case attr["type"] == "checkbox" && (!checked || name == c.untickAll || name == "scope" && slices.Contains(c.untick, value)):
		default:
			form.Add(name, value)
		}
	}
	if form.Get("persona") != c.persona {
		t.Fatalf("the consent page has no persona %q", c.persona)
	}
	return form
}
