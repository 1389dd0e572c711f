package mastodon_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// https://docs.joinmastodon.org/methods/apps/
func TestRegistrationAsItIsSent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		old    bool
		scopes string
	}{
		"4.3 and later": {false, "profile write:statuses write:media"},
		"before 4.3":    {true, "read:accounts write:statuses write:media"},
	} {
		w := newWorld(t)
		if tt.old {
			delete(w.answers, discovery)
		}
		app, err := w.register(t)
		if err != nil || app.Server != w.url || app.ClientID != "id" || app.ClientSecret.Reveal() != "secret-canary" {
			t.Errorf("%s: got %+v, %v", name, app, err)
		}
		calls, forms := w.sent()
		if d := cmp.Diff([]string{discovery, apps, token}, calls); d != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, d)
		}
		want := []url.Values{
			{},
			{"client_name": {"Patchbay"}, "redirect_uris": {redirect}, "scopes": {tt.scopes}, "website": {"https://patchbay.test"}},
			{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"secret-canary"}, "scope": {tt.scopes}},
		}
		if d := cmp.Diff(want, forms); d != "" {
			t.Errorf("%s: forms (-want +got):\n%s", name, d)
		}
	}
}

// hostile is what a server that a stranger named may answer, and what is made of it
// when registering.
func hostile() map[string]struct {
	spoil func(w *world)
	want  string
} {
	const refused, unknown, unavailable = "server_refused", "server_unknown", "platform_unavailable"
	answer := func(call string, status int, body string, headers ...string) func(*world) {
		return func(w *world) { w.answer(call, status, body, headers...) }
	}
	redirected := func(call string) func(*world) {
		return answer(call, http.StatusFound, "", "Location", "/followed")
	}
	metadata := func(key string, value any) func(*world) {
		return func(w *world) { w.metadata(map[string]any{key: value}) }
	}
	huge := `{"pad":"` + strings.Repeat("canary ", 200_000) + `"}`
	return map[string]struct {
		spoil func(w *world)
		want  string
	}{
		"discovery redirects":        {redirected(discovery), unknown},
		"discovery is a page":        {answer(discovery, 200, "<html>canary"), unknown},
		"discovery is a list":        {answer(discovery, 200, `["canary"]`), unknown},
		"discovery is huge":          {answer(discovery, 200, huge), unavailable},
		"discovery is forbidden":     {answer(discovery, 403, "canary"), refused},
		"discovery is broken":        {answer(discovery, 502, "canary"), unavailable},
		"discovery too often":        {answer(discovery, 429, `{}`, "Retry-After", "7"), unavailable},
		"discovery is empty":         {answer(discovery, 200, `{}`), refused},
		"issuer is another":          {metadata("issuer", "https://mastodon.example/"), refused},
		"issuer is longer":           {func(w *world) { w.metadata(map[string]any{"issuer": w.url + ".evil.example"}) }, refused},
		"issuer is a list":           {metadata("issuer", []string{"canary"}), unknown},
		"token elsewhere":            {metadata("token_endpoint", "https://evil.example/oauth/token"), refused},
		"token on a private address": {metadata("token_endpoint", "https://10.0.0.1/oauth/token"), refused},
		"token on a longer host":     {func(w *world) { w.metadata(map[string]any{"token_endpoint": w.url + ".evil.example/token"}) }, refused},
		"token behind a user name":   {func(w *world) { w.metadata(map[string]any{"token_endpoint": w.url + "@evil.example/token"}) }, refused},
		"token on another port":      {func(w *world) { w.metadata(map[string]any{"token_endpoint": w.url + "1/token"}) }, refused},
		"token with a query":         {func(w *world) { w.metadata(map[string]any{"token_endpoint": w.url + "/token?a=b"}) }, refused},
		"token with control bytes":   {func(w *world) { w.metadata(map[string]any{"token_endpoint": w.url + "/to\nken"}) }, refused},
		"no token endpoint":          {metadata("token_endpoint", ""), refused},
		"authorize is a script":      {metadata("authorization_endpoint", "javascript:alert(1)"), refused},
		"authorize elsewhere":        {metadata("authorization_endpoint", "https://evil.example/oauth/authorize"), refused},
		"registration is refused":    {answer(apps, 422, `{"error":"Validation failed: canary"}`), refused},
		"registration is forbidden":  {answer(apps, 403, "Forbidden canary"), refused},
		"registration is not there":  {answer(apps, 404, "canary"), unknown},
		"registration not allowed":   {answer(apps, 405, "canary"), unknown},
		"registration redirects":     {redirected(apps), unknown},
		"registration is a page":     {answer(apps, 200, "<html>canary"), unknown},
		"registration is huge":       {answer(apps, 200, huge), unavailable},
		"registration is broken":     {answer(apps, 500, "canary"), unavailable},
		"registration hangs up": {func(w *world) {
			w.answers[apps] = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, unavailable},
		"registration without secret":  {answer(apps, 200, `{"client_id":"canary"}`), unknown},
		"registration with numbers":    {answer(apps, 200, `{"client_id":42,"client_secret":42}`), unknown},
		"client id with a line break":  {answer(apps, 200, `{"client_id":"a\ncanary","client_secret":"b"}`), unknown},
		"client id too long":           {answer(apps, 200, `{"client_id":"`+strings.Repeat("a", 513)+`","client_secret":"b"}`), unknown},
		"app forgotten at once":        {answer(token, 401, `{"error":"invalid_client","error_description":"canary"}`), refused},
		"app token refused":            {answer(token, 400, `{"error":"unsupported_grant_type"}`), "platform_rejected"},
		"app token is a page":          {answer(token, 200, "<html>canary"), unavailable},
		"app token redirects":          {redirected(token), unavailable},
		"app token of an unknown kind": {answer(token, 200, `{"access_token":"canary","token_type":"mac"}`), "token_kind"},
	}
}

func TestRegisteringAtAHostileServer(t *testing.T) {
	t.Parallel()
	for name, tt := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tt.spoil(w)
			app, err := w.register(t)
			if got := fault.ReasonOf(err); got != tt.want {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
			if app != (platform.App{}) {
				t.Errorf("got the app %+v with an error", app)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the answer is repeated: %v", err)
			}
			if calls, _ := w.sent(); slices.Contains(calls, "GET /followed") {
				t.Errorf("a redirect was followed: %q", calls)
			}
		})
	}
}

