package lab_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/lab"
)

func hashOf(secret any) string {
	sum := sha256.Sum256([]byte(secret.(string)))
	return hex.EncodeToString(sum[:8])
}

func TestRedeemsAreLoggedAsTheyHappened(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	code := b.xCode(xAuthorize(), "creator")
	first := b.post(xTokenPath, xExchange(code), basic).json(t)
	second := b.xRefresh(first["refresh_token"]).json(t)
	b.pass(time.Hour)
	b.xRefresh("nonsense")
	b.post(xTokenPath, map[string][]string{"grant_type": {"refresh_token"}, "refresh_token": {second["refresh_token"].(string)}}, func(r *http.Request) { r.SetBasicAuth("other", secret) })
	b.xRefresh(first["refresh_token"])
	b.xRefresh(second["refresh_token"])
	b.post(xTokenPath, xExchange(code), basic)
	short := b.fbToken("creator", nil)
	b.fbLong(short)

	log := b.lab.Redeems()
	var got []string
	for i, r := range log {
		if r.Seq != int64(i+1) || r.RealAt.IsZero() || time.Since(r.RealAt) > time.Minute {
			t.Errorf("got entry %d numbered %d at %v", i+1, r.Seq, r.RealAt)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s %s", r.Platform, r.Host, r.ClientID, r.Kind, r.Outcome))
	}
	want := []string{
		"x api.x.com app code ok", "x api.x.com app refresh ok", "x api.x.com app refresh unknown", "x api.x.com other refresh refused",
		"x api.x.com app refresh reuse", "x api.x.com app refresh revoked", "x api.x.com app code reuse",
		"facebook graph.facebook.com app code ok", "facebook graph.facebook.com app exchange ok",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got a log that differs (-want +got):\n%s", diff)
	}
	if family := log[0].Family; family == "" || log[4].Family != family || log[5].Family != family || log[2].Family != "" || log[7].Family == family {
		t.Errorf("got families %q %q %q %q %q, want one for one consent", log[0].Family, log[4].Family, log[5].Family, log[2].Family, log[7].Family)
	}
	if log[1].Token != hashOf(first["refresh_token"]) || log[4].Token != log[1].Token || log[8].Token != hashOf(short) {
		t.Errorf("got tokens %s %s %s, want their hashes' beginnings", log[1].Token, log[4].Token, log[8].Token)
	}
	if !log[1].At.Equal(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)) || !log[2].At.Equal(log[1].At.Add(time.Hour)) {
		t.Errorf("got times %v and %v, want the Lab's", log[1].At, log[2].At)
	}

	after := b.control(http.MethodGet, "/lab/redeems?after=7", "", http.StatusOK).json(t)["redeems"].([]any)
	if len(after) != 2 || after[0].(map[string]any)["seq"] != 8.0 || after[1].(map[string]any)["kind"] != "exchange" {
		t.Errorf("got %v after 7, want the last two", after)
	}
	if got := b.control(http.MethodGet, "/lab/redeems?after=9", "", http.StatusOK).body; got != `{"redeems":[]}` {
		t.Errorf("got %s at the end, want an empty list", got)
	}
	if one := b.control(http.MethodGet, "/lab/redeems?after=2&limit=1", "", http.StatusOK).json(t)["redeems"].([]any); len(one) != 1 {
		t.Errorf("got %d with a limit, want 1", len(one))
	}
	b.control(http.MethodGet, "/lab/redeems?after=x", "", http.StatusBadRequest)
}

// Many clients at once with one token: one is right, the others are reuse.
func TestARaceForOneRefreshTokenIsSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.xTokens(xAuthorize(), "creator")["refresh_token"]
	done := make(chan int)
	for range 8 {
		go func() {
			res, err := b.refreshRequest(t.Context(), token)
			if err != nil {
				done <- 0
				return
			}
			_ = res.Body.Close()
			done <- res.StatusCode
		}()
	}
	statuses := map[int]int{}
	for range 8 {
		statuses[<-done]++
	}
	counts := map[lab.RedeemOutcome]int{}
	for _, r := range b.lab.Redeems()[1:] {
		counts[r.Outcome]++
	}
	if statuses[200] != 1 || counts[lab.RedeemOK] != 1 || counts[lab.RedeemReuse] != 7 {
		t.Errorf("got statuses %v and outcomes %v, want one right and seven reused", statuses, counts)
	}
}
