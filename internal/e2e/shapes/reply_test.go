package shapes_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// TestReplies asks the platforms' code alone about every cell.
func TestReplies(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		t.Run(w.id(), func(t *testing.T) {
			t.Parallel()
			table := mustTable(t, w)
			f := newFront(t, w.answer(table), all()...)
			patient := httpx.NewClient(httpx.ClientConfig{Timeout: 20 * time.Second})
			hasty := httpx.NewClient(httpx.ClientConfig{Timeout: 300 * time.Millisecond}) // for those that never end
			t.Cleanup(func() { patient.CloseIdle(); hasty.CloseIdle() })
			for _, s := range all() {
				want, there := table.Cells[s.name]
				if !there || want.why != "" {
					continue
				}
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					client := patient
					if slices.Contains([]string{"silence", "never-ending-drip", "body-stalls"}, s.name) {
						client = hasty
					}
					ask(t, w, f, s, client).check(t, want)
				})
			}
		})
	}
}

// outcome is what platform code made of an answer.
type outcome struct {
	way
	shape
	answer answer
	token  platform.Token
	proof  platform.Proof
	err    error
	calls  []string
}

func ask(t *testing.T, w way, f *front, s shape, client *httpx.Client) outcome {
	t.Helper()
	base, origins := f.base(t, s), map[string]string{}
	for _, o := range append(w.platform.Spec().AllOrigins(), w.origins...) {
		origins[o] = base
	}
	env := platform.Env{HTTP: client.WithOrigins(origins, nil), Now: func() time.Time { return today }, PublicURL: "https://patchbay.example"}
	out := outcome{way: w, shape: s, answer: f.answer}
	if w.name == "probe" {
		c := &platform.Client{Env: env, App: w.app, Credentials: w.held, Subject: w.subject}
		out.proof, out.err = platform.Probe(t.Context(), w.platform, c, []platform.Target{{Kind: "profile", Role: platform.RoleAccount, ExternalID: w.subject}})
	} else {
		out.token, out.err = platform.Refresh(t.Context(), env, w.platform, platform.RefreshRequest{App: w.app, Credentials: w.held, Subject: w.subject})
	}
	out.calls = f.counted(s.name)
	return out
}

func (o outcome) check(t *testing.T, want cell) {
	t.Helper()
	if got := o.cell(); got != want {
		t.Errorf("got %s, want %s (%v)", got, want, o.err)
	}
	o.checkCalls(t)
	o.checkSecrets(t)
	refusal := platform.RefusalOf(o.err)
	if refusal == nil {
		o.checkToken(t)
		return
	}
	if !o.token.Credentials.Access.Empty() || !o.token.Credentials.Refresh.Empty() {
		t.Error("got credentials beside an error")
	}
	if wait := refusal.RetryAfter; wait < o.waits[0] || wait > o.waits[1] {
		t.Errorf("asked to wait %s, want between %s and %s", wait, o.waits[0], o.waits[1])
	}
	if lost := refusal.Class == platform.ClassTransient && o.acted == perhaps; o.name() == "refresh" && o.acted != whoKnows && refusal.Ambiguous != lost {
		t.Errorf("ambiguous: got %t, want %t", refusal.Ambiguous, lost)
	}
}

func (o outcome) name() string { return o.way.name }

// cell is what it came to.
func (o outcome) cell() cell {
	if r := platform.RefusalOf(o.err); r != nil {
		return cell{class: r.Class, reason: r.Reason}
	}
	if o.platform.Spec().LacksRequired(o.token.Scopes) && o.token.Scopes != nil {
		return cell{class: platform.ClassPermanent, reason: platform.ReasonScopesMissing}
	}
	for _, reason := range o.proof.Broken {
		return cell{class: platform.ClassPermanent, reason: reason}
	}
	return cell{class: platform.ClassFine}
}

// checkCalls: what a platform acts on goes out once, and nobody follows a redirect.
func (o outcome) checkCalls(t *testing.T) {
	t.Helper()
	most := 1
	if o.again && (o.first != nil || o.shape.name == "use-dpop-nonce" || o.shape.name == "use-dpop-nonce-401") {
		most = 2 // the server did nothing but hand out a nonce
	}
	if o.way.name != "probe" && len(o.calls) > most {
		t.Errorf("got the calls %q, want %d", o.calls, most)
	}
	for _, call := range o.calls {
		if strings.Contains(call, "followed") || o.way.name == "probe" && !strings.HasPrefix(call, "GET ") {
			t.Errorf("made the call %q", call)
		}
	}
}

// checkSecrets: an error quotes nothing of what was answered or sent, however deep one looks.
func (o outcome) checkSecrets(t *testing.T) {
	t.Helper()
	for e := o.err; e != nil; e = errors.Unwrap(e) {
		for _, text := range []string{e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e)} {
			if strings.Contains(strings.ToLower(text), canary) || strings.Contains(text, sent) || strings.Contains(text, "4242424242") {
				t.Errorf("an error quotes: %s", text)
			}
		}
	}
}

// checkToken: the new tokens, and what the answer left out as it was.
func (o outcome) checkToken(t *testing.T) {
	t.Helper()
	if o.way.name == "probe" {
		return
	}
	got := o.token.Credentials
	if got.Access.Reveal() != o.answer.values["access"] {
		t.Errorf("got the access token %q", got.Access.Reveal())
	}
	refresh := o.held.Refresh.Reveal()
	if _, rotates := o.answer.fields[o.answer.name("refresh_token")]; rotates && !o.keeps {
		refresh = o.answer.values["refresh"]
	}
	if got.Refresh.Reveal() != refresh {
		t.Errorf("got the refresh token %q, want %q", got.Refresh.Reveal(), refresh)
	}
	if got.Extra.Empty() != o.held.Extra.Empty() {
		t.Error("the platform's own secret was lost")
	}
	if life := got.ExpiresAt.Sub(today); life < time.Minute || life > 366*24*time.Hour {
		t.Errorf("the access token lives %s", life)
	}
}
