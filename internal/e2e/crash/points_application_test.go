package crash_test

import (
	"strings"
	"testing"
	"time"
)

// registrationPoints is before and after each call that leads to our app at a server and
// on to its consent page. What the server gave and we lost is made anew.
func registrationPoints() []point {
	var all []point
	for i, call := range registration {
		for _, when := range []moment{before, after} {
			given := 1
			if i == 1 && when == after || i == 2 {
				given = 2
			}
			name := "registration " + strings.ReplaceAll(call, "/", "_") + " " + string(when)
			if i == 3 {
				name = "registered, " + strings.ReplaceAll(call, "/", "_") + " " + string(when)
			}
			all = append(all, point{name: name, journey: mastodon, die: atRegistration(i, when), want: smooth, given: given})
		}
	}
	return append(all,
		point{name: "registration before 4.3, its answer", journey: oldMastodon, die: atRegistration(1, after), want: smooth, given: 2},
		point{name: "registered anew, its answer", journey: mastodon, before: olderApp, die: atRegistration(1, after), want: smooth, given: 3},
	)
}

// registrationCommits is before and after the transactions of the way to the consent
// page: the look at the server is counted, the app's row, its registration, the attempt.
func registrationCommits() []point {
	return named("registration COMMIT of the ", mastodon, asking{}, []point{
		{name: "look at the server before", die: atRegistrationCommit(looked, before), want: smooth, given: 1},
		{name: "look at the server after", die: atRegistrationCommit(looked, after), want: smooth, given: 1},
		{name: "row before", die: atRegistrationCommit(appsRow, before), want: smooth, given: 1},
		{name: "row after", die: atRegistrationCommit(appsRow, after), want: smooth, given: 1},
		{name: "registration before", die: atRegistrationCommit(registered, before), want: smooth, given: 2},
		{name: "registration after", die: atRegistrationCommit(registered, after), want: smooth, given: 1},
		{name: "attempt before", die: atRegistrationCommit(begun, before), want: smooth, given: 1},
		{name: "attempt after", die: atRegistrationCommit(begun, after), want: again, given: 1},
	})
}

// held is how long a call may take that is held until the program is killed: a lease,
// which runs out afterwards, is six times that.
const held = 2 * time.Second

// sessionPoints is around the application's own requests.
func sessionPoints() []point {
	canceled := []string{"interrupted"}
	superseded := []string{"superseded"}
	all := []point{
		{name: "after the session was made", journey: xAccount, asking: natively, die: afterAsking, want: smooth},
		{name: "own app, at the exchange", journey: xAccount, asking: natively, before: ownApp("x"), die: atCallOf(0, after), want: interrupted},
		{name: "own app, at the identity", journey: member, before: ownApp("linkedin"), die: atCallOf(1, before), want: smooth, resumed: true},
		{name: "own app retired, before the callback", journey: xAccount, before: ownApp("x"), die: retiredBeforeCallback, want: smooth},
		{name: "before it is confirmed", journey: picker, asking: confirmed, die: whileConfirming(0), want: smooth},
		{name: "at the identity, then confirmed", journey: xAccount, asking: confirmed, die: atCallOf(1, after), want: smooth, resumed: true},
		{name: "after it is confirmed", journey: picker, asking: confirmed, die: afterConfirm, want: smooth},
		{name: "waiting to be confirmed, begun once more in another tab", journey: xAccount, asking: confirmed, die: whileConfirmingTwice, want: []string{"succeeded", "superseded"}},
		{name: "never confirmed", journey: picker, asking: forgotten, late: true, die: whileConfirming(pastEverything), want: []string{"failed"}},
		{name: "not confirmed, then tried again", journey: xAccount, asking: confirmed, late: true, die: whileConfirming(pastConfirming), want: []string{"failed", "succeeded"}},
		{name: "canceled while the code is out", journey: picker, asking: natively, timeout: held, die: cancelAtCallOf(0), want: canceled},
		{name: "canceled while the identity is asked", journey: xAccount, timeout: held, die: cancelAtCallOf(1), want: superseded, resumed: true},
		{name: "cancel outruns the exchange", journey: picker, asking: natively, timeout: patience, die: cancelOutruns(0), want: superseded},
		{name: "cancel outruns the identity", journey: xAccount, timeout: patience, die: cancelOutruns(1), want: superseded},
		{name: "canceled before it is confirmed", journey: xAccount, asking: confirmed, die: canceledInsteadOfConfirmed, want: superseded},
	}
	return all
}

