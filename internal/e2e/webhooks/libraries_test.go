package webhooks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the libraries of npm verify. The application exchanges a rotated secret while
// events flow: at no moment is one refused.
func TestLibrariesVerifyWhatIsSignedWhileTheSecretIsRotated(t *testing.T) {
	t.Parallel()
	a := newApplication(t)
	stop := a.flow(t)
	a.await(t, 40)
	fresh := a.rotate(t, 3600)
	a.await(t, 40) // signed with both: the application knows the one before
	a.useSecret(t, fresh)
	a.await(t, 40)
	stop()
	a.told(t, a.events(t))
	for _, m := range a.log(t) {
		if m.Refused != nil {
			t.Errorf("%s was refused: %v", m.ID, m.Refused)
		}
	}
	t.Logf("%d messages, none refused", len(a.log(t)))
}

// The secret before a rotation signs until the overlap is over, and then no more.
func TestLibrariesRefuseTheSecretBeforeWhenTheOverlapIsOver(t *testing.T) {
	t.Parallel()
	a := newApplication(t)
	old := a.secret
	fresh := a.rotate(t, 3600)
	a.clock.Advance(time.Hour - time.Minute)
	a.session(t)
	a.await(t, 1)
	a.clock.Advance(2 * time.Minute)
	a.session(t)
	a.await(t, 1)
	log := a.log(t)
	want := []map[string]string{nil, {"standardwebhooks": "No matching signature found", "svix": "No matching signature found"}}
	if diff := cmp.Diff(want, []map[string]string{log[0].Refused, log[1].Refused}); diff != "" {
		t.Errorf("by the secret before, within the overlap and after it (-want +got):\n%s", diff)
	}
	if a.secret != old {
		t.Error("the application knew the new secret")
	}
	a.useSecret(t, fresh)
	a.clock.Advance(time.Minute) // the second attempt
	a.await(t, 1)
	a.told(t, a.events(t))
}

// Whatever stands in an event comes out of the libraries as it went in.
func TestLibrariesVerifyEventsOfAllSorts(t *testing.T) {
	t.Parallel()
	a := newApplication(t)
	sorts := []string{
		`{}`,
		`{"name":"Bäckerei Söhne & Töchter <Köln>"}`,
		`{"name":"パン屋さん 🥐👩🏽‍🍳 مخبز מאפייה","kind":"page"}`,
		`{"name":"e\u0301 or é, \u2028 or ` + "\u2028" + `, \u0000\u001f\u007f` + "\u007f" + `, \ud83e\udd50"}`,
		`{"text":"\"quoted\" \\ and \/ a line\nand\r\nmore\t.","html":"</script><!--"}`,
		`{"numbers":[0,-0.0,1e-7,1.5E+300,9007199254740993,123456789012345678901234567890]}`,
		`{"deep":` + strings.Repeat(`[`, 500) + strings.Repeat(`]`, 500) + `}`,
		`{"dots":"a.b.c.","v1":"v1,AAAA v1,BBBB"}`,
		`{"big":"` + strings.Repeat("Bäckerei 🥐 ", 100_000) + `"}`,
	}
	for range sorts {
		a.session(t)
	}
	a.await(t, len(sorts))
	events := a.events(t)
	database := a.OpenDatabase(t)
	for i, data := range sorts {
		if _, err := database.ExecContext(t.Context(), `UPDATE events SET data = $1 WHERE number = $2`, data, events[i].Number); err != nil {
			t.Fatal(err)
		}
	}
	a.Call(t, http.MethodPost, fmt.Sprintf("/v1/endpoints/%d/replays", a.endpoint), map[string]any{}).Into(t, http.StatusCreated, &struct{}{})
	a.await(t, len(sorts))
	for i, m := range a.log(t)[len(sorts):] {
		if m.Refused != nil {
			t.Errorf("%.80s: %v", sorts[i], m.Refused)
		}
	}
	a.told(t, a.events(t))
}
