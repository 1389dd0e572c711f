package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"patchbay/internal/platform"
)

// Probe proves the token at the account's own data server with
// com.atproto.server.getSession, which changes nothing. A server without it is asked for
// the profile. The account is its own and only target.
func (p *Platform) Probe(ctx context.Context, c *platform.Client, _ []platform.Target) (platform.Proof, error) {
	call, err := p.caller(c)
	if err != nil {
		return platform.Proof{}, platform.Refuse(platform.ClassTransient, "", err)
	}
	resp, err := call.xrpc(ctx, "com.atproto.server.getSession", nil)
	if err != nil {
		return platform.Proof{}, err
	}
	if no := platform.ReadRefusal(callRules(), resp, c.Now()); no != nil {
		if (resp.Status == http.StatusNotFound || resp.Status == http.StatusNotImplemented) && call.view(ctx).DID != "" {
			return platform.Proof{}, nil
		}
		return platform.Proof{}, fmt.Errorf("getSession: %w", no)
	}
	var who struct {
		DID    string `json:"did"`
		Active *bool  `json:"active"` // missing: yes
	}
	switch {
	case json.Unmarshal(resp.Body, &who) != nil || who.DID == "":
		return platform.Proof{}, platform.ErrUnavailable.Because(errors.New("getSession: not the expected JSON")) // the cause might quote it
	case who.DID != call.session.DID:
		return platform.Proof{}, platform.Refuse(platform.ClassPermanent, platform.ReasonTokenKind, errors.New("getSession: the token is another account's"))
	case who.Active != nil && !*who.Active:
		return platform.Proof{}, platform.Refuse(platform.ClassPermanent, platform.ReasonAccountInactive, errors.New("getSession: the account is not active"))
	}
	return platform.Proof{}, nil
}
