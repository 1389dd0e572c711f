package connect_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

var asked = []string{"session.created"}

// Whoever comes back gets the code, in whatever browser; nothing is connected until the
// application confirms with it.
func TestConfirmConnectsWhatAnotherBrowserFinished(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckConfirm)
	v.consent(t, browserA, browserB)
	same(t, "attempts", v.attempts(t), []string{"confirming"})
	same(t, "events before", w.events(t), asked)
	same(t, "channels before", w.count(t, "channels"), 0)
	code := v.open(t, browserB).ConfirmCode
	if code.Empty() || !v.open(t, browserA).ConfirmCode.Empty() {
		t.Fatal("the code must be shown to the browser that came back, and to it alone")
	}
	waiting := v.now(t).Session
	if waiting.Status != connect.SessionPending || !waiting.ConfirmBy.Equal(w.clock.now().Add(connect.ConfirmGrace)) {
		t.Errorf("got %s until %s, want pending for ten minutes", waiting.Status, waiting.ConfirmBy)
	}
	done, err := v.confirm(t, code)
	must(t, err)
	if done.Session.Status != connect.SessionSucceeded || len(done.Channels) != 1 || !done.Session.ConfirmBy.IsZero() {
		t.Errorf("got %+v, want a success with one channel", done)
	}
	same(t, "attempts", v.attempts(t), []string{"succeeded"})
	same(t, "events", w.events(t), append(asked, "grant.created", "channel.connected", "session.succeeded"))
	same(t, "grants", w.count(t, "grants"), 1)
	same(t, "usable grants", w.count(t, "grants WHERE state = 'usable'"), 1)
}

func TestConfirmingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckConfirm)
	v.consent(t, browserA, browserB)
	code := v.open(t, browserB).ConfirmCode
	first, err := v.confirm(t, code)
	must(t, err)
	events := w.events(t)
	w.clock.advance(time.Hour)
	again, err := v.confirm(t, code)
	must(t, err)
	same(t, "session", again, first)
	same(t, "events", w.events(t), events)
	_, err = v.confirm(t, vault.NewSecret("another"))
	wants(t, "another code afterwards", err, connect.ErrConfirmCode)
}

func TestOnlyTheRightCodeConfirms(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v, other := w.visit(t, connect.CheckConfirm), w.visit(t, connect.CheckConfirm)
	_, err := v.confirm(t, vault.NewSecret("early"))
	wants(t, "before anybody came back", err, connect.ErrNotWaiting)
	v.consent(t, browserA, browserB)
	other.consent(t, browserA, browserB)
	code := v.open(t, browserB).ConfirmCode
	for what, wrong := range map[string]vault.Secret{
		"no code": {}, "another session's": other.open(t, browserB).ConfirmCode, "the link": v.link, "one character more": vault.NewSecret(code.Reveal() + "a"),
	} {
		_, err := v.confirm(t, wrong)
		wants(t, what, err, connect.ErrConfirmCode)
	}
	same(t, "channels", w.count(t, "channels"), 0)
	same(t, "attempts", v.attempts(t), []string{"confirming"})
	plain := w.visit(t, connect.CheckSameBrowser)
	_, err = plain.confirm(t, code)
	wants(t, "a session that asks for none", err, connect.ErrNotWaiting)
	plain.consent(t, browserA, browserA)
	_, err = plain.confirm(t, code)
	wants(t, "when it has succeeded", err, connect.ErrLinkFinished)
}

// Nobody confirmed: the consent is erased, the session says why, and a new attempt may
// still succeed.
func TestTooLateErasesTheConsent(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckConfirm)
	v.consent(t, browserA, browserB)
	code := v.open(t, browserB).ConfirmCode
	w.clock.advance(connect.ConfirmGrace)
	_, err := v.confirm(t, code)
	wants(t, "at the end of the time", err, connect.ErrNotConfirmed)
	same(t, "channels", w.count(t, "channels"), 0)
	w.sweep(t)
	same(t, "attempts", v.attempts(t), []string{"failed not_confirmed"})
	same(t, "grants", w.count(t, "grants"), 0)
	same(t, "targets", w.count(t, "targets"), 0)
	if s := v.now(t).Session; s.Status != connect.SessionFailed || s.Reason != "not_confirmed" || !s.ConfirmBy.IsZero() {
		t.Errorf("got %s %s until %s, want failed, not_confirmed, and nothing waited for", s.Status, s.Reason, s.ConfirmBy)
	}
	_, err = v.confirm(t, code)
	wants(t, "afterwards", err, connect.ErrNotWaiting)
	v.consent(t, browserA, browserA)
	_, err = v.confirm(t, code)
	wants(t, "the old code at the new attempt", err, connect.ErrConfirmCode)
	done, err := v.confirm(t, v.open(t, browserA).ConfirmCode)
	must(t, err)
	same(t, "status", done.Session.Status, connect.SessionSucceeded)
}

