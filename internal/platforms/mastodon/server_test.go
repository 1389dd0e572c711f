package mastodon_test

import (
	"strings"
	"testing"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/mastodon"
)

func registrar(trusted ...string) platform.Registrar {
	return mastodon.New(mastodon.Config{Trusted: trusted}).(platform.Registrar)
}

func TestServerReadsWhatPeopleType(t *testing.T) {
	t.Parallel()
	const social = "https://mastodon.social"
	for typed, want := range map[string]string{
		"mastodon.social":                               social,
		"Mastodon.Social":                               social,
		"  mastodon.social\r\n":                         social,
		"mastodon.social/":                              social,
		"mastodon.social.":                              social,
		"mastodon.social...":                            social,
		"mastodon.social./":                             social,
		"https://mastodon.social":                       social,
		"https://Mastodon.Social/":                      social,
		"HTTPS://MASTODON.SOCIAL/@alice":                social,
		"https://mastodon.social/@alice/1090?lang=de#x": social,
		"https://mastodon.social/@bob@other.example":    social,
		"https://mastodon.social//evil.example":         social,
		"mastodon.social/@alice":                        social,
		"mastodon.social/web\\home":                     social,
		"@alice@mastodon.social":                        social,
		"@Alice.B-c_1@Mastodon.Social":                  social,
		"alice@mastodon.social":                         social,
		"alice@mastodon.social.":                        social,
		"@alice@mastodon.social/":                       social,
		"\u202a@alice@mastodon.social\u202c":            social,
		"\ufeffmastodon.social\u200b":                   social,
		"ｍａｓｔｏｄｏｎ．ｓｏｃｉａｌ":                               social,
		"mastodon。social":                               social,
		"mastodon.social。":                              social,
		"tröt.example":                                  "https://xn--trt-tna.example",
		"TRÖT.example":                                  "https://xn--trt-tna.example",
		"@alice@tröt.example":                           "https://xn--trt-tna.example",
		"xn--trt-tna.example":                           "https://xn--trt-tna.example",
		"social.xn--p1ai":                               "https://social.xn--p1ai",
		"a.b-c.d1.example":                              "https://a.b-c.d1.example",
		"127.0.0.1.nip.io":                              "https://127.0.0.1.nip.io", // a name: the guard sees where it leads
		"4chan.example":                                 "https://4chan.example",
	} {
		got, err := registrar().Server(typed)
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", typed, got, err, want)
		}
	}
}

func TestServerRefusesEverythingElse(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"", " ", ".", "/", "//", "@", "@@", "https://", "https:///path", "https:///mastodon.social",
		"mastodon", "alice", "@alice", "@mastodon.social", "alice@mastodon", "@alice@", "@@mastodon.social", "a@b@mastodon.social", "a b@mastodon.social", "a:b@mastodon.social",
		"http://mastodon.social", "ftp://mastodon.social", "//mastodon.social", "https:mastodon.social", "https:/mastodon.social", "javascript:alert(1)", "data:text/html,x", "acct:alice@mastodon.social",
		"mastodon.social:443", "mastodon.social:", "https://mastodon.social:443/", "https://mastodon.social:8443", "alice@mastodon.social:443", "localhost:3000",
		"https://alice@mastodon.social", "https://alice:pw@mastodon.social/", "https://mastodon.social@evil.example", "https://@alice@mastodon.social",
		"127.0.0.1", "https://127.0.0.1/", "alice@127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "１２７．０．０．１", "127。0。0。1", "169.254.169.254", "1.2.3.4.", "a.1", "a.0x1",
		"[::1]", "https://[::1]/", "::1", "https://[::ffff:127.0.0.1]", "fe80::1%25eth0",
		"localhost", "foo.localhost", "router.local", "metadata.google.internal", "1.0.0.127.in-addr.arpa", "x.onion", "x.invalid", "x.alt", "https://server.LOCAL/",
		"mastodon..social", ".mastodon.social", "-a.example", "a-.example", "a_b.example", "a.e", "mastodon.social,evil.example", "mastodon .social", "mastodon\n.social", "mastodon.social\r\nHost: evil.example", "mastodon\x00.social",
		"mastodon.social?x=1", "mastodon.social#x", "https://mastodon.social?x", "https://mastodon.social\\@evil.example", "mastodon.social\\", "mastodon%2esocial", "mastodon.social%00", "mastodon\u202esocial.example", "a\u2100b.example", "xn--.example", "xn--a.example", "<b>.example", "*.example", "'.example",
		strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 130) + "example", strings.Repeat("mastodon.social/", 40), "\xff\xfe.example",
	} {
		got, err := registrar().Server(typed)
		if fault.ReasonOf(err) != "server_invalid" || got != "" {
			t.Errorf("%q: got %q, %v, want server_invalid", typed, got, err)
		}
	}
}

// A development server is named by its whole origin; nothing else may have a port.
func TestServerOfADeveloper(t *testing.T) {
	t.Parallel()
	p := registrar("http://localhost:3000/", "https://dev.example:8443")
	for typed, want := range map[string]string{
		"http://localhost:3000": "http://localhost:3000", " http://localhost:3000/ ": "http://localhost:3000", "https://dev.example:8443": "https://dev.example:8443",
	} {
		if got, err := p.Server(typed); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", typed, got, err, want)
		}
	}
	for _, typed := range []string{"localhost:3000", "http://localhost:3001", "http://localhost:3000.evil.example", "http://localhost", "dev.example:8443"} {
		if got, err := p.Server(typed); err == nil {
			t.Errorf("%q: got %q, want an error", typed, got)
		}
	}
}
