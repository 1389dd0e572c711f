package mastodon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// account is the CredentialAccount of GET /api/v1/accounts/verify_credentials.
type account struct {
	ID        string `json:"id"`
	Acct      string `json:"acct"`
	Name      string `json:"display_name"`
	URL       string `json:"url"`
	Avatar    string `json:"avatar"`
	Followers *int64 `json:"followers_count"`
}

// Targets is the one account whose consent it is. Its id is unique on its server
// only, so the server's name is part of it: "mastodon.social/109".
func (p *Platform) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	_, host, ok := strings.Cut(c.App.Server, "://")
	if !ok {
		return platform.Identity{}, nil, platform.ErrServerInvalid.Because(errors.New("the app is of no server"))
	}
	resp, err := c.Get(ctx, c.App.Server+"/api/v1/accounts/verify_credentials")
	if err != nil {
		return platform.Identity{}, nil, err
	}
	if resp.Status != http.StatusOK {
		return platform.Identity{}, nil, refusedAccount(resp, c)
	}
	var a account
	if err := platform.Decode(resp, &a); err != nil {
		return platform.Identity{}, nil, err
	}
	if len(a.ID) > 128 || !plain(a.ID) {
		return platform.Identity{}, nil, platform.ErrUnavailable.Because(errors.New("account without a usable id"))
	}
	facts := a.facts(c.App.Server, host)
	id := platform.Identity{Subject: host + "/" + a.ID, Facts: facts}
	return id, []platform.Target{{Kind: "profile", Role: platform.RoleAccount, ExternalID: id.Subject, Facts: facts}}, nil
}

// username is wider than Mastodon's own rule, for its relatives.
var username = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// facts takes from a stranger's server what can do no harm.
func (a account) facts(origin, host string) platform.Facts {
	f := platform.Facts{AvatarURL: webAddress(a.Avatar), URL: a.URL}
	name, _, _ := strings.Cut(a.Acct, "@") // an account of this server comes without its name
	if username.MatchString(name) {
		f.Username = name + "@" + host
	} else {
		name = ""
	}
	if !strings.HasPrefix(a.URL, origin+"/") || webAddress(a.URL) == "" {
		f.URL = origin + "/@" + name
	}
	if len(a.Name) <= 1024 {
		f.Name = strings.TrimSpace(a.Name)
	}
	f.Name = cmp.Or(f.Name, f.Username, host)
	if a.Followers != nil && *a.Followers >= 0 { // some hide them behind -1
		f.Followers = a.Followers
	}
	return f
}

// webAddress drops what a page should not load.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(address) > 2048 {
		return ""
	}
	return address
}

// refusedAccount classes an error answer of the API, {"error": a sentence}. A refusal
// without one, and without a challenge, is not Mastodon's but of something before it: a
// firewall says no to us, and nothing about the person.
func refusedAccount(resp *httpx.Response, c *platform.Client) error {
	var said struct{ Error string }
	_ = json.Unmarshal(resp.Body, &said) // what is not of this shape says nothing
	own := said.Error != "" || strings.Contains(resp.Header.Get("WWW-Authenticate"), `error="`)
	if !own && resp.Status < 500 && resp.Status != http.StatusTooManyRequests {
		return platform.ErrUnavailable.Because(fmt.Errorf("reading the account: status %d, and not from Mastodon", resp.Status))
	}
	if resp.Status == http.StatusUnprocessableEntity { // an app's own token is no person's
		return platform.ErrTokenKind.Because(errors.New("reading the account: status 422"))
	}
	if no := platform.ReadRefusal(callRules(), resp, c.Now()); no != nil {
		return fmt.Errorf("reading the account: %w", no)
	}
	return platform.ErrUnavailable.Because(fmt.Errorf("reading the account: status %d", resp.Status))
}
