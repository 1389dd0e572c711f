package meta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// tokenFacts is what debug_token tells about a token.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging
type tokenFacts struct {
	AppID      string `json:"app_id"`
	Type       string // USER, PAGE, APP, SYSTEM_USER
	Valid      *bool  `json:"is_valid"`
	UserID     string `json:"user_id"`
	ProfileID  string `json:"profile_id"`             // a page token's page
	DataAccess int64  `json:"data_access_expires_at"` // unix seconds; 0: never
	Error      *struct{ Code, Subcode int }

	dead *platform.Refusal // why it is not valid; nil while it is
}

// debug asks about a token with the app's own, so that a refusal of the call itself is
// never about the person.
func (g Graph) debug(ctx context.Context, token vault.Secret) (tokenFacts, error) {
	resp, err := asApp(g.client.Env, g.client.App).Get(ctx, g.base+"/debug_token?"+url.Values{"input_token": {token.Reveal()}}.Encode())
	if err != nil {
		return tokenFacts{}, err
	}
	now := g.client.Now()
	if e, refused := readGraphError(CallRules(), resp, now); refused {
		return tokenFacts{}, aboutUs(e)
	}
	if err := unexpected(resp, now); err != nil {
		return tokenFacts{}, aboutUs(err)
	}
	var body struct{ Data tokenFacts }
	if err := platform.Decode(resp, &body); err != nil {
		return tokenFacts{}, err
	}
	if body.Data.Valid == nil {
		return tokenFacts{}, platform.ErrUnavailable.Because(errors.New("debug_token without is_valid"))
	}
	if !*body.Data.Valid {
		body.Data.dead = body.Data.why(now)
	}
	return body.Data, nil
}

// why reads the error inside the answer by the same rules as one that is the answer.
func (f tokenFacts) why(now time.Time) *platform.Refusal {
	code, subcode := 190, 0
	if f.Error != nil && f.Error.Code != 0 {
		code, subcode = f.Error.Code, f.Error.Subcode
	}
	body, _ := json.Marshal(map[string]any{"error": map[string]int{"code": code, "error_subcode": subcode}}) // integers always marshal
	return platform.ReadRefusal(CallRules(), &httpx.Response{Status: http.StatusBadRequest, Body: body}, now)
}

// ofPerson: nil for a living token of that person.
func (f tokenFacts) ofPerson(subject string) error {
	switch {
	case f.dead != nil:
		return fmt.Errorf("debug_token of the person's token: %w", f.dead)
	case f.Type == "PAGE" || f.Type == "APP" || subject != "" && f.UserID != "" && f.UserID != subject:
		return platform.Refuse(platform.ClassPermanent, platform.ReasonTokenKind, errors.New("debug_token: the token is of another kind or person"))
	}
	return nil
}

// ofConsent is nil for the token of a person, or of a system user, who stands for one. A
// page's own token reaches that page alone, and the app's own nobody's.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens
func (f tokenFacts) ofConsent() error {
	switch f.Type {
	case "PAGE":
		return platform.ErrPageToken
	case "APP":
		return platform.ErrTokenKind.Because(errors.New("debug_token: an app's own token"))
	}
	return nil
}

// ofPage is what is wrong with the token of a page; "" for a living one of that page. An
// error is one that passes.
func (f tokenFacts) ofPage(id string) (reason string, err error) {
	switch {
	case f.dead != nil && f.Error != nil && f.Error.Code == codeParameter: // as of an object that does not exist
		return platform.ReasonTargetGone, nil
	case f.dead != nil && f.dead.Class != platform.ClassPermanent:
		return "", f.dead
	case f.dead != nil && f.dead.Reason == platform.ReasonTargetPermission:
		return platform.ReasonTargetPermission, nil
	case f.Type != "" && f.Type != "PAGE", f.ProfileID != "" && id != "" && f.ProfileID != id:
		return platform.ReasonTokenKind, nil
	case f.dead != nil:
		return platform.ReasonTokenRefused, nil // while the person's own token lives
	}
	return "", nil
}

func (f tokenFacts) dataAccessEnd() time.Time {
	if f.DataAccess <= 0 {
		return time.Time{}
	}
	return time.Unix(f.DataAccess, 0).UTC()
}
