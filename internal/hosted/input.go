package hosted

import (
	"net/http"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/i18n"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// askInput asks what the platform needs first, such as a handle.
func (h *Hosted) askInput(w http.ResponseWriter, r *http.Request) error {
	return h.showInput(w, r, http.StatusOK, "", "")
}

// takeInput goes to the platform with what was typed; a wrong one is explained
// beside the field.
func (h *Hosted) takeInput(w http.ResponseWriter, r *http.Request) error {
	typed := strings.TrimSpace(r.PostForm.Get("input"))
	if typed == "" {
		return h.showInput(w, r, http.StatusUnprocessableEntity, "", "required")
	}
	err := h.begin(w, r, vault.NewSecret(r.PathValue("token")), r.PathValue("platform"), typed)
	if wrong := h.fieldError(r, err); wrong != "" {
		return h.showInput(w, r, http.StatusUnprocessableEntity, typed, wrong)
	}
	return err
}

// fieldError is what an error says of the typed account or server: "unknown". Empty
// when it speaks of something else.
func (h *Hosted) fieldError(r *http.Request, err error) string {
	p, ok := h.svc.Platforms().Get(r.PathValue("platform"))
	if err == nil || !ok {
		return ""
	}
	kind := string(p.Spec().Input)
	wrong, ok := strings.CutPrefix(fault.ReasonOf(err), kind+"_")
	if !ok || !i18n.For("").Has("field."+kind+"."+wrong) {
		return ""
	}
	return wrong
}

func (h *Hosted) showInput(w http.ResponseWriter, r *http.Request, status int, typed, wrong string) error {
	p, pl, err := h.inputPage(w, r)
	if err != nil || pl == nil {
		return err
	}
	if r.Method == http.MethodGet {
		typed = p.known(pl.Spec())
	}
	return p.input(status, pl, typed, wrong)
}

// inputPage is a page that asks what the path's platform needs first. The platform is
// nil where the session is over, which has been shown then.
func (h *Hosted) inputPage(w http.ResponseWriter, r *http.Request) (page, platform.Platform, error) {
	link, browser := vault.NewSecret(r.PathValue("token")), h.cookies.Ensure(w, r)
	v, err := h.svc.OpenLink(r.Context(), link, browser)
	if err != nil {
		return page{}, nil, err
	}
	p := h.newPage(w, r, v, link, browser)
	pl, ok := h.svc.Platforms().Get(r.PathValue("platform"))
	switch {
	case v.Session.Final():
		return p, nil, p.ended()
	case direct(v):
		return p, nil, p.direct()
	case pinned(v) && v.Reconnect == nil:
		return p, nil, p.problem("channel_gone")
	case v.Expired:
		return p, nil, p.problem("link_expired")
	case !ok || pl.Spec().Input == "":
		return p, nil, errNotHere
	}
	return p, pl, nil
}
