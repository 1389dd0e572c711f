package bluesky

import (
	"context"
	"errors"
	"net"
	"testing"

	"patchbay/internal/fault"
)

func TestParseInput(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ typed, handle, did string }{
		{"alice.example.com", "alice.example.com", ""},
		{"  @Alice.Example.COM\n", "alice.example.com", ""},
		{"\u202a@alice.bsky.social\u202c", "alice.bsky.social", ""},
		{"at://alice.example.com/", "alice.example.com", ""},
		{"https://bsky.app/profile/alice.example.com", "alice.example.com", ""},
		{"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"},
		{"DID:web:alice.example.com", "", "did:web:alice.example.com"},
	} {
		handle, did, err := parseInput(tt.typed)
		if handle.String() != tt.handle || did.String() != tt.did || err != nil {
			t.Errorf("%q: got %q, %q, %v, want %q, %q", tt.typed, handle, did, err, tt.handle, tt.did)
		}
	}
	for _, typed := range []string{"", "@", "alice", "alice@example.com", "alice.example.com/x", "-a.example.com", "a..b", "alice.onion", "127.0.0.1", "did:plc:short", "did:key:z6Mk"} {
		_, _, err := parseInput(typed)
		if got, want := fault.ReasonOf(err), "handle_invalid"; got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestHandleByDNS(t *testing.T) {
	t.Parallel()
	const other = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"
	missing := &net.DNSError{IsNotFound: true}
	for name, tt := range map[string]struct {
		records []string
		err     error
		want    string // reason; empty: found
	}{
		"one record":           {records: []string{"v=spf1", "did=" + worldDID}},
		"the same twice":       {records: []string{"did=" + worldDID, "did=" + worldDID}},
		"two that differ":      {records: []string{"did=" + worldDID, "did=" + other}, want: "handle_unknown"},
		"not a DID":            {records: []string{"did=x"}, want: "handle_unknown"},
		"no record":            {err: missing, want: "handle_unknown"},
		"DNS does not answer":  {err: errors.New("timeout"), want: "platform_unavailable"},
		"only foreign records": {records: []string{"v=spf1"}, want: "handle_unknown"},
	} {
		w := newWorld(t)
		w.platform.cfg.HandleResolver = ""
		w.platform.lookupTXT = func(_ context.Context, domain string) ([]string, error) {
			if domain != "_atproto.page.test." {
				t.Errorf("looked up %q, want _atproto.page.test.", domain)
			}
			return tt.records, tt.err
		}
		did, err := w.platform.resolveHandle(t.Context(), w.env, "page.test") // .test has no web server anywhere
		if got := fault.ReasonOf(err); got != tt.want {
			t.Errorf("%s: got %q, want %q (%v)", name, got, tt.want, err)
		}
		if err == nil && did != worldDID {
			t.Errorf("%s: got %q, want %q", name, did, worldDID)
		}
	}
}
