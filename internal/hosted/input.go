package hosted

import (
	"errors"
	"net/http"
	"strings"

	"patchbay/internal/fault"
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
	if reason, ok := strings.CutPrefix(fault.ReasonOf(err), "handle_"); ok && errors.Is(err, fault.Invalid) {
		return h.showInput(w, r, http.StatusUnprocessableEntity, typed, reason)
	}
	return err
}

func (h *Hosted) showInput(w http.ResponseWriter, r *http.Request, status int, typed, wrong string) error {
	link, browser := vault.NewSecret(r.PathValue("token")), h.cookies.Ensure(w, r)
	v, err := h.svc.OpenLink(r.Context(), link, browser)
	if err != nil {
		return err
	}
	p := h.newPage(w, r, v, link, browser)
	platform, ok := h.svc.Platforms().Get(r.PathValue("platform"))
	switch {
	case v.Session.Final():
		return p.ended()
	case v.Expired:
		return p.problem("link_expired")
	case !ok || platform.Spec().Input == "":
		return errNotHere
	}
	return p.input(status, platform, typed, wrong)
}
