package custom

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"patchbay/internal/platform"
)

// CheckApp presents a refresh token that nobody ever had: a server that knows the app
// says invalid_grant, one that does not invalid_client (RFC 6749 §5.2).
func (p *Platform) CheckApp(ctx context.Context, env platform.Env, app platform.App) (time.Time, error) {
	e, err := p.endpoints(ctx, env)
	if err != nil { // whatever is wrong with the metadata, it tells nothing about the app
		return time.Time{}, platform.ErrUnavailable.Because(err)
	}
	if p.spec.Refresh == platform.RefreshNone || p.spec.Refresh == platform.RefreshRenewing {
		return time.Time{}, platform.ErrUnavailable.Because(errors.New("it tells only when a person consents"))
	}
	key, err := p.newKey()
	if err != nil {
		return time.Time{}, err
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {rand.Text()}}
	resp, err := p.post(ctx, env, app, e.Token, form, key)
	if err != nil {
		return time.Time{}, err
	}
	at, _ := http.ParseTime(resp.Header.Get("Date"))
	switch words := platform.Words(resp.Body); {
	case slices.Contains(words, "invalid_grant"):
		return at, nil
	case slices.Contains(words, "invalid_client"):
		return at, platform.ErrRejected.Because(errors.New("invalid_client"))
	}
	return at, platform.ErrUnavailable.Because(fmt.Errorf("status %d with no word that tells", resp.Status))
}
