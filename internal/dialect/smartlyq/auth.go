package smartlyq

import (
	"net/http"
	"strconv"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
)

// need is what a call asks of its key: our scope, and the vendor's word for it.
type need struct {
	scope connect.Scope
	word  string
}

var (
	mayRead    = need{connect.ScopeChannelsRead, "social:read"}
	mayPoll    = need{connect.ScopeSessionsRead, "social:read"}
	mayConnect = need{connect.ScopeSessionsWrite, "social:write"}
	mayChange  = need{connect.ScopeChannelsWrite, "social:write"}
	// mayManage is for acting as another owner than the key's own.
	mayManage = need{connect.ScopeOwnersWrite, "profiles:manage"}
)

func (n need) of(c connect.Caller) error {
	if err := c.Require(n.scope); err != nil {
		return errScope(n.word).because(err)
	}
	return nil
}

// callers finds who asks: as the key says, and narrowed to the owner as whom it acts.
func (a *API) callers(w http.ResponseWriter, r *http.Request, needs need) (whole, acting connect.Caller, err error) {
	whole, err = a.svc.Authenticate(r.Context(), httpx.Bearer(r))
	if err != nil {
		return whole, acting, err
	}
	if addr := httpx.ClientIP(r); addr.IsValid() {
		whole.From = addr.String()
	}
	if a.limit != nil {
		err = a.limit(w, r, whole.KeyID)
		showLimit(w.Header(), time.Now())
	}
	if err != nil {
		return whole, acting, err
	}
	if err := needs.of(whole); err != nil {
		return whole, acting, err
	}
	acting, err = a.acting(r, whole)
	return whole, acting, err
}

// acting is the caller inside the profile that the X-Profile-Id header names: "Requires
// the profiles:manage scope. Returns 404 for profiles you do not own".
func (a *API) acting(r *http.Request, whole connect.Caller) (connect.Caller, error) {
	named := r.Header.Get("X-Profile-Id")
	if named == "" {
		return a.svc.ActAs(r.Context(), whole, 0)
	}
	if err := mayManage.of(whole); err != nil {
		return connect.Caller{}, err
	}
	id, err := strconv.ParseInt(named, 10, 64)
	if err != nil || id < 0 {
		return connect.Caller{}, errProfile
	}
	return a.svc.ActAs(r.Context(), whole, id)
}

// showLimit gives the limit's headers the vendor's names. X-RateLimit-Reset is a moment in
// Unix seconds, where the other tells seconds from now; real time rules there.
func showLimit(h http.Header, now time.Time) {
	for _, name := range []string{"Limit", "Remaining"} {
		if value := h.Get("RateLimit-" + name); value != "" {
			h.Set("X-RateLimit-"+name, value)
		}
	}
	if seconds, err := strconv.ParseInt(h.Get("RateLimit-Reset"), 10, 64); err == nil {
		h.Set("X-RateLimit-Reset", strconv.FormatInt(now.Unix()+seconds, 10))
	}
}
