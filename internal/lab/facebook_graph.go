package lab

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The nodes and edges of the Graph API that lead to a person's Pages. What a token
// sees is what its grant gives it: pages that were unticked are not there at all.

// caller is the token of a request: Authorization: Bearer, or access_token.
func (f *facebook) caller(r *http.Request) (*token, error) {
	value := bearer(r)
	if value == "" {
		value = r.Form.Get("access_token")
	}
	if value == "" {
		return nil, graphError(http.StatusBadRequest, 2500, 0, "An active access token must be used to query information about the current user.")
	}
	t, err := f.live(value)
	if err != nil {
		return nil, err
	}
	if proof := r.Form.Get("appsecret_proof"); proof != "" && !sameSecret(proof, f.proof(t)) {
		return nil, graphError(http.StatusBadRequest, 100, 0, "Invalid appsecret_proof provided in the API argument")
	}
	return t, nil
}

func (f *facebook) proof(t *token) string {
	mac := hmac.New(sha256.New, []byte(f.lab.apps[appKey{f.dialog.Platform, t.grant.clientID}].ClientSecret))
	mac.Write([]byte(t.value))
	return hex.EncodeToString(mac.Sum(nil))
}

// user is the caller of an edge of a person, {node} being me or the person's id.
func (f *facebook) user(r *http.Request, edge string) (*token, error) {
	t, err := f.caller(r)
	if err != nil {
		return nil, err
	}
	node := r.PathValue("node")
	if t.kind == pageToken {
		return nil, graphError(http.StatusBadRequest, 100, 0, "(#100) Tried accessing nonexisting field ("+edge+") on node type (Page)")
	}
	if node != "me" && node != t.grant.persona.ID {
		return nil, invisible(node)
	}
	return t, nil
}

// invisible is Meta's one answer for what does not exist and what this token may not see.
func invisible(id string) error {
	return graphError(http.StatusBadRequest, 100, 33, "Unsupported get request. Object with ID '"+id+"' does not exist, cannot be loaded due to missing permissions, or does not support this operation.")
}

// permissions tells what was granted and what declined; the token answer does not.
func (f *facebook) permissions(r *http.Request) (reply, error) {
	t, err := f.user(r, "permissions")
	if err != nil {
		return reply{}, err
	}
	return jsonReply(http.StatusOK, "ok", map[string]any{"data": f.permissionRows(t.grant)}), nil
}

func (f *facebook) permissionRows(g *grant) []map[string]string {
	status := map[string]string{}
	for _, s := range g.granted {
		status[s] = "granted"
	}
	for _, s := range g.declined {
		status[s] = "declined"
	}
	rows := []map[string]string{}
	for _, s := range slices.Sorted(maps.Keys(status)) {
		rows = append(rows, map[string]string{"permission": s, "status": status[s]})
	}
	return rows
}

// accounts lists the Pages a person reaches by a role of their own. It is empty, with
// 200, for Pages that are reached through a portfolio, and without pages_show_list.
func (f *facebook) accounts(r *http.Request) (reply, error) {
	t, err := f.user(r, "accounts")
	if err != nil {
		return reply{}, err
	}
	var pages []page
	if t.grant.has("pages_show_list") {
		pages = f.visiblePages(t.grant, byRole)
	}
	return f.pageEdge(r, t, t.grant.persona.ID+"/accounts", pages)
}

func (f *facebook) businesses(r *http.Request) (reply, error) {
	t, err := f.manager(r, "businesses")
	if err != nil {
		return reply{}, err
	}
	if node := r.PathValue("node"); node != "me" && node != t.grant.persona.ID {
		return reply{}, invisible(node)
	}
	rows := []map[string]string{}
	if b := t.grant.persona.Business; b != nil {
		rows = append(rows, map[string]string{"id": b.ID, "name": b.Name})
	}
	return jsonReply(http.StatusOK, "ok", map[string]any{"data": rows}), nil
}

// portfolioPages serves owned_pages and client_pages of a business.
func (f *facebook) portfolioPages(how reach) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		t, err := f.manager(r, string(how)+"_pages")
		if err != nil {
			return reply{}, err
		}
		b := t.grant.persona.Business
		if b == nil || b.ID != r.PathValue("node") {
			return reply{}, invisible(r.PathValue("node"))
		}
		return f.pageEdge(r, t, b.ID+"/"+string(how)+"_pages", f.visiblePages(t.grant, how))
	}
}

// manager is a person's token with business_management.
func (f *facebook) manager(r *http.Request, edge string) (*token, error) {
	t, err := f.caller(r)
	switch {
	case err != nil:
		return nil, err
	case t.kind == pageToken:
		return nil, graphError(http.StatusBadRequest, 100, 0, "(#100) Tried accessing nonexisting field ("+edge+") on node type (Page)")
	case !t.grant.has("business_management"):
		return nil, graphError(http.StatusForbidden, 200, 0, "(#200) Requires business_management permission to manage the object")
	}
	return t, nil
}

// node answers me, the person's id, a Page's id, or that of the account behind one.
func (f *facebook) node(r *http.Request) (reply, error) {
	t, err := f.caller(r)
	if err != nil {
		return reply{}, err
	}
	id := r.PathValue("node")
	if t.kind == userToken && (id == "me" || id == t.grant.persona.ID) {
		return f.userNode(r, t)
	}
	if a := f.visibleAccount(t, id); a != nil {
		return f.accountNode(r, t, a)
	}
	p := t.page
	if t.kind == userToken {
		if i := slices.IndexFunc(t.grant.persona.Pages, func(p page) bool { return p.ID == id }); i >= 0 {
			p = &t.grant.persona.Pages[i]
		}
	}
	if p == nil || id != p.ID && id != "me" || !f.lab.ticked(t.grant, p.ID) {
		return reply{}, invisible(id)
	}
	if !t.grant.has("pages_show_list") {
		return reply{}, graphError(http.StatusForbidden, 10, 0, "(#10) This endpoint requires the 'pages_show_list' permission.")
	}
	row, err := f.pageRow(t, *p, fields(r.Form.Get("fields"), "name,id"), true)
	if err != nil {
		return reply{}, err
	}
	return jsonReply(http.StatusOK, "ok", row), nil
}

func (f *facebook) userNode(r *http.Request, t *token) (reply, error) {
	row := map[string]any{"id": t.grant.persona.ID}
	for _, field := range fields(r.Form.Get("fields"), "name,id") {
		switch field.name {
		case "id":
		case "name":
			row[field.name] = t.grant.persona.Name
		case "picture":
			row[field.name] = f.picture(t.grant.persona.Name)
		default:
			return reply{}, noField(field.name, "User")
		}
	}
	return jsonReply(http.StatusOK, "ok", row), nil
}

// field is one of those asked for, and which fields of its own node are.
type field struct{ name, inner string }

// fields splits a field expansion at its outer commas: "id,picture.type(large),a{b,c}"
// is id, picture, and a with "b,c".
func fields(asked, standard string) []field {
	if asked == "" {
		asked = standard
	}
	var out []field
	depth, start := 0, 0
	for i, c := range asked + "," {
		switch {
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			depth--
		case c == ',' && depth == 0:
			out = append(out, readField(strings.TrimSpace(asked[start:i])))
			start = i + 1
		}
	}
	return out
}

func readField(text string) field {
	name, _, _ := strings.Cut(strings.NewReplacer("(", ".", "{", ".").Replace(text), ".")
	_, inner, _ := strings.Cut(text, "{")
	return field{name, strings.TrimSuffix(inner, "}")}
}
