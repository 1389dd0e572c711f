package lab

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// tokenFacts is the data of debug_token.
type tokenFacts struct {
	AppID               string          `json:"app_id,omitempty"`
	Type                tokenKind       `json:"type,omitempty"`
	Application         string          `json:"application,omitempty"`
	DataAccessExpiresAt int64           `json:"data_access_expires_at,omitempty"`
	Error               json.RawMessage `json:"error,omitempty"`
	ExpiresAt           int64           `json:"expires_at"` // 0: never
	IsValid             bool            `json:"is_valid"`
	IssuedAt            int64           `json:"issued_at,omitempty"`
	ProfileID           string          `json:"profile_id,omitempty"` // a page token's Page
	Scopes              []string        `json:"scopes"`
	GranularScopes      []granularScope `json:"granular_scopes,omitempty"`
	UserID              string          `json:"user_id,omitempty"`
}

// granularScope says for which Pages, or accounts behind them, a permission was granted.
type granularScope struct {
	Scope     string   `json:"scope"`
	TargetIDs []string `json:"target_ids,omitzero"` // none at all is [], absent would mean every one
}

// debugToken tells an application about one of its own tokens. It needs the app
// token, "{client id}|{client secret}".
func (f *facebook) debugToken(r *http.Request) (reply, error) {
	value := bearer(r)
	if value == "" {
		value = r.Form.Get("access_token")
	}
	app, known := f.appOf(value)
	if !known {
		return reply{}, graphError(http.StatusBadRequest, 100, 0, "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app")
	}
	input := r.Form.Get("input_token")
	if input == "" {
		return reply{}, graphError(http.StatusBadRequest, 100, 0, "(#100) The parameter input_token is required")
	}
	t := f.lab.token(f.dialog.Platform, input, userToken, pageToken)
	if t != nil && t.grant.clientID != app.ClientID {
		return reply{}, graphError(http.StatusBadRequest, 100, 0, "(#100) The App_id in the input_token did not match the Viewing App")
	}
	_, dead := f.live(input)
	return jsonReply(http.StatusOK, "ok", map[string]tokenFacts{"data": f.describe(t, dead)}), nil
}

func (f *facebook) describe(t *token, dead error) tokenFacts {
	facts := tokenFacts{Scopes: []string{}, IsValid: dead == nil}
	if dead != nil {
		facts.Error = debugError(dead)
	}
	if t == nil {
		return facts
	}
	facts.AppID, facts.Application, facts.Type = t.grant.clientID, t.grant.clientID, t.kind
	facts.UserID, facts.IssuedAt = t.grant.persona.ID, t.issued.Unix()
	facts.DataAccessExpiresAt = t.grant.since.Add(fbDataAccess).Unix()
	if !t.expires.IsZero() {
		facts.ExpiresAt = t.expires.Unix()
	}
	if t.page != nil {
		facts.ProfileID = t.page.ID
	}
	facts.Scopes = slices.Clone(t.grant.granted)
	facts.GranularScopes = f.granular(t.grant)
	return facts
}

func (f *facebook) granular(g *grant) []granularScope {
	var out []granularScope
	for _, s := range g.granted {
		switch {
		case s == "public_profile":
		case s == "business_management" && g.persona.Business != nil:
			out = append(out, granularScope{s, []string{g.persona.Business.ID}})
		case s == "business_management":
			out = append(out, granularScope{Scope: s})
		case strings.HasPrefix(s, "instagram_"):
			out = append(out, granularScope{s, f.tickedAccounts(g)})
		default:
			out = append(out, granularScope{s, slices.DeleteFunc(append([]string{}, g.targets...), func(id string) bool { return !f.lab.ticked(g, id) })})
		}
	}
	return out
}

// debugError is code, message and subcode of the refusal, under debug_token's names.
func debugError(dead error) json.RawMessage {
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Subcode int    `json:"error_subcode"`
		} `json:"error"`
	}
	if err := json.Unmarshal(refusalReply(dead).body, &body); err != nil {
		return nil
	}
	out, _ := json.Marshal(struct { // three plain fields always encode
		Code    int    `json:"code"`
		Message string `json:"message"`
		Subcode int    `json:"subcode,omitempty"`
	}{body.Error.Code, body.Error.Message, body.Error.Subcode})
	return out
}