// A public name may resolve to a private address: the guard sees it when it dials, and
// no later try would change that.
func TestGuardRefusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, server := range []string{"https://127.0.0.1", "https://10.0.0.1", "https://169.254.169.254", "https://[::1]", "https://[fd00::1]", "https://127.0.0.1:8443", "https://100.64.0.1", "https://[64:ff9b::7f00:1]"} {
		_, err := w.platform.Register(t.Context(), w.env, platform.Registration{Server: server, RedirectURI: redirect})
		if got, want := fault.ReasonOf(err), "server_refused"; got != want {
			t.Errorf("%s: got %q (%v), want %q", server, got, err, want)
		}
	}
	_, err := w.platform.Register(t.Context(), w.env, platform.Registration{Server: "http://mastodon.example", RedirectURI: redirect})
	if got, want := fault.ReasonOf(err), "platform_unavailable"; got != want {
		t.Errorf("http: got %q (%v), want %q", got, err, want)
	}
}

// A name with an empty label exists nowhere, and no resolver has to be asked.
func TestANameThatDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.platform.Register(t.Context(), w.env, platform.Registration{Server: "https://no-such..server.example", RedirectURI: redirect})
	if got, want := fault.ReasonOf(err), "server_unknown"; got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestRateLimitsSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		headers []string
		want    time.Duration
	}{
		"seconds":     {[]string{"Retry-After", "7"}, 7 * time.Second},
		"reset":       {[]string{"X-RateLimit-Reset", "2026-11-01T12:05:00.000000Z"}, 5 * time.Minute},
		"reset past":  {[]string{"X-RateLimit-Reset", "2026-11-01T11:00:00Z"}, 0},
		"far too far": {[]string{"X-RateLimit-Reset", "2036-11-01T12:00:00Z"}, time.Hour},
		"nonsense":    {[]string{"X-RateLimit-Reset", "canary", "Retry-After", "-1"}, 0},
		"nothing":     {nil, 0},
	} {
		w := newWorld(t)
		w.answer(apps, 429, `{"error":"Too many requests"}`, tt.headers...)
		_, err := w.register(t)
		if got := fault.From(err); got.Reason != "platform_unavailable" || got.RetryAfter != tt.want {
			t.Errorf("%s: got %q after %v, want %v", name, got.Reason, got.RetryAfter, tt.want)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"still known":                       {200, `{"access_token":"token-canary","token_type":"Bearer"}`, ""},
		"forgotten":                         {401, `{"error":"invalid_client"}`, "client_unknown"},
		"registered for the scopes of 4.2":  {400, `{"error":"invalid_scope"}`, "client_unknown"},
		"in trouble":                        {503, `{"error":"invalid_client"}`, "platform_unavailable"},
		"too often":                         {429, `{"error":"invalid_client"}`, "platform_unavailable"},
		"a page":                            {200, `<html>`, "platform_unavailable"},
		"a 401 of something in between":     {401, `<html>`, "platform_unavailable"},
		"a 401 in no words that are known":  {401, `{"error":"canary"}`, "platform_rejected"},
		"this way of asking is not offered": {400, `{"error":"unsupported_grant_type"}`, "platform_rejected"},
	} {
		w := newWorld(t)
		w.answer(token, tt.status, tt.body)
		err := w.platform.Known(t.Context(), w.env, w.app())
		if got := fault.ReasonOf(err); got != tt.want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, tt.want)
		}
		if (tt.want == "client_unknown") != errors.Is(err, platform.ErrClientUnknown) {
			t.Errorf("%s: %v cannot be told by errors.Is", name, err)
		}
	}
	w := newWorld(t)
	w.answer(discovery, 502, "")
	if err := w.platform.Known(t.Context(), w.env, w.app()); fault.ReasonOf(err) != "platform_unavailable" {
		t.Errorf("discovery broken: got %v", err)
	}
}
