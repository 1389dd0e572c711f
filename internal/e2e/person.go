package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Person is a browser without JavaScript: it keeps cookies, follows redirects by
// hand, reads forms out of pages and submits them, and remembers all it was shown.
type Person struct {
	t        testing.TB
	client   *http.Client
	Language string
	Address  string      // X-Forwarded-For; empty: none
	Header   http.Header // further ones of every request
	Seen     []Page
}

// Page is one answer.
type Page struct {
	URL      *url.URL
	Status   int
	Header   http.Header
	Body     string
	Redirect string // absolute; empty when it was none
}

// NewPerson is a person with a browser of their own.
func NewPerson(t testing.TB) *Person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Person{t: t, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Open fetches an address and follows redirects to the page at their end. It stops
// at a redirect to an address that is no web page (an application's own scheme).
func (p *Person) Open(address string) Page {
	p.t.Helper()
	return p.follow(p.Fetch(http.MethodGet, address, nil))
}

// Submit sends a form and follows where it leads.
func (p *Person) Submit(f Form, set url.Values) Page {
	p.t.Helper()
	return p.follow(p.Fetch(f.Method, f.Action, f.With(set)))
}

func (p *Person) follow(page Page) Page {
	p.t.Helper()
	for hops := 0; page.Redirect != "" && strings.HasPrefix(page.Redirect, "http"); hops++ {
		if hops > 10 {
			p.t.Fatalf("redirects do not end: %s", page.Redirect)
		}
		page = p.Fetch(http.MethodGet, page.Redirect, nil)
	}
	return page
}

// Fetch is one request without following.
func (p *Person) Fetch(method, address string, form url.Values) Page {
	p.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, address, body)
	if err != nil {
		p.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	}
	req.Header.Set("Accept-Language", p.Language)
	for name, values := range p.Header {
		req.Header[name] = values
	}
	if p.Address != "" {
		req.Header.Set("X-Forwarded-For", p.Address)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, req.URL.Path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	page := Page{URL: req.URL, Status: resp.StatusCode, Header: resp.Header, Body: string(text)}
	if to := resp.Header.Get("Location"); to != "" {
		if u, err := req.URL.Parse(to); err == nil {
			page.Redirect = u.String()
		}
	}
	p.Seen = append(p.Seen, page)
	return page
}

// Cookies are what the browser would send to an address.
func (p *Person) Cookies(address string) []*http.Cookie {
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.client.Jar.Cookies(u)
}

// Form is a form of a page, filled in as the page filled it.
type Form struct {
	Method string
	Action string // absolute
	Fields url.Values
	Submit []string // "name=value" of its submit buttons
}

// With is the form's fields with some replaced; a nil value removes the field.
func (f Form) With(set url.Values) url.Values {
	out := url.Values{}
	for name, values := range f.Fields {
		out[name] = slices.Clone(values)
	}
	for name, values := range set {
		if values == nil {
			out.Del(name)
			continue
		}
		out[name] = values
	}
	return out
}

// Form finds the page's form whose action ends in suffix and which can send
// "name=value" by a button; button "" takes the first.
func (p *Person) Form(page Page, suffix, button string) Form {
	p.t.Helper()
	for _, f := range forms(page) {
		if strings.HasSuffix(strings.SplitN(f.Action, "?", 2)[0], suffix) && (button == "" || slices.Contains(f.Submit, button)) {
			return f
		}
	}
	p.t.Fatalf("no form to …%s with %q on %s (status %d): %s", suffix, button, page.URL.Path, page.Status, Text(page))
	return Form{}
}

// Forms lists the page's forms.
func Forms(page Page) []Form { return forms(page) }

func forms(page Page) []Form {
	root, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		return nil
	}
	var out []Form
	each(root, func(n *html.Node) {
		if n.Data == "form" {
			out = append(out, readForm(page, n))
		}
	})
	return out
}

func readForm(page Page, form *html.Node) Form {
	f := Form{Method: strings.ToUpper(attr(form, "method")), Action: page.URL.String(), Fields: url.Values{}}
	if f.Method == "" {
		f.Method = http.MethodGet
	}
	if action := attr(form, "action"); action != "" {
		if u, err := page.URL.Parse(action); err == nil {
			f.Action = u.String()
		}
	}
	each(form, func(n *html.Node) {
		name, value := attr(n, "name"), attr(n, "value")
		switch {
		case name == "" || (n.Data != "input" && n.Data != "button"):
		case n.Data == "button" || attr(n, "type") == "submit":
			f.Submit = append(f.Submit, name+"="+value)
		case has(n, "disabled"):
		case attr(n, "type") == "checkbox" || attr(n, "type") == "radio":
			if has(n, "checked") {
				f.Fields.Add(name, value)
			}
		default:
			f.Fields.Add(name, value)
		}
	})
	return f
}

// Values lists the values of the inputs called name on the page, in order; those
// that cannot be chosen are left out.
func Values(page Page, name string) []string {
	root, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		return nil
	}
	var out []string
	each(root, func(n *html.Node) {
		if n.Data == "input" && attr(n, "name") == name && !has(n, "disabled") {
			out = append(out, attr(n, "value"))
		}
	})
	return out
}

// Links lists where the page's links lead.
func Links(page Page) []string {
	root, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		return nil
	}
	var out []string
	each(root, func(n *html.Node) {
		if u, err := page.URL.Parse(attr(n, "href")); n.Data == "a" && err == nil {
			out = append(out, u.String())
		}
	})
	return out
}

// Text is what a person reads on the page.
func Text(page Page) string {
	root, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		return page.Body
	}
	var out bytes.Buffer
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && (n.Data == "style" || n.Data == "script" || n.Data == "svg") {
			return
		}
		if n.Type == html.TextNode {
			out.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return strings.Join(strings.Fields(out.String()), " ")
}

func each(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		each(c, visit)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}
