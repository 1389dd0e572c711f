package bluesky

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// Targets proves the token at the account's own server and reads the profile. An
// account has exactly one target: itself.
//
// What is known comes from three places, each of which may be missing: the AppView
// behind the data server (name, picture, followers), the profile record on the data
// server (name, picture), the DID document (handle).
func (p *Platform) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	call, err := p.caller(c)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	s := call.session
	view, err := call.prove(ctx)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	facts := view.facts()
	if view.DID == "" { // no AppView
		facts = call.record(ctx)
	}
	facts.Username = p.currentHandle(ctx, c.Env, s)
	facts.URL = "https://bsky.app/profile/" + cmp.Or(facts.Username, s.DID)
	facts.Name = cmp.Or(facts.Name, facts.Username, s.DID)
	identity := platform.Identity{Subject: s.DID, Facts: facts}
	return identity, []platform.Target{{Kind: "profile", Role: platform.RoleAccount, ExternalID: s.DID, Facts: facts}}, nil
}

// currentHandle verifies the handle again, since people change it; where the
// directory does not answer, the one of the consent stands.
func (p *Platform) currentHandle(ctx context.Context, env platform.Env, s session) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	who, err := p.accountOf(ctx, env, syntax.DID(s.DID))
	if err != nil {
		return s.Handle
	}
	return who.Handle
}

// caller speaks to the data server of one grant.
type caller struct {
	*platform.Client
	session session
	binding *binding // nil: an app password's session
}

func (p *Platform) caller(c *platform.Client) (*caller, error) {
	s, b, err := p.decodeSession(c.Credentials.Extra)
	if err != nil {
		return nil, err
	}
	if b != nil {
		b.nonce = s.PDSNonce
	}
	return &caller{Client: c, session: s, binding: b}, nil
}

func (c *caller) xrpc(ctx context.Context, method string, query url.Values) (*httpx.Response, error) {
	address := c.session.PDS + "/xrpc/" + method
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	if c.binding != nil {
		return c.binding.get(ctx, c.Env, address, c.Credentials.Access)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, platform.ErrServerRefused.Because(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Credentials.Access.Reveal())
	req.Header.Set("Accept", "application/json")
	return send(c.Env, req)
}

// prove makes the two authorized calls; one success is enough. getSession answers
// for any token with the atproto scope but is the reference server's own;
// getProfile is passed on to an AppView, which a data server need not have.
func (c *caller) prove(ctx context.Context) (profileView, error) {
	resp, err := c.xrpc(ctx, "com.atproto.server.getSession", nil)
	if err != nil {
		return profileView{}, err
	}
	if no := platform.ReadRefusal(callRules(), resp, c.Now()); no != nil && no.Class == platform.ClassPermanent {
		return profileView{}, fmt.Errorf("getSession: %w", no)
	}
	var who struct {
		DID string `json:"did"`
	}
	proven := resp.Status == http.StatusOK && json.Unmarshal(resp.Body, &who) == nil && who.DID == c.session.DID
	if who.DID != "" && who.DID != c.session.DID {
		return profileView{}, platform.ErrOtherAccount.Because(errors.New("the data server takes the token for another account's"))
	}
	view := c.view(ctx)
	if !proven && view.DID == "" {
		return profileView{}, platform.ErrUnavailable.Because(fmt.Errorf("data server: getSession answered %d, and no profile", resp.Status))
	}
	return view, nil
}

// profileView is app.bsky.actor.defs#profileViewDetailed.
type profileView struct {
	DID          string `json:"did"`
	DisplayName  string `json:"displayName"`
	Avatar       string `json:"avatar"`
	Followers    *int64 `json:"followersCount"`
	Verification *struct {
		Verified string `json:"verifiedStatus"`
		Verifier string `json:"trustedVerifierStatus"`
	} `json:"verification"`
}

// view asks for the profile as Bluesky's app shows it; the zero view where the data
// server has no AppView or the answer is not about this account.
func (c *caller) view(ctx context.Context) profileView {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	resp, err := c.xrpc(ctx, "app.bsky.actor.getProfile", url.Values{"actor": {c.session.DID}})
	if err != nil || resp.Status != http.StatusOK {
		return profileView{}
	}
	var view profileView
	if json.Unmarshal(resp.Body, &view) != nil || view.DID != c.session.DID {
		return profileView{}
	}
	return view
}

func (v profileView) facts() platform.Facts {
	f := platform.Facts{Name: shortName(v.DisplayName), AvatarURL: httpsOnly(v.Avatar), Followers: v.Followers}
	if v.Verification != nil {
		verified := v.Verification.Verified == "valid" || v.Verification.Verifier == "valid"
		f.Verified = &verified
	}
	return f
}

// record reads the profile record itself, which is public and may not exist.
func (c *caller) record(ctx context.Context) platform.Facts {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	query := url.Values{"repo": {c.session.DID}, "collection": {"app.bsky.actor.profile"}, "rkey": {"self"}}
	resp, err := fetch(ctx, c.Env, c.session.PDS+"/xrpc/com.atproto.repo.getRecord?"+query.Encode())
	if err != nil || resp.Status != http.StatusOK {
		return platform.Facts{}
	}
	var record struct {
		Value struct {
			DisplayName string `json:"displayName"`
			Avatar      struct {
				Ref struct {
					Link string `json:"$link"`
				} `json:"ref"`
			} `json:"avatar"`
		} `json:"value"`
	}
	if json.Unmarshal(resp.Body, &record) != nil {
		return platform.Facts{}
	}
	facts := platform.Facts{Name: shortName(record.Value.DisplayName)}
	if cid := record.Value.Avatar.Ref.Link; cid != "" {
		blob := url.Values{"did": {c.session.DID}, "cid": {cid}}
		facts.AvatarURL = httpsOnly(c.session.PDS + "/xrpc/com.atproto.sync.getBlob?" + blob.Encode())
	}
	return facts
}

// shortName drops a name longer than the lexicon allows (640 bytes): a stranger's
// server sent it.
func shortName(name string) string {
	if len(name) > 640 {
		return ""
	}
	return strings.TrimSpace(name)
}

// httpsOnly drops an address that a page should not load.
func httpsOnly(address string) string {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" {
		return ""
	}
	return address
}
