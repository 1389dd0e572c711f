package bluesky

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// appPassword is how the reference server makes them (createAppPassword: 16 base32
// letters in groups of four). Other servers' alphabets have all digits.
var appPassword = regexp.MustCompile(`^` + passwordShape + `$`)

const passwordShape = `[a-z0-9]{4}(-[a-z0-9]{4}){3}`

// PasswordPattern is how an app password looks, as an HTML input's pattern. Blanks and
// invisible characters around it are forgiven.
func (p *Platform) PasswordPattern() string { return `[\s\p{Cf}]*` + passwordShape + `[\s\p{Cf}]*` }

// errInactive is an account that its server has taken down, or its owner deactivated.
var errInactive = fault.New(fault.Conflict, "account_inactive", "This account is deactivated or suspended at the platform.")

// SignIn opens a session with an app password, at the account's own data server. What
// does not look like one is not sent anywhere: it may be the person's own password.
func (p *Platform) SignIn(ctx context.Context, env platform.Env, req platform.SignInRequest) (platform.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second) // a person waits, for servers a stranger named
	defer cancel()
	password := vault.NewSecret(strings.Map(dropInvisible, req.Password.Reveal()))
	if !appPassword.MatchString(password.Reveal()) {
		return platform.Token{}, platform.ErrPasswordForm
	}
	who, err := p.account(ctx, env, req.Account)
	if err != nil {
		return platform.Token{}, err
	}
	answer, err := p.createSession(ctx, env, who, password)
	if err != nil {
		return platform.Token{}, err
	}
	s := session{Way: byAppPassword, DID: who.DID.String(), Handle: who.Handle, PDS: who.PDS}
	return platform.Token{
		Credentials: platform.Credentials{
			Access: vault.NewSecret(answer.Access), Refresh: vault.NewSecret(answer.Refresh),
			ExpiresAt: p.sessionEnd(env, answer.Access), Extra: s.encode(),
		},
		Scopes:  strings.Fields(scopes), // what transition:generic stands for: "same power as an app password"
		Subject: s.DID,
	}, nil
}

// sessionAnswer is com.atproto.server.createSession's output as far as it is used.
type sessionAnswer struct {
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
	DID     string `json:"did"`
	Active  *bool  `json:"active"` // missing: yes
}

// createSession signs in with the DID, not the handle: that is whose server was found.
func (p *Platform) createSession(ctx context.Context, env platform.Env, who account, password vault.Secret) (sessionAnswer, error) {
	body, _ := json.Marshal(map[string]string{"identifier": who.DID.String(), "password": password.Reveal()}) // strings always marshal
	resp, err := procedure(ctx, env, who.PDS+"/xrpc/com.atproto.server.createSession", body, vault.Secret{})
	if err != nil {
		return sessionAnswer{}, err
	}
	if resp.Status != http.StatusOK {
		return sessionAnswer{}, signInRefusal(resp)
	}
	var a sessionAnswer
	if json.Unmarshal(resp.Body, &a) != nil || a.DID == "" || a.Access == "" || a.Refresh == "" {
		return sessionAnswer{}, platform.ErrUnavailable.Because(errors.New("createSession: not the expected JSON")) // the cause might quote it
	}
	switch {
	case a.DID != who.DID.String():
		return sessionAnswer{}, platform.ErrOtherAccount.Because(errors.New("createSession: the session is another account's"))
	case readClaims(a.Access).Scope == fullAccess:
		p.endSession(ctx, env, who.PDS, vault.NewSecret(a.Refresh))
		return sessionAnswer{}, platform.ErrPasswordForm.Because(errors.New("createSession: it was the account's own password"))
	case a.Active != nil && !*a.Active:
		p.endSession(ctx, env, who.PDS, vault.NewSecret(a.Refresh))
		return sessionAnswer{}, errInactive
	}
	return a, nil
}

// fullAccess is the scope of sessions that the account's own password opens: a
// person can choose one that looks like an app password.
const fullAccess = "com.atproto.access"

// endSession closes a session that is not wanted. Where the server does not answer,
// the session ends unused.
func (p *Platform) endSession(ctx context.Context, env platform.Env, pds string, refresh vault.Secret) {
	_, _ = procedure(ctx, env, pds+"/xrpc/com.atproto.server.deleteSession", nil, refresh)
}

// procedure posts JSON (nil: nothing), with a Bearer token unless it is empty.
func procedure(ctx context.Context, env platform.Env, address string, body []byte, token vault.Secret) (*httpx.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, platform.ErrServerRefused.Because(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if !token.Empty() {
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	req.Header.Set("Accept", "application/json")
	return send(env, req)
}

// signInRefusals says what createSession's error words mean. Other words are never
// repeated: a server may echo what it was sent.
var signInRefusals = map[string]*fault.Error{
	"AuthenticationRequired":  platform.ErrPasswordWrong,
	"AuthFactorTokenRequired": platform.ErrPasswordCode, // never asked of app passwords
	"AccountTakedown":         errInactive,
	"AccountSuspended":        errInactive,
	"AccountDeactivated":      errInactive,
}

func signInRefusal(resp *httpx.Response) error {
	word := oauthError(resp) // XRPC's error shape begins the same way
	class, known := signInRefusals[word]
	switch {
	case resp.Status >= 500 || resp.Status == http.StatusTooManyRequests:
		class = platform.ErrUnavailable
	case !known && resp.Status == http.StatusUnauthorized:
		class = platform.ErrPasswordWrong
	case !known:
		class = platform.ErrUnavailable
	}
	if !known {
		word = "none that is known"
	}
	return class.Because(fmt.Errorf("createSession: status %d, error word: %s", resp.Status, word)).After(retryAfter(resp))
}
