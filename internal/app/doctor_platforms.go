package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/custom"
)

func names(seen clocks) []string { return slices.Sorted(maps.Keys(seen)) }

// platforms examines each platform's app, all at once, and gathers their clocks.
func (d Doctor) platforms(ctx context.Context) ([]Check, clocks) {
	list, cfg, err := platformList(d.Config)
	if err != nil {
		var checks []Check
		for _, p := range config.Problems(err) {
			checks = append(checks, Check{"platforms", CheckProblem, p.Error(), "correct the setting"})
		}
		return checks, clocks{}
	}
	d.Config = cfg // with the apps of the operator's own platforms
	checks, seen := make([]Check, len(list)), clocks{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, p := range list {
		wg.Go(func() {
			check, at := d.platform(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			checks[i] = check
			if !at.IsZero() {
				seen[p.Spec().Name] = time.Until(at)
			}
		})
	}
	wg.Wait()
	return checks, seen
}

func (d Doctor) platform(ctx context.Context, p platform.Platform) (Check, time.Time) {
	spec := p.Spec()
	name := "platform " + spec.ID
	callback := "callback to register: " + d.Config.PublicURL + "/oauth/callback/" + spec.ID
	if d.Config.PublicURL == "" {
		callback = "the callback to register follows from PATCHBAY_PUBLIC_URL"
	}
	own, configured := d.Config.Apps[spec.ID]
	_, registers := p.(platform.Registrar)
	checker, tells := p.(platform.Checker)
	switch {
	case registers:
		return fine(name, "registers itself at each person's server; nothing to configure"), time.Time{}
	case spec.ClientAuth == platform.AuthJWT && config.OnLoopback(d.Config.PublicURL):
		return fine(name, "needs no app; with a public URL on loopback it is a client for development only"), time.Time{}
	case spec.ClientAuth == platform.AuthJWT:
		return fine(name, "needs no app"), time.Time{}
	case !configured:
		prefix := config.Prefix + strings.ToUpper(spec.ID)
		return fine(name, "not offered, %s_CLIENT_ID is not set; %s", prefix, callback), time.Time{}
	case !tells:
		return fine(name, "configured, not proven: %s tells only when a person consents; %s", spec.Name, callback), time.Time{}
	}
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	at, err := checker.CheckApp(ctx, d.env(), platform.App{ClientID: own.ClientID, ClientSecret: own.ClientSecret})
	check := appCheck(spec, name, callback, err)
	if _, described := p.(*custom.Platform); described && check.Status == CheckProblem {
		check.Next = "compare client_id, the secret and client_auth in its file with the app's settings there"
	}
	return check, at
}

func appCheck(spec platform.Spec, name, callback string, err error) Check {
	switch {
	case err == nil:
		return fine(name, "%s knows the app; %s", spec.Name, callback)
	case errors.Is(err, fault.PlatformRejected):
		prefix := config.Prefix + strings.ToUpper(spec.ID)
		return Check{
			name, CheckProblem, fmt.Sprintf("%s does not accept the app's id and secret", spec.Name),
			fmt.Sprintf("compare %s_CLIENT_ID and %s_CLIENT_SECRET with the app's settings there", prefix, prefix),
		}
	}
	return Check{
		name, CheckWarning, fmt.Sprintf("configured, not proven: %s did not answer properly (%s)", spec.Name, err),
		"try again; if it stays, see whether this machine may reach " + spec.TokenURL,
	}
}
