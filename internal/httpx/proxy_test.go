package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"patchbay/internal/httpx"
)

func TestWhoseWordAboutTheClientCounts(t *testing.T) {
	t.Parallel()
	const proxy, outer, client, liar = "10.0.0.1:5000", "10.0.0.2", "203.0.113.7", "198.51.100.1"
	xff := func(lines ...string) http.Header { return http.Header{"X-Forwarded-For": lines} }
	forwarded := func(lines ...string) http.Header { return http.Header{"Forwarded": lines} }
	both := func(list, standard string) http.Header {
		return http.Header{"X-Forwarded-For": {list}, "Forwarded": {standard}}
	}
	for name, c := range map[string]struct {
		peer   string
		header http.Header
		want   string
	}{
		"nobody forwards":                      {client + ":1", nil, client},
		"a stranger's list":                    {client + ":1", xff(liar), client},
		"a stranger's Forwarded":               {client + ":1", forwarded("for=" + liar), client},
		"a stranger claims to be a proxy":      {client + ":1", xff("10.0.0.1"), client},
		"a stranger's other headers":           {client + ":1", http.Header{"X-Real-Ip": {liar}, "True-Client-Ip": {liar}}, client},
		"a proxy that says nothing":            {proxy, nil, "10.0.0.1"},
		"a proxy's other headers":              {proxy, http.Header{"X-Real-Ip": {liar}, "Cf-Connecting-Ip": {liar}}, "10.0.0.1"},
		"one proxy":                            {proxy, xff(client), client},
		"the client invented the left":         {proxy, xff(liar + ", " + client), client},
		"invented, and looks like ours":        {proxy, xff("10.0.0.9, " + client), client},
		"two proxies":                          {proxy, xff(client + ", " + outer), client},
		"two proxies and an invention":         {proxy, xff(liar + "," + client + "," + outer), client},
		"in several lines":                     {proxy, xff(liar, client, outer), client},
		"the invention in a line of its own":   {proxy, xff(liar+", 10.0.0.9", client), client},
		"ours all the way":                     {proxy, xff("10.0.0.8, " + outer), "10.0.0.8"},
		"no address at the right":              {proxy, xff(liar + ", unknown"), "10.0.0.1"},
		"no address behind a proxy of ours":    {proxy, xff(liar + ", garbage, " + outer), outer},
		"empty":                                {proxy, xff(""), "10.0.0.1"},
		"an empty word":                        {proxy, xff(liar + ", "), "10.0.0.1"},
		"with a port":                          {proxy, xff(client + ":4711"), client},
		"IPv6":                                 {proxy, xff("2001:db8::7"), "2001:db8::7"},
		"IPv6 in brackets":                     {proxy, xff("[2001:db8::7]"), "2001:db8::7"},
		"IPv6 with a port":                     {proxy, xff("[2001:db8::7]:443"), "2001:db8::7"},
		"IPv6 with a zone":                     {proxy, xff("fe80::1%eth0"), "fe80::1"},
		"IPv4 mapped into IPv6":                {proxy, xff("::ffff:203.0.113.7"), client},
		"a mapped proxy":                       {"[::ffff:10.0.0.1]:5000", xff(client), client},
		"an IPv6 proxy":                        {"[2001:db8:1::1]:5000", xff(client), client},
		"not that network":                     {"[2001:db8:2::1]:5000", xff(client), "2001:db8:2::1"},
		"octal is no address":                  {proxy, xff(liar + ", 010.1.1.1"), "10.0.0.1"},
		"a number is no address":               {proxy, xff(liar + ", 3405803783"), "10.0.0.1"},
		"Forwarded":                            {proxy, forwarded("for=" + client), client},
		"Forwarded with more":                  {proxy, forwarded(`proto=https; For="` + client + `:4711"; by=10.0.0.1`), client},
		"Forwarded with IPv6":                  {proxy, forwarded(`for="[2001:db8::7]:443"`), "2001:db8::7"},
		"Forwarded, the client invented left":  {proxy, forwarded("for="+liar, "for="+client+", for="+outer), client},
		"Forwarded, unknown":                   {proxy, forwarded("for=" + liar + ", for=unknown"), "10.0.0.1"},
		"Forwarded, hidden":                    {proxy, forwarded("for=" + liar + ", for=_gazonk"), "10.0.0.1"},
		"Forwarded without for":                {proxy, forwarded("for=" + liar + ", proto=https"), "10.0.0.1"},
		"Forwarded, a comma in quotes":         {proxy, forwarded(`for=` + liar + `, for="x, for=` + client + `"`), client},
		"both agree":                           {proxy, both(client, "for="+client), client},
		"a made-up Forwarded behind a list":    {proxy, both(client, "for="+liar), "10.0.0.1"},
		"a made-up list behind Forwarded":      {proxy, both(liar, "for="+client), "10.0.0.1"},
		"no peer address (a Unix socket)":      {"@", xff(liar), "invalid IP"},
		"a peer address that nobody can parse": {"nonsense", nil, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://connect.example.com/", nil)
		r.RemoteAddr = c.peer
		if c.header != nil {
			r.Header = c.header
		}
		trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("2001:db8:1::/48")}
		if got := through(trusted, r, httpx.ClientIP); got.String() != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// through asks what a handler behind the proxies' sees.
func through[T any](trusted []netip.Prefix, r *http.Request, ask func(*http.Request) T) (answer T) {
	h := httpx.TrustProxies(trusted).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { answer = ask(r) }))
	h.ServeHTTP(httptest.NewRecorder(), r)
	return answer
}

func TestHostThatTheBrowserAskedFor(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	const proxy, stranger = "10.0.0.1:1", "203.0.113.7:1"
	for _, c := range []struct{ peer, asked, forwarded, want string }{
		{proxy, "connect.example.com", "", "connect.example.com"},
		{proxy, "alias.example.com:8443", "", "alias.example.com:8443"},
		{proxy, "patchbay:8080", "", ""},
		{proxy, "127.0.0.1:8080", "", ""},
		{proxy, "[::1]:8080", "", ""},
		{proxy, "localhost", "", ""},
		{proxy, "patchbay:8080", "connect.example.com", "connect.example.com"},
		{proxy, "patchbay:8080", "made-up.example.com, connect.example.com", "connect.example.com"},
		{stranger, "127.0.0.1:8080", "", "127.0.0.1:8080"},
		{stranger, "connect.example.com", "made-up.example.com", "connect.example.com"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://connect.example.com/", nil)
		r.RemoteAddr, r.Host = c.peer, c.asked
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-Host", c.forwarded)
		}
		if got := through(trusted, r, httpx.RequestHost); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func TestWithoutTheMiddlewareThePeerCounts(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "http://connect.example.com/", nil)
	r.RemoteAddr = "203.0.113.7:1"
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	if got := httpx.ClientIP(r).String(); got != "203.0.113.7" {
		t.Errorf("got %s, want the peer", got)
	}
}
