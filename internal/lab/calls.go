package lab

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxCalls bounds the truth log of a Lab that runs for months.
const maxCalls = 1 << 17

// Call is one request to a platform address, as it really happened. It holds no secret.
type Call struct {
	At       time.Time // by the Lab's clock
	Platform string
	Host     string // as called, right or wrong
	Method   string
	Path     string // the platform's own path, without query: "/2/oauth2/token"
	Grant    string // the OAuth grant_type as sent, "" where none was, "other" for one nobody defines
	// Outcome is ok, shown (a consent page), approved, denied, wrong_host, not_found,
	// unreadable, or why it was refused: the platform's error code ("190/463",
	// "invalid_request") or the authorize parameter at fault ("redirect_uri").
	Outcome string
	Fault   FaultKind // the scripted fault that it met; Outcome is "fault" where the platform did nothing
}

// Calls is the truth log, oldest first: one entry for each request to a platform
// address. Past 131,072 entries the oldest are dropped.
func (l *Lab) Calls() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

// record adds a call; the caller holds l.mu.
func (l *Lab) record(platform string, r *http.Request, outcome string, fault FaultKind) {
	host, path := address(platform, r)
	if len(l.calls) >= maxCalls {
		l.calls = slices.Delete(l.calls, 0, maxCalls/4)
	}
	l.calls = append(l.calls, Call{
		At: l.now(), Platform: platform, Host: host, Method: r.Method,
		Path: path, Grant: grantType(r), Outcome: outcome, Fault: fault,
	})
}

// address is the host of a call, right or wrong, and the platform's own path.
func address(platform string, r *http.Request) (host, path string) {
	host, path, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/lab/"+platform+"/"), "/")
	return host, "/" + path
}

// grantType never repeats free text: a client that mixes up its fields would have
// its secret in the log.
func grantType(r *http.Request) string {
	switch got := r.Form.Get("grant_type"); got {
	case "", "authorization_code", "refresh_token", "client_credentials", "fb_exchange_token":
		return got
	}
	return "other"
}
