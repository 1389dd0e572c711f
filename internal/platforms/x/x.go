// Package x connects X accounts by OAuth 2.0 with PKCE. It owns what X does in its own
// way: the words of its token endpoint, and answers with data and errors at once; the
// form in spec.go holds the rest. OAuth 1.0a is not offered.
package x

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

//go:embed icon.svg
var icon string

//go:embed setup.md
var setup string

type x struct{}

var (
	_ platform.Platform  = x{}
	_ platform.Exchanger = x{}
	_ platform.Guide     = x{}
)

// New is the platform.
func New() platform.Platform { return x{} }

func (x) Spec() platform.Spec { return spec() }
func (x) Icon() string        { return icon }
func (x) Setup() string       { return setup }

// codeRefused is how X says that a code is used or older than 30 seconds: an
// invalid_request, where RFC 6749 §5.2 has invalid_grant. The same word with another
// description is about our request. https://github.com/plhery/node-twitter-api-v2/issues/496
const codeRefused = "Value passed for the authorization code was invalid."

// Exchange is the exchange of RFC 6749 with X's word for a dead code.
func (x) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	resp, err := platform.PostCode(ctx, env, spec(), req)
	if err != nil {
		return platform.Token{}, err
	}
	var refusal struct {
		Error       string
		Description string `json:"error_description"`
	}
	if resp.Status == http.StatusBadRequest && json.Unmarshal(resp.Body, &refusal) == nil &&
		refusal.Error == "invalid_request" && refusal.Description == codeRefused {
		return platform.Token{}, platform.ErrCodeExpired.Because(errors.New("status 400, invalid_request about the code"))
	}
	return platform.ReadToken(spec(), resp, env.Now())
}

// user is the data of GET /2/users/me.
type user struct {
	ID       string
	Name     string
	Username string
	Image    string `json:"profile_image_url"`
	Verified *bool
	Metrics  *struct {
		Followers *int64 `json:"followers_count"`
	} `json:"public_metrics"`
}

// Targets is the one account whose consent it is. X charges for each such read, so it
// is made when an account is connected, and as a probe only when somebody asks for one.
func (x) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	resp, err := c.Get(ctx, apiOrigin+"/2/users/me?user.fields="+url.QueryEscape("id,name,username,profile_image_url,public_metrics,verified"))
	if err != nil {
		return platform.Identity{}, nil, err
	}
	if resp.Status != http.StatusOK {
		return platform.Identity{}, nil, refused(resp, c.Now())
	}
	var body struct{ Data *user }
	if err := platform.Decode(resp, &body); err != nil {
		return platform.Identity{}, nil, err
	}
	// A 200 may carry errors beside the data, about single fields: the data counts.
	if body.Data == nil || body.Data.ID == "" {
		return platform.Identity{}, nil, refused(resp, c.Now())
	}
	facts := body.Data.facts()
	id := platform.Identity{Subject: body.Data.ID, Facts: facts}
	return id, []platform.Target{{Kind: "profile", Role: platform.RoleAccount, ExternalID: id.Subject, Facts: facts}}, nil
}

func (u user) facts() platform.Facts {
	f := platform.Facts{Name: u.Name, Username: u.Username, AvatarURL: u.Image, Verified: u.Verified}
	if u.Username != "" {
		f.URL = "https://x.com/" + url.PathEscape(u.Username)
	}
	if u.Metrics != nil {
		f.Followers = u.Metrics.Followers
	}
	return f
}

// refused classes an answer of the API proper: {"title","type","status","detail"}, the
// same inside "errors", or no account where there should be one.
func refused(resp *httpx.Response, now time.Time) error {
	if no := platform.ReadRefusal(spec().CallRules, resp, now); no != nil {
		return no
	}
	return platform.ErrUnavailable.Because(fmt.Errorf("reading the account: status %d, and no account", resp.Status))
}
