package crash_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// What the application does with a session of its own.

func (v *visit) path(action string) string { return fmt.Sprintf("/v1/sessions/%d%s", v.id, action) }

func (v *visit) sendCancel(t testing.TB) <-chan answer {
	t.Helper()
	return v.w.post(t, http.MethodPost, v.path("/cancel"), "", nil)
}

func (v *visit) sendConfirm(t testing.TB) <-chan answer {
	t.Helper()
	return v.w.post(t, http.MethodPost, v.path("/confirm"), "", map[string]string{"code": v.code})
}

// back is the person coming to the redirect URL: with a code where the application has
// to confirm.
func (v *visit) back(t testing.TB, query url.Values) {
	t.Helper()
	if v.check != "confirm" || query.Get("code") == "" {
		return
	}
	v.code = query.Get("code")
	if !v.silent {
		v.confirm(t)
	}
}

// confirm must succeed, however often it was sent before.
func (v *visit) confirm(t testing.TB) {
	t.Helper()
	a := <-v.sendConfirm(t)
	if a.err != nil || a.status != http.StatusOK || !strings.Contains(a.body, `"status":"succeeded"`) {
		t.Fatalf("confirm session %d: got %+v, want 200 and succeeded", v.id, a)
	}
	v.told = "succeeded"
}

// cancel must succeed, however often it was sent before, unless the person was faster.
func (v *visit) cancel(t testing.TB) {
	t.Helper()
	a := <-v.sendCancel(t)
	switch {
	case a.status == http.StatusOK && strings.Contains(a.body, `"status":"canceled"`):
		v.told = "canceled"
	case a.status == http.StatusConflict && strings.Contains(a.body, `"reason":"already_connected"`):
		v.told = "succeeded"
	default:
		t.Fatalf("cancel session %d: got %+v, want it canceled or connected before", v.id, a)
	}
}

// notConfirmed is what became of a session that the application never confirms: failed,
// or expired where the person had begun once more.
func (v *visit) notConfirmed(t testing.TB) {
	t.Helper()
	if status := v.session(t).Status; status == "failed" || status == "expired" {
		v.told = status
	} else {
		v.told = "failed or expired"
	}
}

const (
	pastConfirming = 11 * time.Minute // an application has ten
	pastEverything = 31 * time.Minute // a link lasts 15, an attempt ten more
)

// passTime is called while the program is dead: all that waits for somebody has waited
// so much longer when it comes back.
func (w *world) passTime(t testing.TB, d time.Duration) {
	t.Helper()
	w.change(t, fmt.Sprintf(`UPDATE attempts SET expires_at = expires_at - %d`, d.Milliseconds()))
	w.change(t, fmt.Sprintf(`UPDATE sessions SET expires_at = expires_at - %d, confirm_by = confirm_by - %[1]d`, d.Milliseconds()))
}
