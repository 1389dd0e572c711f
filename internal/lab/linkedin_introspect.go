package lab

import (
	"net/http"
	"strings"
)

// introspect tells a client what a token is. What LinkedIn says of another application's
// token is not documented; the answer names the application, so here it does.
// https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
func (li *linkedIn) introspect(r *http.Request) (reply, error) {
	if _, err := li.client(r); err != nil {
		return reply{}, err
	}
	if r.PostForm.Get("token") == "" {
		return reply{}, liMissing("token")
	}
	t := li.lab.token("linkedin", r.PostForm.Get("token"), userToken)
	if t == nil {
		return jsonReply(http.StatusOK, "ok", map[string]bool{"active": false}), nil
	}
	status := "active"
	switch {
	case t.revoked || t.grant.ended != "":
		status = "revoked"
	case t.expired(li.lab.now()):
		status = "expired"
	}
	return jsonReply(http.StatusOK, "ok", map[string]any{
		"active": status == "active", "status": status, "client_id": t.grant.clientID, "scope": strings.Join(t.scopes, ","), // by commas
		"authorized_at": t.grant.since.Unix(), "created_at": t.issued.Unix(), "expires_at": t.expires.Unix(), "auth_type": "3L",
	}), nil
}
