package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxRedeems bounds the log of redeems.
const maxRedeems = 1 << 20

// RedeemKind is what was redeemed for an access token.
type RedeemKind string

// A code, a refresh token, or an access token that is exchanged for another (Meta).
const (
	RedeemCode     RedeemKind = "code"
	RedeemRefresh  RedeemKind = "refresh"
	RedeemExchange RedeemKind = "exchange"
)

// RedeemOutcome is what became of it.
type RedeemOutcome string

// A spent token that came again is reuse whatever became of its family meanwhile.
const (
	RedeemOK      RedeemOutcome = "ok"
	RedeemReuse   RedeemOutcome = "reuse"   // good for one use, and used before
	RedeemGrace   RedeemOutcome = "grace"   // used a moment ago: the same answer again
	RedeemExpired RedeemOutcome = "expired" //
	RedeemRevoked RedeemOutcome = "revoked" // its consent was ended, or its family killed
	RedeemUnknown RedeemOutcome = "unknown" // never issued here, or longer ago than is remembered
	RedeemRefused RedeemOutcome = "refused" // alive, but another client's, redirect URI's or verifier's
)

// Redeem is one code, refresh token or exchanged token that reached a platform, as it
// really happened and whatever became of the answer.
type Redeem struct {
	Seq      int64         `json:"seq"` // from 1
	At       time.Time     `json:"at"`  // by the Lab's clock
	RealAt   time.Time     `json:"real_at"`
	Platform string        `json:"platform"`
	Host     string        `json:"host"`
	ClientID string        `json:"client_id"`
	Family   string        `json:"family"` // the consent that the token belongs to; "" where it is unknown
	Kind     RedeemKind    `json:"kind"`
	Token    string        `json:"token"` // first 16 hex digits of the SHA-256 of what was presented
	Outcome  RedeemOutcome `json:"outcome"`
	Fault    FaultKind     `json:"fault"` // the scripted fault that its answer met
}

// keptRedeem is a Redeem in little room: a million of them are kept.
type keptRedeem struct {
	at, realAt               int64 // Unix microseconds
	family                   int64
	token                    [8]byte
	platform, host, clientID string
	kind                     RedeemKind
	outcome                  RedeemOutcome
	fault                    FaultKind
}

// Redeems is the log of redeems, oldest first. Past 1,048,576 entries the oldest are dropped.
func (l *Lab) Redeems() []Redeem {
	list, first := l.redeemsAfter(0)
	return tellRedeems(list, first)
}

// redeemed notes what an endpoint was asked to redeem; g is nil where there is no such
// consent. The caller holds l.mu.
func (l *Lab) redeemed(kind RedeemKind, clientID, value string, g *grant, outcome RedeemOutcome) {
	if len(l.redeems) >= maxRedeems {
		l.redeems = slices.Delete(l.redeems, 0, maxRedeems/4)
		l.redeemsGone += maxRedeems / 4
	}
	sum := sha256.Sum256([]byte(value))
	k := keptRedeem{
		at: l.now().UnixMicro(), realAt: time.Now().UnixMicro(), token: [8]byte(sum[:8]),
		platform: l.call.platform, host: l.call.host, clientID: clientID, kind: kind, outcome: outcome, fault: l.call.fault,
	}
	if g != nil {
		k.family = g.id
	}
	l.redeems = append(l.redeems, k)
}

// redeemsAfter is what is kept of those after seq, and the number of the first.
func (l *Lab) redeemsAfter(seq int64) ([]keptRedeem, int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	skip := min(max(seq-l.redeemsGone, 0), int64(len(l.redeems)))
	return slices.Clone(l.redeems[skip:]), l.redeemsGone + skip + 1
}

func tellRedeems(list []keptRedeem, first int64) []Redeem {
	out := make([]Redeem, len(list))
	for i, k := range list {
		out[i] = Redeem{
			Seq: first + int64(i), At: time.UnixMicro(k.at).UTC(), RealAt: time.UnixMicro(k.realAt).UTC(),
			Platform: k.platform, Host: k.host, ClientID: k.clientID, Kind: k.kind, Token: hex.EncodeToString(k.token[:]), Outcome: k.outcome, Fault: k.fault,
		}
		if k.family != 0 {
			out[i].Family = strconv.FormatInt(k.family, 10)
		}
	}
	return out
}

// getRedeems is GET /lab/redeems?after=SEQ&limit=N.
func (l *Lab) getRedeems(r *http.Request) (any, error) {
	after, limit, err := logWindow(r)
	if err != nil {
		return nil, err
	}
	list, first := l.redeemsAfter(after)
	return map[string][]Redeem{"redeems": tellRedeems(list[:min(limit, int64(len(list)))], first)}, nil
}

// logWindow reads which part of a log is asked for: that after a number, and how much of it.
func logWindow(r *http.Request) (after, limit int64, err error) {
	limit = maxRedeems
	for name, target := range map[string]*int64{"after": &after, "limit": &limit} {
		raw := r.URL.Query().Get(name)
		if raw == "" {
			continue
		}
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil || n < 0 {
			return 0, 0, errors.New(name + " is a number")
		}
		*target = n
	}
	return after, limit, nil
}
