package hosted

import (
	"net/http"
	"slices"

	"patchbay/internal/connect"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/platform"
)

// choose is a link's first page: all platforms that it offers, or the only one.
func (p page) choose() error {
	if len(p.v.Offered) == 1 {
		return p.start(p.v.Offered[0])
	}
	view := ui.ChooseView{
		Frame: p.frame, Action: p.path("/platform"), FormToken: p.formToken(), CancelAction: p.path("/leave"),
	}
	view.Lab = !slices.ContainsFunc(p.v.Offered, func(o connect.Offered) bool { return !slices.Contains(p.h.inLab, o.Spec.ID) })
	for _, o := range p.v.Offered {
		view.Tiles = append(view.Tiles, p.tile(o, view.Lab))
	}
	return p.render(http.StatusOK, ui.Choose(view))
}

// tile says which platforms the Lab plays, unless the page says it of all.
func (p page) tile(o connect.Offered, allLab bool) ui.Tile {
	t := ui.Tile{ID: o.Spec.ID, Name: o.Spec.Name, Icon: p.h.icon(o.Spec.ID)}
	if !allLab && slices.Contains(p.h.inLab, o.Spec.ID) {
		t.Note = p.frame.P.T("tile.note.lab")
	}
	if !o.Configured {
		t.Disabled, t.Reason = true, p.frame.P.T("tile.not_configured")
	}
	return t
}

// start is the first page of a link to one platform: one button, for opening a link must
// begin nothing.
func (p page) start(o connect.Offered) error {
	view := ui.StartView{
		Frame: p.frame, ID: o.Spec.ID, Platform: o.Spec.Name, Icon: p.h.icon(o.Spec.ID), Action: p.path("/platform"), FormToken: p.formToken(),
		Asks: o.Spec.Input != "", Again: p.again(o.Spec.ID), CancelAction: p.path("/leave"),
	}
	view.Lab = slices.Contains(p.h.inLab, o.Spec.ID)
	if !o.Configured {
		view.Unavailable = p.frame.P.T("tile.not_configured")
	}
	return p.render(http.StatusOK, ui.Start(view))
}

// input asks for what the platform needs first.
func (p page) input(status int, pl platform.Platform, typed, wrong string) error {
	spec := pl.Spec()
	view := ui.InputView{
		Frame: p.frame, Platform: spec.Name, Icon: p.h.icon(spec.ID), Action: p.path("/platform/" + spec.ID), FormToken: p.formToken(),
		Field: ui.Field{Name: "input", Value: typed, Kind: ui.FieldKind(spec.Input)}, Account: p.account(), Switch: switches(p.r),
	}
	view.Lab = slices.Contains(p.h.inLab, spec.ID)
	if view.Lab && spec.Input == platform.InputServer {
		view.Servers = p.h.servers
	}
	if _, ok := pl.(platform.PasswordSigner); ok {
		view.Password = p.path("/platform/" + spec.ID + "/password")
	}
	if len(p.v.Offered) > 1 {
		view.Back = p.path("?choose=1")
	}
	view.Field.Error = p.fieldText(string(spec.Input), wrong, spec.Name)
	return p.render(status, ui.Input(view))
}

// switches tells whether a click asks for another account than last time.
func switches(r *http.Request) bool { return r.FormValue("switch") != "" }
