package hosted

import (
	"net/http"
	"slices"
	"strings"

	"patchbay/internal/connect"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/platform"
)

// pinned tells whether a session connects one channel again, and no other.
func pinned(v connect.LinkView) bool { return v.Session.ReconnectID != 0 }

// account is the channel that a pinned session is about, in the platform's words: the
// person has to find it there. Nil where there is none.
func (p page) account() *ui.Account {
	if p.v.Reconnect == nil {
		return nil
	}
	a := p.accountOf(*p.v.Reconnect)
	return &a
}

// again is what the first page says of it; nil: nothing, the link may connect any.
func (p page) again(platformID string) *ui.Again {
	if p.v.Reconnect == nil {
		return nil
	}
	return &ui.Again{
		Account: *p.account(), Coach: p.coach(platformID), Disconnected: p.v.Reconnect.Lifecycle == connect.LifecycleDisconnected,
	}
}

func (p page) accountOf(c connect.Channel) ui.Account {
	a := ui.Account{Name: nameOf(c.Facts)}
	if c.Facts.Username != "" {
		a.Detail = "@" + strings.TrimPrefix(c.Facts.Username, "@")
	}
	key := "kind." + c.Kind
	switch {
	case !p.frame.P.Has(key):
	case a.Detail == "":
		a.Detail = p.frame.P.T(key)
	default:
		a.Detail += " · " + p.frame.P.T(key)
	}
	return a
}

// coach says how to keep everything ticked where a platform makes that easy to miss.
func (p page) coach(platformID string) string {
	key := "coach." + platformID
	if !p.frame.P.Has(key) {
		return ""
	}
	return p.frame.P.T(key)
}

// known is what a pinned session's person would type first.
func (p page) known(spec platform.Spec) string {
	if p.v.Reconnect == nil || p.v.Reconnect.Platform != spec.ID {
		return ""
	}
	name := strings.TrimPrefix(p.v.Reconnect.Facts.Username, "@")
	if spec.Input != platform.InputServer {
		return name
	}
	_, server, _ := strings.Cut(name, "@") // name@server: without it nothing is known
	return server
}

// outcomeSlug is the text that fits a reason: some read differently where one account
// is wanted.
func (p page) outcomeSlug(reason string) string {
	if !pinned(p.v) {
		return reason
	}
	switch reason {
	case connect.ErrOtherAccount.Reason:
		return "wrong_account"
	case "connected":
		return "reconnected"
	case "connected_close":
		return "reconnected_close"
	}
	return reason
}

// aboutAccount lists the outcomes that show the account of a pinned session. The others
// name none: they may be read in a browser that has no part in it.
var aboutAccount = []string{"wrong_account", "target_missing"}

// switching offers the ways to another account that the platform has. The Lab asks for
// a persona each time, and has nothing to sign out of.
func (p page) switching(view ui.OutcomeView, platformID string) ui.OutcomeView {
	pl, ok := p.h.svc.Platforms().Get(platformID)
	if !ok {
		return view
	}
	way := pl.Spec().Switch
	if way.Asks && view.Retry != nil {
		view.Retry.Fields["switch"], view.Switch = "1", true
	}
	if !slices.Contains(p.h.inLab, platformID) {
		view.SignOut = way.SignOutURL
	}
	return view
}

// warned says which channels a consent would cost, and lets the person decide.
func (p page) warned() error {
	id := p.v.Attempt.Platform
	name, icon := p.platformName(id)
	view := ui.WarnView{
		Frame: p.frame, Platform: name, Icon: icon, Coach: p.coach(id),
		Accept: ui.Post{Action: p.path("/losses"), FormToken: p.formToken()}, Back: p.back(),
	}
	if !p.v.Expired {
		view.Again = &ui.Post{Action: p.path("/platform"), FormToken: p.formToken(), Fields: map[string]string{"platform": id}}
	}
	for _, c := range p.v.Losses {
		view.Rows = append(view.Rows, p.accountOf(c))
	}
	return p.render(http.StatusOK, ui.Warn(view))
}
