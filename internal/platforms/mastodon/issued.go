package mastodon

import (
	"context"
	"errors"
	"net/http"

	"patchbay/internal/platform"
)

// application is the Application of GET /api/v1/apps/verify_credentials. Before 4.3 it has
// no id.
type application struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// IssuedTo asks the server for the token's app, and with a token of the app's own for ours:
// the answer has neither client id nor secret, but the number under which the server keeps
// the app. Servers before 4.3 tell only its name, and that only to tokens with the scope
// read: another name is another app, while ours says nothing, for anybody can take it.
// https://docs.joinmastodon.org/methods/apps/#verify_credentials
func (p *Platform) IssuedTo(ctx context.Context, c *platform.Client) (ours, known bool, err error) {
	if c.App.Server == "" {
		return false, false, platform.ErrServerInvalid.Because(errors.New("the app is of no server"))
	}
	theirs, told, err := askForApp(ctx, c)
	if err != nil || !told {
		return false, false, err
	}
	own, err := p.ownToken(ctx, c)
	if err != nil {
		return false, false, err
	}
	mine, told, err := askForApp(ctx, own)
	switch {
	case err != nil || !told:
		return false, false, err
	case mine.ID != "" && theirs.ID != "":
		return mine.ID == theirs.ID, true, nil
	}
	return false, mine.Name != theirs.Name, nil
}

// ownToken is a client with the token of the app itself.
func (p *Platform) ownToken(ctx context.Context, c *platform.Client) (*platform.Client, error) {
	s, err := discover(ctx, c.Env, c.App.Server)
	if err != nil {
		return nil, err
	}
	token, err := appToken(ctx, c.Env, s, c.App)
	if err != nil {
		return nil, err
	}
	return &platform.Client{Env: c.Env, App: c.App, Credentials: platform.Credentials{Access: token}}, nil
}

// askForApp reads the app of the client's token; told is false where the server does not
// say.
func askForApp(ctx context.Context, c *platform.Client) (a application, told bool, err error) {
	resp, err := c.Get(ctx, c.App.Server+"/api/v1/apps/verify_credentials")
	switch {
	case err != nil:
		return a, false, unreachable(err)
	case resp.Status == http.StatusForbidden || resp.Status == http.StatusNotFound: // without read, or no such address
		return a, false, nil
	case resp.Status != http.StatusOK:
		return a, false, refusedAccount(resp, c)
	}
	if err := platform.Decode(resp, &a); err != nil {
		return a, false, err
	}
	return a, a.ID != "" || a.Name != "", nil
}
