package httpx_test

import (
	"errors"
	"strings"
	"testing"

	"patchbay/internal/httpx"
)

func TestAddressesThatMayBeKept(t *testing.T) {
	t.Parallel()
	c := newClient(t, httpx.ClientConfig{Trusted: []string{"http://receiver.test:9000", "https://10.1.2.3:8443"}})
	for _, address := range strings.Fields(`https://receiver.example https://receiver.example/ https://receiver.example:443/a?b=c https://receiver.example:80/
		HTTPS://Receiver.Example/ https://a.b-c.d_e.example/%2e%2e https://receiver.example./ https://xn--bcher-kva.example/ https://8.8.8.8/ https://[2606:4700::1111]:443/
		https://1.2.3.4.example/ https://0x7f.example/ http://receiver.test:9000/any https://10.1.2.3:8443/`) {
		if err := c.CheckTarget(address); err != nil {
			t.Errorf("%s: got %v, want it kept", address, err)
		}
	}
	for _, address := range append(strings.Fields(`x http://receiver.example/ ftp://receiver.example/ //receiver.example/ https:receiver.example https:///path https://
		javascript:alert(1) https://user@receiver.example/ https://user:pass@receiver.example/ https://@receiver.example/ https://receiver.example/#fragment
		https://receiver.example:8443/ https://receiver.example:0/ https://receiver.example:0443/ https://receiver.example:65979/ https://receiver.example:/ https://receiver.example:+443/
		https://receiver/ https://localhost/ https://localhost:443/ https://LOCALHOST/ https://localhost./ https://a.localhost/ https://localhost.localdomain/ https://printer.local/
		https://metadata.google.internal/ https://router.lan/ https://nas.home/ https://1.0.0.127.in-addr.arpa/ https://x.onion/ https://x.invalid/
		https://127.0.0.1/ https://127.0.0.1./ https://127.1/ https://127.0.1/ https://2130706433/ https://0x7f000001/ https://0x7f.0.0.1/ https://0177.0.0.1/ https://127.0.0.01/
		https://0/ https://0.0.0.0/ https://00/ https://0x/ https://10.0.0.1/ https://172.16.0.1/ https://192.168.1.1/ https://169.254.169.254/ https://100.64.0.1/ https://168.63.129.16/
		https://192.0.2.1/ https://198.18.0.1/ https://224.0.0.1/ https://255.255.255.255/ https://1.2.3/ https://1.2.3.4.5/ https://256.1.1.1/ https://example.0x7f/ https://a.1/
		https://[::]/ https://[::1]/ https://[::ffff:127.0.0.1]/ https://[::ffff:8.8.8.8]/ https://[::127.0.0.1]/ https://[fe80::1]/ https://[fe80::1%25eth0]/ https://[2606:4700::1111%25eth0]/
		https://[fc00::1]/ https://[ff02::1]/ https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/ https://[2001:db8::1]/ https://[127.0.0.1]/ https://[localhost]/
		https://127.0.0.1%2f.example/ https://%31%32%37.0.0.1/ https://receiver%2eexample/ https://receiver.example%00/ https://a..example/ https://.example.com/ https://receiver,example.com/
		https://１２７.0.0.1/ https://127。0。0。1/ https://ⓛocalhost.example/ https://bücher.example/ https://receiver.example\@127.0.0.1/ https:\\receiver.example/
		http://receiver.test:9001/ http://receiver.test/ http://127.0.0.1:8080/`),
		"", " https://receiver.example/", "https://receiver.example/ ", "https://receiver.example/\n", "https://receiver.example/a b", "https://receiver.example/\t", "https://receiver.example\x00/",
		"https://receiver.example/"+strings.Repeat("a", 2048), "https://"+strings.Repeat("a", 64)+".example/") {
		if err := c.CheckTarget(address); !errors.Is(err, httpx.ErrTarget) {
			t.Errorf("%q: got %v, want it refused", address, err)
		}
	}
}

// TestLoopbackForDevelopers opens this machine and nothing else.
func TestLoopbackForDevelopers(t *testing.T) {
	t.Parallel()
	c := newClient(t, httpx.ClientConfig{Loopback: true})
	for address, want := range map[string]bool{
		"http://127.0.0.1:8080/hook": true, "http://localhost:8080/hook": true, "https://[::1]:8443/": true, "http://127.9.9.9/": true,
		"http://127.1:8080/": false, "http://10.0.0.1/": false, "http://receiver.example/": false, "http://user@127.0.0.1/": false, "ftp://127.0.0.1/": false,
		"http://a.localhost/": false, "http://0.0.0.0:8080/": false, "http://[::ffff:10.0.0.1]/": false, "https://receiver.example/": true,
	} {
		if got := c.CheckTarget(address) == nil; got != want {
			t.Errorf("%s: got %t, want %t", address, got, want)
		}
	}
}