// A choice comes before the code, and only what was chosen is connected.
func TestConfirmConnectsWhatWasChosen(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(3, "person")
	v := w.visit(t, connect.CheckConfirm)
	v.consent(t, browserA, browserB)
	same(t, "attempts", v.attempts(t), []string{"choosing"})
	same(t, "the first browser's choice", len(v.open(t, browserA).Targets), 0)
	must(t, v.choose(t, browserB, 2))
	same(t, "channels before", w.count(t, "channels"), 0)
	done, err := v.confirm(t, v.open(t, browserB).ConfirmCode)
	must(t, err)
	var names []string
	for _, c := range done.Channels {
		names = append(names, c.Facts.Name)
	}
	same(t, "channels", names, []string{"Page 0", "Page 1"})
}

// Two consents wait one after the other: the later one counts, and the first is erased.
func TestALaterConsentTakesThePlaceOfOneThatWaits(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckConfirm)
	v.consent(t, browserA, browserA)
	first := v.open(t, browserA).ConfirmCode
	v.consent(t, browserB, browserB)
	same(t, "attempts", v.attempts(t), []string{"superseded attempt_superseded", "confirming"})
	same(t, "grants", w.count(t, "grants"), 1)
	_, err := v.confirm(t, first)
	wants(t, "the first code", err, connect.ErrConfirmCode)
	_, err = v.confirm(t, v.open(t, browserB).ConfirmCode)
	must(t, err)
	same(t, "channels", w.count(t, "channels"), 1)
}

// A consent that waits is no consent yet: another session of the same owner and person
// neither finds it nor is touched by it.
func TestAHeldConsentIsFoundByNobody(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	held := w.visit(t, connect.CheckConfirm)
	held.consent(t, browserA, browserB)
	plain := w.visit(t, connect.CheckSameBrowser)
	plain.consent(t, browserA, browserA)
	same(t, "usable grants", w.count(t, "grants WHERE state = 'usable'"), 1)
	same(t, "grants", w.count(t, "grants"), 2)
	before := w.count(t, "grants WHERE state = 'usable' AND token_version = 2")
	_, err := held.confirm(t, held.open(t, browserB).ConfirmCode)
	must(t, err)
	same(t, "grants once it is confirmed", w.count(t, "grants"), 1)
	same(t, "channels", w.count(t, "channels"), 1)
	if before != 1 || w.count(t, "grants WHERE token_version = 3") != 1 {
		t.Error("the confirmed consent must renew the one there is, and not before")
	}
	events := w.events(t)
	same(t, "events", events[len(events)-3:], []string{"grant.renewed", "channel.reconnected", "session.succeeded"})
}

func TestAnUnconfirmedConsentTouchesNoGrantThereIs(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA)
	before := w.count(t, "grants WHERE state = 'usable' AND token_version = 2")
	held := w.visit(t, connect.CheckConfirm)
	held.consent(t, browserA, browserB)
	w.clock.advance(connect.ConfirmGrace)
	w.sweep(t)
	if before != 1 || w.count(t, "grants") != 1 || w.count(t, "grants WHERE state = 'usable' AND token_version = 2") != 1 {
		t.Error("an unconfirmed consent changed the grant of before, or stays")
	}
	same(t, "channels", w.count(t, "channels"), 1)
}

// With same_browser another browser changes nothing, and the first can still finish;
// with none whoever holds the platform's answer does.
func TestWhoMayComeBack(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(2, "person")
	strict := w.visit(t, connect.CheckSameBrowser)
	state := strict.begin(t, browserA)
	_, err := strict.back(t, state, browserB)
	wants(t, "another browser", err, connect.ErrMismatch)
	same(t, "attempts", strict.attempts(t), []string{"away"})
	_, err = strict.back(t, state, browserA)
	must(t, err)
	wants(t, "the choice of another browser", strict.w.chooseAs(t, strict, browserB), connect.ErrNothingToChoose)
	must(t, strict.choose(t, browserA, 1))

	open := w.visit(t, connect.CheckNone)
	open.consent(t, browserA, browserB)
	same(t, "shown to the first browser", len(open.open(t, browserA).Targets), 0)
	wants(t, "the choice of the first browser", w.chooseAs(t, open, browserA), connect.ErrNothingToChoose)
	must(t, open.choose(t, browserB, 2))
	same(t, "status", open.now(t).Session.Status, connect.SessionSucceeded)
}

// chooseAs chooses the first target of a session, whoever was shown it.
func (w *journey) chooseAs(t *testing.T, v *visit, browser vault.Secret) error {
	t.Helper()
	var id int64
	must(t, w.db.QueryRowContext(t.Context(), "SELECT min(t.id) FROM targets t JOIN attempts a ON a.grant_id = t.grant_id WHERE a.session_id = $1", v.id).Scan(&id))
	_, err := w.svc.Choose(t.Context(), connect.ChooseRequest{Link: v.link, Browser: browser, TargetIDs: []int64{id}})
	return err
}
