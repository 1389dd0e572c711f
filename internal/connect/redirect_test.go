package connect_test

import (
	"strings"
	"testing"

	"patchbay/internal/connect"
)

func TestCheckRedirect(t *testing.T) {
	t.Parallel()
	for raw, usable := range map[string]bool{
		"https://client.example.com/callback":                     true,
		"https://client.example.com/callback?a=b#c":               true,
		"HTTPS://client.example.com":                              true,
		"clientapp://social/callback":                             true,
		"com.example.app:/oauth2redirect":                         true,
		"http://localhost:3000/cb":                                true,
		"http://127.0.0.1/cb":                                     true,
		"http://[::1]:8080/cb":                                    true,
		"http://client.example.com/callback":                      false,
		"http://127.0.0.1.example.com/":                           false,
		"http://0x7f000001/":                                      false,
		"//client.example.com/callback":                           false,
		"/callback":                                               false,
		"":                                                        false,
		"client.example.com":                                      false,
		"https://":                                                false,
		"https:///path":                                           false,
		"https://user@client.example.com/":                        false,
		"https://user:pw@client.example.com/":                     false,
		"https://client.example.com\\@evil.example.com":           false,
		"https:\\\\client.example.com":                            false,
		"https://client.example.com/a b":                          false,
		"https://client.example.com/\tcb":                         false,
		"https://client.example.com/\ncb":                         false,
		" https://client.example.com/":                            false,
		"https://client.example.com/\x00":                         false,
		"https://bücher.example/":                                 false,
		"https://client.example.com/%zz":                          false,
		"https://client.example.com:65535/":                       true,
		"https://client.example.com:65536/":                       false,
		"https://client.example.com:0/":                           false,
		"https://93.184.216.34/":                                  true,
		"https://2130706433/":                                     false,
		"https://0x7f.1/":                                         false,
		"https://1.2.3.4.5/":                                      false,
		"https://[::1%25lo]/":                                     false,
		"http://[::1%25lo]/":                                      false,
		"https://%e2%93%94vil.example/":                           false,
		"https://a\"b.example/":                                   false,
		"clientapp://a<b/":                                        false,
		"clientapp://10/callback":                                 true,
		"javascript:alert(1)":                                     false,
		"JavaScript:alert(1)":                                     false,
		"java\nscript:alert(1)":                                   false,
		"data:text/html,hi":                                       false,
		"file:///etc/passwd":                                      false,
		"blob:https://client.example.com/1":                       false,
		"vbscript:x":                                              false,
		"about:blank":                                             false,
		"intent://scan/#Intent;scheme=x;end":                      false,
		"content://x":                                             false,
		"ws://client.example.com":                                 false,
		"wss://client.example.com":                                false,
		"ftp://client.example.com":                                false,
		"clientapp://user@social/callback":                        false,
		"https://client.example.com/" + strings.Repeat("a", 2048): false,
	} {
		if err := connect.CheckRedirect(connect.Workspace{}, raw); (err == nil) != usable {
			t.Errorf("%q: got %v, want usable %v", raw, err, usable)
		}
	}
}

func TestAllowListIsExact(t *testing.T) {
	t.Parallel()
	w := connect.Workspace{AllowedRedirects: []string{"https://client.example.com/cb"}}
	for raw, usable := range map[string]bool{
		"https://client.example.com/cb": true, "https://client.example.com/cb/": false, "https://client.example.com/cb?x=1": false,
		"https://other.example.com/cb": false,
	} {
		if err := connect.CheckRedirect(w, raw); (err == nil) != usable {
			t.Errorf("%q: got %v, want usable %v", raw, err, usable)
		}
	}
}

func TestAppendParams(t *testing.T) {
	t.Parallel()
	params := []connect.Param{{Name: "channel_ids", Value: "45,46,47"}, {Name: "message", Value: "no & yes=1#x"}}
	added := "channel_ids=45,46,47&message=no+%26+yes%3D1%23x"
	for raw, want := range map[string]string{
		"https://c.example/cb":       "https://c.example/cb?" + added,
		"https://c.example":          "https://c.example?" + added,
		"https://c.example/cb?a=b":   "https://c.example/cb?a=b&" + added,
		"https://c.example/cb?":      "https://c.example/cb?" + added,
		"https://c.example/cb?a=b&":  "https://c.example/cb?a=b&" + added,
		"https://c.example/a&":       "https://c.example/a&?" + added,
		"https://c.example/cb#f":     "https://c.example/cb?" + added + "#f",
		"https://c.example/?a#f?g":   "https://c.example/?a&" + added + "#f?g",
		"clientapp://social/cb":      "clientapp://social/cb?" + added,
		"com.example.app:/redirect#": "com.example.app:/redirect?" + added + "#",
	} {
		if got := connect.AppendParams(raw, params); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
	if got := connect.AppendParams("https://c.example/cb", nil); got != "https://c.example/cb" {
		t.Errorf("without parameters: got %s, want it unchanged", got)
	}
}
