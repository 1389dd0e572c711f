package connect_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
)

var (
	redirectSeed = flag.Uint64("redirect.seed", 0, "seed of the random redirect URLs; 0: a new one")
	redirectFor  = flag.Duration("redirect.for", 5*time.Second, "how long random redirect URLs are tried")
)

// An accepted redirect URL is to a browser what it is to us: the same scheme, no user
// name, over plain http this machine alone, and still so with our parameters added.
func browserAgrees(raw string) error {
	if connect.CheckRedirect(connect.Workspace{}, raw) != nil {
		return nil
	}
	u, ok := readAsBrowser(raw)
	if !ok {
		return fmt.Errorf("a browser refuses it")
	}
	scheme, _, _ := strings.Cut(raw, ":")
	refused := []string{
		"javascript", "data", "file", "blob", "vbscript", "about", "intent", "content", "ws", "wss", "ftp", "view-source",
	}
	switch {
	case u.scheme != strings.ToLower(scheme) || slices.Contains(refused, u.scheme):
		return fmt.Errorf("to a browser its scheme is %q", u.scheme)
	case u.userinfo:
		return fmt.Errorf("to a browser it has a user name")
	case u.special && u.scheme != "https" && !browserLoopback(u.host):
		return fmt.Errorf("to a browser it is plain http at %q", u.host)
	case u.special && u.host != writtenHost(raw):
		return fmt.Errorf("to a browser its host is %q", u.host)
	}
	return parametersStay(raw, u)
}

// writtenHost is what a person reads as the host: all between "//" and the next
// delimiter, without the port.
func writtenHost(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, ']') {
		rest = rest[:colon]
	}
	host, _ := readHost(strings.ToLower(rest), false)
	return host
}

func parametersStay(raw string, before browserURL) error {
	added := connect.AppendParams(raw, []connect.Param{{Name: "status", Value: "a b&c#d"}})
	after, ok := readAsBrowser(added)
	if !ok || after.scheme != before.scheme || after.host != before.host || after.userinfo {
		return fmt.Errorf("with parameters it leads elsewhere: %q", added)
	}
	if !strings.HasSuffix(after.query, "status=a+b%26c%23d") || !strings.HasPrefix(after.query, before.query) {
		return fmt.Errorf("with parameters its query is %q", after.query)
	}
	return nil
}

// The corpus below testdata/fuzz is tried by every run; go test -fuzz FuzzCheckRedirect
// ./internal/connect looks for more.
func FuzzCheckRedirect(f *testing.F) {
	for _, raw := range redirectParts {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if err := browserAgrees(raw); err != nil {
			t.Errorf("%q is accepted, but %v", raw, err)
		}
	})
}

// redirectParts are what the two ways of reading an address quarrel about.
var redirectParts = []string{
	"https:", "http:", "HTTPS:", "clientapp:", "com.example.app:", "javascript:", "data:", "//", "/", "///", `\`, `\\`, "@", "user:pw@", ":", ":80",
	":65536", ":0", "?", "#", "%", "%2f", "%40", "%5c", "%00", "%e2%91%a0", "%ff", "[", "]", "[::1]", "[::1%25lo]", "[::ffff:127.0.0.1]", "127.0.0.1",
	"127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0x", "1.2.3.4.5", "256.1", "localhost", "localhost.", "client.example.com", "evil.example", "xn--e1afmkfd.example",
	"a..b", ".", "..", "\t", "\n", "\r", " ", "\x00", "\x7f", "\u00ad", "①", "。", "ⓔ", "<", ">", "\"", "^", "|", "`", "{", "}", ";", "&", "=", "a=b", "cb", "/cb",
}

func TestBrowsersReadAcceptedRedirectsAsWeDo(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*redirectSeed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/connect -run %s -redirect.seed=%d", t.Name(), seed)
	random := rand.New(rand.NewPCG(seed, 0))
	accepted, tried := 0, 0
	for began := time.Now(); time.Since(began) < *redirectFor; tried++ {
		raw := drawRedirect(random)
		if err := browserAgrees(raw); err != nil {
			t.Fatalf("%q is accepted, but %v", raw, err)
		}
		if connect.CheckRedirect(connect.Workspace{}, raw) == nil {
			accepted++
		}
	}
	if tried < 1000 || accepted < tried/200 {
		t.Errorf("%d of %d random URLs were accepted: the draw no longer meets what it should", accepted, tried)
	}
}

// drawRedirect is mostly the shape of a URL, with a part too many, or one byte changed.
func drawRedirect(random *rand.Rand) string {
	part := func() string { return redirectParts[random.IntN(len(redirectParts))] }
	raw := redirectParts[random.IntN(5)]
	if random.IntN(4) > 0 {
		raw += "//"
	}
	for range 1 + random.IntN(5) {
		raw += part()
	}
	if random.IntN(3) == 0 {
		at := random.IntN(len(raw))
		raw = raw[:at] + string(rune(random.IntN(256))) + raw[at:]
	}
	return raw
}
