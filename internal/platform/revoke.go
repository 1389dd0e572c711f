package platform

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// ErrNoWay is why a consent cannot be ended at the platform: it has no address for that, or
// we lack what it takes. It comes inside a permanent Refusal, for nothing will change it.
var ErrNoWay = errors.New("there is no way to revoke this consent")

// NoWay is ErrNoWay as code of a platform answers it.
func NoWay() error { return Refuse(ClassPermanent, "", ErrNoWay) }

// Revoker ends a consent at the platform in its own way.
type Revoker interface {
	// Revoke is as the function of that name.
	Revoke(ctx context.Context, env Env, req RevokeRequest) error
}

// RevokeRequest is what is to be ended at the platform.
type RevokeRequest struct {
	App         App
	Credentials Credentials
	Subject     string // whose consent it is; empty: it never became known
}

// Revoke ends a consent at the platform as far as its reach allows (Spec.Revocation):
// its own way where it has one (Revoker), else RFC 7009 with the refresh token, or the
// access token where there is none. A token that is already dead is no error: nil means
// that the platform no longer takes it. Errors are read by RefusalOf; where there is no way
// to revoke nothing is sent, and the error is ErrNoWay.
func Revoke(ctx context.Context, env Env, p Platform, req RevokeRequest) error {
	if own, ok := p.(Revoker); ok {
		return own.Revoke(ctx, env, req)
	}
	spec := p.Spec()
	if spec.RevokeURL == "" || spec.Revocation == ReachNone {
		return NoWay()
	}
	return PostRevoke(ctx, env, spec, req)
}

// PostRevoke sends the request of RFC 7009 §2.1. A 200 means that the token is over whatever
// its body holds (§2.2), but for an error where some servers put theirs.
func PostRevoke(ctx context.Context, env Env, spec Spec, req RevokeRequest) error {
	token, hint := req.Credentials.Refresh, "refresh_token"
	if token.Empty() {
		token, hint = req.Credentials.Access, "access_token"
	}
	form := url.Values{"token": {token.Reveal()}, "token_type_hint": {hint}}
	header, err := authenticate(spec, req.App, form)
	if err != nil {
		return err
	}
	resp, err := PostForm(ctx, env, spec.RevokeURL, form, header)
	if err != nil {
		return err
	}
	no := RefreshRefusal(spec, resp, env.Now())
	switch {
	case no == nil, no.Class == ClassPermanent, resp.Status == http.StatusOK && !saysError(resp.Body):
		return nil
	default:
		return no
	}
}

// saysError tells whether an answer has OAuth's error member.
func saysError(body []byte) bool {
	a, err := readAnswer(body)
	if err != nil {
		return false
	}
	_, refused := a.refusal()
	return refused
}
