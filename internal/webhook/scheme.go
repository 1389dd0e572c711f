package webhook

import (
	"net/http"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// SchemeStandard is Standard Webhooks 1.0.0.
const SchemeStandard = "standard"

// Notice is an event with what its scheme may want to tell of it.
type Notice struct {
	ID      string // the message id
	Event   connect.Event
	Channel *connect.Channel // as it stands at the first encoding; nil: none, gone, or another owner's by now
	Owner   *connect.Owner
}

// Signing is what a message is signed with, anew for each attempt.
type Signing struct {
	ID      string
	Type    string // in the scheme's words, as Encode told
	Body    []byte
	At      time.Time
	Secrets []vault.Secret // as shown to the application ("whsec_…"), newest first; two while they overlap
}

// Reply is what a receiver answered.
type Reply struct {
	Status     int           // 0: no answer in time
	RetryAfter time.Duration // zero: it did not say
}

// Verdict is what a reply means.
type Verdict string

const (
	VerdictDelivered Verdict = "delivered"
	VerdictRetry     Verdict = "retry"
	VerdictDisable   Verdict = "disable" // the endpoint wants nothing more
)

// Patience is how long a scheme bears an endpoint that does nothing but fail: until all
// that is set here has come true. The zero value bears it for ever. Time in which nothing
// is sent does not count: after more of it than lies between two attempts it begins anew.
type Patience struct {
	For      time.Duration // since Endpoint.FailingSince
	Failures int           // attempts in a row
}

// over tells whether an endpoint that has just failed is borne no longer.
func (p Patience) over(e Endpoint, now time.Time) bool {
	return p != Patience{} && now.Sub(e.FailingSince) >= p.For && e.Failures >= p.Failures
}

// Scheme is how messages to an endpoint are written, signed, judged and repeated. The
// standard one is this package's, others are dialects'; app registers them by name. One
// that has MostActive() int bears so many active endpoints of a workspace; other endpoints
// do not count.
type Scheme interface {
	Name() string
	// Hears translates a type that an endpoint may name ("account.connected", "channel.*")
	// into the event types behind it ("channel.connected", "channel.*"); "" asks for what
	// hears everything. ok is false for a word that the scheme does not know.
	Hears(word string) (types []string, ok bool)
	// Encode writes the body; kind is the type in the scheme's words. ok is false where
	// there is nothing to tell of this event.
	Encode(n Notice) (body []byte, kind string, ok bool, err error)
	// Sign makes the headers of one attempt, Content-Type and User-Agent included.
	Sign(s Signing) http.Header
	Accept(r Reply) Verdict
	// Schedule is the waits before the second attempt, the third and so on. They are
	// given a jitter of up to a fifth either way.
	Schedule() []time.Duration
	Patience() Patience
	// LongestRetryAfter bounds what a receiver may ask for.
	LongestRetryAfter() time.Duration
}
