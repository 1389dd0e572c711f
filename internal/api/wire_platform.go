package api

import (
	"time"

	"patchbay/internal/platform"
)

type platformsJSON struct {
	Data []platformJSON `json:"data" nullable:"false" doc:"The platforms in the order in which people see them."`
}

type platformJSON struct {
	ID              string        `json:"id" example:"facebook" doc:"The platform's id, as sessions and channels name it."`
	Name            string        `json:"name" example:"Facebook" doc:"The brand."`
	Configured      bool          `json:"configured" example:"true" doc:"Whether this server has an app registered there, so that people can connect."`
	Trouble         *troubleJSON  `json:"trouble" doc:"What keeps the platform from serving this server's app; null: nothing, or there is no such app."`
	AuthorizeURL    *string       `json:"authorize_url" example:"https://www.facebook.com/v26.0/dialog/oauth" doc:"The real address of its consent page; null where discovery tells it."`
	TokenURL        *string       `json:"token_url" example:"https://graph.facebook.com/v26.0/oauth/access_token" doc:"The real address of its token endpoint; null where discovery tells it."`
	RevokeURL       *string       `json:"revoke_url" example:"https://api.x.com/2/oauth2/revoke" doc:"The real address of its revocation endpoint; {…} in it stands for what the call fills in. Null where there is none."`
	ScopeSeparator  string        `json:"scope_separator" example:"," doc:"What stands between scopes in the authorize address."`
	PKCE            string        `json:"pkce" enum:"none,s256" example:"none" doc:"Its mode of RFC 7636; none: it must not be sent."`
	ClientAuth      string        `json:"client_auth" enum:"basic,post,none,private_key_jwt" example:"post" doc:"How our app authenticates at the token endpoint."`
	Scopes          []scopeJSON   `json:"scopes" nullable:"false" doc:"The scopes we ask for, with the feature each unlocks."`
	GrantedScopes   string        `json:"granted_scopes" enum:"token_response,endpoint" example:"endpoint" doc:"Where it tells which scopes the person granted."`
	DenialErrors    []string      `json:"denial_errors" nullable:"false" example:"[\"access_denied\"]" doc:"The values of the callback's error parameter that mean that the person said no."`
	RefreshModel    string        `json:"refresh_model" enum:"rotating,rotating_with_grace,renewing_access_token,stable,none" example:"rotating" doc:"What a refresh does to the credential that was sent; none: only the person can renew."`
	Lifetimes       lifetimesJSON `json:"lifetimes" doc:"How long things live there, in seconds, as documented."`
	RevocationReach string        `json:"revocation_reach" enum:"none,token,user_app" example:"user_app" doc:"What revoking one token ends: that token, or everything of that person with our app."`
	Version         *string       `json:"version" example:"v26.0" doc:"The API version in use; null where there are none."`
	Versions        []versionJSON `json:"versions" nullable:"false" doc:"Its known API versions, newest first."`
	Input           *string       `json:"input" example:"handle" doc:"What the person types before the platform can be asked; null: nothing."`
	Targets         []targetJSON  `json:"targets" nullable:"false" doc:"The kinds of thing a consent can reach."`
	Pick            string        `json:"pick" enum:"one,many" example:"many" doc:"How many targets one consent may turn into channels."`
	SetupGuide      string        `json:"setup_guide,omitempty" example:"# Facebook" doc:"The operator's guide to registering an app there, in Markdown, with this server's own addresses. Only in the answer about one platform."`
	Sources         []string      `json:"sources" nullable:"false" example:"[\"https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow\"]" doc:"The public documents all this was read from."`
}

type scopeJSON struct {
	Name     string `json:"name" example:"pages_show_list" doc:"As the platform calls it."`
	Feature  string `json:"feature" example:"pages" doc:"What it unlocks."`
	Required bool   `json:"required" example:"true" doc:"Whether no channel can work without it."`
}

type lifetimesJSON struct {
	Code         *int64 `json:"code" example:"600" doc:"Of an authorization code; null: not documented."`
	AccessToken  *int64 `json:"access_token" example:"5184000" doc:"Of an access token; null: it does not expire."`
	RefreshToken *int64 `json:"refresh_token" example:"7776000" doc:"Of a refresh token; null: unknown, or there is none."`
}

type versionJSON struct {
	Name     string  `json:"name" example:"v25.0" doc:"As the platform calls it."`
	Released *string `json:"released" format:"date" example:"2026-02-18" doc:"The day it came; null: not known."`
	EndsAt   *string `json:"ends_at" format:"date" example:"2028-02-18" doc:"The day it ends; null: not announced."`
}

type targetJSON struct {
	Kind string `json:"kind" example:"page" doc:"page, profile, organization, …"`
	Role string `json:"role" enum:"account,destination" example:"account" doc:"Whether it may become a channel, or only hangs below one."`
}

func toPlatform(s platform.Spec, configured bool) platformJSON {
	return platformJSON{
		ID: s.ID, Name: s.Name, Configured: configured,
		AuthorizeURL: orNil(s.AuthorizeURL), TokenURL: orNil(s.TokenURL), RevokeURL: orNil(s.RevokeURL),
		ScopeSeparator: s.ScopeSeparator, PKCE: string(s.PKCE), ClientAuth: string(s.ClientAuth), Scopes: each(s.Scopes, toScope),
		GrantedScopes: string(s.GrantedScopes), DenialErrors: listed(s.Denial.Errors), RefreshModel: string(s.Refresh),
		Lifetimes:       lifetimesJSON{seconds(s.CodeLifetime), seconds(s.AccessLifetime), seconds(s.RefreshLifetime)},
		RevocationReach: string(s.Revocation), Version: orNil(s.Version), Versions: each(s.Versions, toVersion),
		Input: orNil(string(s.Input)), Targets: each(s.Targets, toTarget), Pick: string(s.Pick), Sources: listed(s.Sources),
	}
}

func toScope(s platform.Scope) scopeJSON        { return scopeJSON{s.Name, s.Feature, s.Required} }
func toTarget(t platform.TargetKind) targetJSON { return targetJSON{t.Kind, string(t.Role)} }
func toVersion(v platform.Version) versionJSON {
	return versionJSON{v.Name, dayOrNil(v.Released), dayOrNil(v.Until)}
}

func seconds(d time.Duration) *int64 { return orNil(int64(d / time.Second)) }
