package lab

import (
	"net/http"
	"slices"
	"strings"
)

// remove takes back one permission, or the whole authorization with every token of it. It
// takes the person's own token, or the app's with the person's id in the address.
func (f *facebook) remove(r *http.Request) (reply, error) {
	g, clientID, err := f.removable(r)
	if err != nil {
		return reply{}, err
	}
	one := r.PathValue("permission")
	if one == "" {
		f.lab.noteRevocation(clientID, g, RevokeUserApp, RevokeOK)
		f.lab.end(g, endRemoved)
	} else if i := slices.Index(g.granted, one); i >= 0 {
		f.lab.noteRevocation(clientID, g, RevokePermission, RevokeOK)
		g.granted = slices.Delete(g.granted, i, i+1)
		g.declined = append(g.declined, one)
		f.lab.changed()
	}
	return jsonReply(http.StatusOK, "ok", map[string]bool{"success": true}), nil
}

// removable is the consent that a request may end, and the client that asks.
func (f *facebook) removable(r *http.Request) (*grant, string, error) {
	value := bearer(r)
	if value == "" {
		value = r.Form.Get("access_token")
	}
	if !strings.Contains(value, "|") {
		t, err := f.user(r, "permissions")
		if err == nil {
			return t.grant, t.grant.clientID, nil
		}
		f.missed(value)
		return nil, "", err
	}
	app, known := f.appOf(value)
	if !known {
		return nil, "", graphError(http.StatusBadRequest, 190, 0, "Invalid OAuth access token signature.")
	}
	node := r.PathValue("node")
	g := f.grants[[2]string{app.ClientID, node}]
	if g == nil || g.ended != "" {
		outcome := RevokeUnknown
		if g != nil {
			outcome = RevokeOver
		}
		f.lab.noteRevocation(app.ClientID, g, RevokeUserApp, outcome)
		return nil, "", invisible(node)
	}
	return g, app.ClientID, nil
}

// missed logs a removal that was asked for with a person's token that may not do it.
func (f *facebook) missed(value string) {
	t := f.lab.token(f.dialog.Platform, value, userToken)
	switch {
	case t == nil:
	case t.grant.ended != "":
		f.lab.noteRevocation(t.grant.clientID, t.grant, RevokeUserApp, RevokeOver)
	default: // expired, or for somebody else
		f.lab.noteRevocation(t.grant.clientID, t.grant, RevokeUserApp, RevokeRefused)
	}
}

// appOf is the client whose own access token, "{client id}|{client secret}", this is.
func (f *facebook) appOf(value string) (App, bool) {
	clientID, secret, _ := strings.Cut(value, "|")
	app, known := f.lab.apps[appKey{f.dialog.Platform, clientID}]
	return app, known && sameSecret(secret, app.ClientSecret)
}
