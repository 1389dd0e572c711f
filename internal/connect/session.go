package connect

import (
	"slices"
	"time"
)

// SessionStatus is the life of a connect link.
type SessionStatus string

const (
	SessionPending   SessionStatus = "pending"
	SessionSucceeded SessionStatus = "succeeded" // final
	SessionFailed    SessionStatus = "failed"    // tells of the last attempt; a new one may still succeed unless Ended
	SessionCanceled  SessionStatus = "canceled"  // final
	SessionExpired   SessionStatus = "expired"   // final
)

// InitiatorCheck says how we know that who finished is who started.
type InitiatorCheck string

const (
	// CheckSameBrowser holds every attempt to the browser that began it.
	CheckSameBrowser InitiatorCheck = "same_browser"
	// CheckConfirm waits for the application: its backend confirms with the code that
	// came to its redirect URL, and nothing is connected before. For applications on
	// phones, where a platform's own app comes back in another browser.
	CheckConfirm InitiatorCheck = "confirm"
	// CheckNone lets anybody finish who holds the platform's answer.
	CheckNone InitiatorCheck = "none"
)

// Selection says how many targets one consent may turn into channels.
type Selection string

const (
	SelectPlatform Selection = "platform" // as the platform's Spec.Pick says
	SelectOne      Selection = "one"
	// SelectAll asks nobody: everything that can be chosen becomes a channel.
	SelectAll Selection = "all"
)

// Display is how a session is shown to its person.
type Display string

const (
	// DisplayHosted leads to our pages: the link of a hosted session.
	DisplayHosted Display = "hosted"
	// DisplayDirect leads straight to the one platform. Its only attempt begins with the
	// session and ends it, and its link token is the OAuth state too: whoever has the link
	// may poll, and nobody can begin again with it.
	DisplayDirect Display = "direct"
)

// Origins of sessions.
const (
	OriginNative          = "native"
	OriginMarketingBlocks = "marketingblocks"
	OriginSmartlyQ        = "smartlyq"
)

// Session is the life of one connect link.
type Session struct {
	ID             int64
	WorkspaceID    int64
	OwnerID        int64
	Origin         string // OriginNative, or the dialect that made it
	Status         SessionStatus
	TokenHash      []byte   // SHA-256 of the link token
	Platforms      []string // offered; empty: all there are
	Display        Display
	Selection      Selection
	InitiatorCheck InitiatorCheck
	ReconnectID    int64  // the channel that it is pinned to: another account is refused; 0: none
	RedirectURL    string // where the person returns; empty: a page says "you can close this window"
	Platform       string // of the last attempt; empty before the first
	Reason         string // of the last failure; empty otherwise
	Message        string // English, safe to show
	ChannelIDs     []int64
	CreatedAt      time.Time
	UpdatedAt      time.Time
	ExpiresAt      time.Time // ends new attempts; one begun before has AttemptGrace more
	ConfirmHash    []byte    // SHA-256 of the code to confirm with; nil: none is waited for
	ConfirmBy      time.Time // until when; zero: nothing is waited for
	EndedAt        time.Time // set when nothing can change any more; zero before
}

// AttemptGrace is how much longer than its session an attempt that has begun may take.
const AttemptGrace = 10 * time.Minute

// Final tells whether nothing can change any more.
func (s Session) Final() bool { return !s.EndedAt.IsZero() }

// AttemptState is how far one trip to a platform came.
type AttemptState string

const (
	AttemptAway        AttemptState = "away"        // the person is at the platform
	AttemptExchanging  AttemptState = "exchanging"  // the state is consumed, the code is being exchanged
	AttemptVerifying   AttemptState = "verifying"   // credentials are stored; identity and targets are being asked: resumable
	AttemptChoosing    AttemptState = "choosing"    // the person chooses among targets
	AttemptWarned      AttemptState = "warned"      // the consent would drop pages that channels use: the person decides
	AttemptConfirming  AttemptState = "confirming"  // the application must confirm: nothing is connected yet
	AttemptSucceeded   AttemptState = "succeeded"   // final, as are those below
	AttemptDenied      AttemptState = "denied"      // the person said no
	AttemptFailed      AttemptState = "failed"      // see Reason
	AttemptInterrupted AttemptState = "interrupted" // we died while the code was out: a new attempt is safe
	AttemptSuperseded  AttemptState = "superseded"  // the session ended, or another attempt finished first
	AttemptExpired     AttemptState = "expired"     // nobody came back in time
)

// Final tells whether the attempt can no longer move.
func (s AttemptState) Final() bool {
	switch s {
	case AttemptAway, AttemptExchanging, AttemptVerifying, AttemptChoosing, AttemptWarned, AttemptConfirming:
		return false
	default:
		return true
	}
}

// SealsAnew tells whether an attempt that comes to this state has other secrets than
// before. In all other states what is stored stays: an attempt is carried through calls
// to the platform, and its secrets may be under another key by the time it is written.
func (s AttemptState) SealsAnew() bool { return s.Final() || s == AttemptConfirming }

// Attempt is one trip to a platform inside a session.
type Attempt struct {
	ID          int64
	WorkspaceID int64
	SessionID   int64
	Platform    string
	AppID       int64
	State       AttemptState
	StateHash   []byte  // SHA-256 of the OAuth state
	BrowserHash []byte  // SHA-256 of the browser cookie: of who began, and with other checks than CheckSameBrowser of who came back
	RedirectURI string  // byte for byte as sent
	Issuer      string  // what iss must equal; empty: none is sent
	Sealed      []byte  // link token, PKCE verifier and the platform's private data
	GrantID     int64   // 0 before credentials are stored
	ChosenIDs   []int64 // targets to connect once the application confirms
	Reason      string
	Message     string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ExpiresAt   time.Time
	LeaseUntil  time.Time // real time: who exchanges or verifies has died when it is over; zero: nobody does

	subject string  // whose consent it brought, once that is known; not stored
	from    string  // the address of the person whose request this is; not stored
	by      *Caller // who acts for the person; nil: the person themselves; not stored
}

// Step is one line of an attempt's timeline. It holds no secret.
type Step struct {
	AttemptID int64
	Number    int // from 1
	Name      string
	Detail    string // a reason slug or a count; may be empty
	At        time.Time
}

// offers tells whether the session may be used for the platform.
func (s Session) offers(platformID string) bool {
	return len(s.Platforms) == 0 || slices.Contains(s.Platforms, platformID)
}