// sessionCommits is before and after the transactions of the application's requests.
func sessionCommits() []point {
	all := named("session's COMMIT ", xAccount, natively, []point{
		{name: "before", die: atAskCommit(before), want: smooth},
		{name: "after", die: atAskCommit(after), want: smooth},
	})
	all = append(all, named("confirm's COMMIT ", picker, confirmed, []point{
		{name: "before", die: atConfirmCommit(before), want: smooth},
		{name: "after", die: atConfirmCommit(after), want: smooth},
	})...)
	all = append(all, named("consent to confirm, COMMIT ", xAccount, confirmed, []point{
		{name: "before", die: atCommit(3, before), want: smooth, resumed: true},
		{name: "after", die: atCommit(3, after), want: smooth},
	})...)
	all = append(all, named("cancel's COMMIT while the code is out, ", xAccount, natively, []point{
		{name: "before", timeout: held, die: atCancelCommit(0, before), want: []string{"interrupted"}},
		{name: "after", timeout: held, die: atCancelCommit(0, after), want: []string{"interrupted"}},
	})...)
	all = append(all, named("own app's COMMIT ", xAccount, asking{}, []point{
		{name: "before", die: exchangedBeforeCallback(before), want: smooth},
		{name: "after", die: exchangedBeforeCallback(after), want: smooth},
		{name: "of its retirement before", before: ownApp("x"), die: exchangedBeforeCallback(before), want: smooth},
		{name: "of its retirement after", before: ownApp("x"), die: exchangedBeforeCallback(after), want: smooth},
	})...)
	all = append(all, point{name: "canceled between two looks of the callback", journey: xAccount, asking: natively, die: cancelBetweenLooks, want: []string{"superseded"}})
	return append(all, named("cancel's COMMIT while the identity is asked, ", xAccount, natively, []point{
		{name: "before", timeout: held, die: atCancelCommit(1, before), want: []string{"superseded"}, resumed: true},
		{name: "after", timeout: held, die: atCancelCommit(1, after), want: []string{"superseded"}, resumed: true},
	})...)
}

func named(prefix string, j journey, a asking, all []point) []point {
	for i := range all {
		all[i].name, all[i].journey, all[i].asking = prefix+all[i].name, j, a
	}
	return all
}

func ownApp(platform string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) { w.newApp(t, platform).register(t) }
}

// olderApp is our app at the server as an earlier version registered it.
func olderApp(t *testing.T, w *world) {
	w.visit(t, mastodon, "user-2").arrive(t)
	w.kill()
	w.forgetScopes(t)
	w.start(t)
}

// retiredBeforeCallback retires the app to which the person has consented.
func retiredBeforeCallback(t *testing.T, v *visit) {
	v.decide(t, "approve")
	v.w.exchangeApps(t, v.platform, nil, 10*time.Millisecond)
	v.w.kill()
}

// exchangedBeforeCallback dies while the workspace's own app is made, or retired, and
// once more when a person has consented to what is left.
func exchangedBeforeCallback(when moment) death {
	return func(t *testing.T, v *visit) {
		v.w.exchangeApps(t, v.platform, newTrap(1, when), 0)
		beforeCallback(t, v)
	}
}

func canceledInsteadOfConfirmed(t *testing.T, v *visit) {
	v.toConfirm(t)
	v.cancels = true
	v.cancel(t)
	v.w.kill()
}
