package lab_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/lab"
)

// restart is the same bench over a Lab that read what the first one kept.
func (b *bench) restart(file string) *bench {
	b.t.Helper()
	if err := b.lab.Save(); err != nil {
		b.t.Fatal(err)
	}
	next := &bench{t: b.t, now: b.now, lab: lab.New(lab.Config{BaseURL: "http://lab.test", Now: b.clock})}
	if err := next.lab.Keep(file); err != nil {
		b.t.Fatal(err)
	}
	for _, platform := range []string{"facebook", "x", "linkedin", "open"} { // as dev registers its own at each start
		if err := next.lab.Register(lab.App{Platform: platform, ClientID: "app", ClientSecret: secret, RedirectURIs: []string{callback}}); err != nil {
			b.t.Fatal(err)
		}
	}
	next.url = newServer(b.t, next.lab.Handler())
	return next
}

func TestTokensSurviveARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lab-state.json")
	b := newBench(t)
	if err := b.lab.Keep(file); err != nil {
		t.Fatal(err)
	}
	b.tell("/lab/clock", `{"advance_s":86400}`)
	b.control(http.MethodPost, "/lab/apps", `{"platform":"x","client_id":"mine","client_secret":"kept","redirect_uris":["`+callback+`"]}`, http.StatusNoContent)
	b.tell("/lab/open", `{"host":"`+stable+`","access_s":600}`)
	b.tell("/lab/linkedin", `{"refresh_tokens":true}`)
	x := b.xTokens(xAuthorize(), "creator")
	rotated := b.xRefresh(x["refresh_token"]).json(t)
	long := b.fbLong(b.fbToken("creator", nil)).json(t)["access_token"].(string)
	page := b.fbGet(long, "/"+bakery+"?fields=access_token").json(t)["access_token"].(string)
	client := b.mastoClient(mastoNew, mastoApp())
	masto := b.mastoToken(mastoNew, client, "crowd-5")
	gone := b.liToken("member", liScopes)
	b.tell("/lab/revoke", `{"platform":"linkedin","persona":"member"}`)
	b.tell("/lab/targets", `{"platform":"facebook","persona":"creator","target":"`+market+`","gone":true}`)

	again := b.restart(file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file that only its owner reads", info.Mode(), err)
	}
	if got := again.control(http.MethodGet, "/lab/clock", "", 200).json(t); got["advanced_s"] != 86400.0 {
		t.Errorf("got %v, want the clock where it was", got)
	}
	for what, got := range map[string]answer{
		"X":              again.xMe(rotated["access_token"], ""),
		"Facebook":       again.fbGet(long, "/me"),
		"a page":         again.fbGet(page, "/me"),
		"Mastodon":       again.mastoAccount(mastoNew, masto),
		"X, another app": again.get(xAuthorizePath, with(xAuthorize(), "client_id", "mine")),
	} {
		if got.status != 200 {
			t.Errorf("%s: got %d %s after the restart, want 200", what, got.status, got.body)
		}
	}
	if got := again.mastoToken(mastoNew, client, "crowd-5"); got != masto {
		t.Error("got another Mastodon token for the same consent, want the same")
	}
	if got := again.fbGet(long, "/"+bakery+"?fields=access_token").json(t)["access_token"]; got != page {
		t.Error("got another token of the page, want the same")
	}
	if got := again.pageNames(long); got != "Harbour Bakery, Paper Kites" {
		t.Errorf("got pages %q, want the one that is gone still gone", got)
	}
	if got := again.liGet(gone, "/lab/linkedin/api.linkedin.com/v2/userinfo"); !strings.Contains(got.body, "REVOKED_ACCESS_TOKEN") {
		t.Errorf("got %s for what was revoked before", got.body)
	}
	if got := again.openTokens(stable, "creator")["expires_in"]; got != 600.0 {
		t.Errorf("got %v seconds, want the life that was set", got)
	}
	if got := again.xRefresh(x["refresh_token"]); got.status != 400 || again.outcomes(lab.RedeemRefresh) != "reuse" {
		t.Errorf("got %d %q for a token spent before the restart, want reuse", got.status, again.outcomes(lab.RedeemRefresh))
	}
	if got := again.xMe(rotated["access_token"], ""); got.status != 401 {
		t.Errorf("got %d after reuse, want the family dead", got.status)
	}
}

func TestStateIsWrittenOnlyWhenItChanged(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lab-state.json")
	b := newBench(t)
	if err := b.lab.Save(); err != nil { // nothing to keep it in
		t.Fatal(err)
	}
	if err := b.lab.Keep(file); err != nil {
		t.Fatal(err)
	}
	b.xTokens(xAuthorize(), "creator")
	if err := b.lab.Save(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := b.lab.Save(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(file + "*"); len(left) != 0 {
		t.Errorf("got %v without a change, want nothing written", left)
	}
	b.tell("/lab/clock", `{"advance_s":1}`)
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.lab.Save(); err == nil {
		t.Error("got no error where the file cannot be written")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := b.lab.Save(); err != nil {
		t.Errorf("got %v the next time, want it written after all", err)
	}
	if left, _ := filepath.Glob(file + "*"); !cmp.Equal(left, []string{file}) {
		t.Errorf("got %v, want the file alone", left)
	}
}

func TestStateThatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", `{"version":99}`, "no JSON"} {
		file := filepath.Join(t.TempDir(), "lab-state.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := lab.New(lab.Config{}).Keep(file); err == nil || !strings.Contains(err.Error(), "remove the file") {
			t.Errorf("%q: got %v, want to be told what to do", text, err)
		}
	}
}

// What is over is forgotten in the end, and what lives is not.
func TestTheLabForgets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	steady := b.fbLong(b.fbToken("creator", nil)).json(t)["access_token"].(string)
	token := b.openTokens(strict, "creator")
	refresh := func(n int) {
		for range n {
			token = b.openRefresh(strict, token["refresh_token"]).json(t)
			b.pass(time.Minute)
		}
	}
	refresh(100)
	tokens, _, consents, ends, _ := b.lab.Sizes()
	if want := lab.MaxAccess + 10; tokens > want || ends > want || consents != 2 {
		t.Errorf("got %d tokens of %d consents with %d ends, want at most %d of 2", tokens, consents, ends, want)
	}
	if got := b.fbGet(steady, "/me"); got.status != 200 {
		t.Errorf("got %d for a living token, want 200", got.status)
	}
	for range 20 { // people who come and never finish
		b.openDecide(strict, openAuthorize(), "crowd-1", "approve")
	}
	_, codes, _, _, _ := b.lab.Sizes()
	if codes < 20 {
		t.Errorf("got %d codes, want those that are late still told from those that never were", codes)
	}
}
