package marketingblocks

import (
	"net/http"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// errPermission names the permission in the vendor's word for ScopeSessionsWrite.
var errPermission = fault.New(fault.Forbidden, "scope_missing", "Unauthorized. The token lacks the add-channels permission.")

// caller is whose token the request carries: any live key of a workspace.
func (a *API) caller(w http.ResponseWriter, r *http.Request) (connect.Caller, error) {
	c, err := a.svc.Authenticate(r.Context(), httpx.Bearer(r))
	if err == nil && a.limit != nil {
		err = a.limit(w, r, c.KeyID)
	}
	return c, err
}

// connector is a caller that may add channels.
func (a *API) connector(w http.ResponseWriter, r *http.Request) (connect.Caller, error) {
	c, err := a.caller(w, r)
	if err != nil {
		return connect.Caller{}, err
	}
	if err := c.Require(connect.ScopeSessionsWrite); err != nil {
		return connect.Caller{}, errPermission.Because(err)
	}
	return c, nil
}
