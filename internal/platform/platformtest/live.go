package platformtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"patchbay/internal/platform"
)

// alive is a consent some time after the person gave it, with its targets as they are
// stored.
type alive struct {
	*platform.Client
	targets []platform.Target
}

func (w *world) alive(t *testing.T, c choice) alive {
	t.Helper()
	client := w.connected(t, c)
	id, targets, err := w.verify(t, client)
	if err != nil {
		t.Fatal(err)
	}
	client.Subject = id.Subject
	return alive{client, slices.DeleteFunc(targets, func(t platform.Target) bool { return t.Blocked != "" })}
}

// control does in the Lab what a person does at the platform while nobody looks.
func (w *world) control(t *testing.T, path string, body map[string]any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		t.Fatalf("%s with %s: status %d", path, text, resp.StatusCode)
	}
}

// withdrawn ends the creator's consent as the person would, in the platform's settings.
func (w *world) withdrawn(t *testing.T, h Harness) {
	t.Helper()
	w.control(t, "/lab/revoke", map[string]any{"platform": w.spec.ID, "persona": h.Creator})
}

func (w *world) refresh(t *testing.T, c alive) (platform.Token, error) {
	t.Helper()
	token, err := platform.Refresh(t.Context(), w.env, w.platform, platform.RefreshRequest{App: w.app, Credentials: c.Credentials, Subject: c.Subject})
	w.noLeak(t, err)
	return token, err
}

func (w *world) probe(t *testing.T, c alive) (platform.Proof, error) {
	t.Helper()
	proof, err := platform.Probe(t.Context(), w.platform, c.Client, c.targets)
	w.noLeak(t, err)
	return proof, err
}

// wantRefusal checks what err means for the consent; reasons are those of a permanent one.
func wantRefusal(t *testing.T, err error, class platform.Class, reasons ...string) {
	t.Helper()
	no := platform.RefusalOf(err)
	if no == nil || no.Class != class || len(reasons) > 0 && !slices.Contains(reasons, no.Reason) {
		t.Errorf("got %+v (%v), want %s %q", no, err, class, reasons)
	}
}

// wantPassing checks that nobody is disconnected for err.
func wantPassing(t *testing.T, err error) {
	t.Helper()
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassTransient && no.Class != platform.ClassRateLimited {
		t.Errorf("got %+v (%v), want an error that passes", no, err)
	}
}
