package lab

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxRevocations bounds the log of revocations.
const maxRevocations = 1 << 17

// RevokeReach is what a revocation ends.
type RevokeReach string

const (
	RevokeToken      RevokeReach = "token"      // the one token
	RevokeConsent    RevokeReach = "consent"    // every token of that consent
	RevokeUserApp    RevokeReach = "user_app"   // everything of that person with that client
	RevokePermission RevokeReach = "permission" // one permission of theirs
)

// RevokeOutcome is what became of a revocation.
type RevokeOutcome string

const (
	RevokeOK      RevokeOutcome = "ok"      // it was alive, and is no more
	RevokeOver    RevokeOutcome = "over"    // it had ended before
	RevokeUnknown RevokeOutcome = "unknown" // never issued here, or longer ago than is remembered
	RevokeRefused RevokeOutcome = "refused" // alive, but another client's; at Facebook also with a token that has expired
)

// Revocation is one that a known client asked for, as it really happened and whatever
// became of the answer.
type Revocation struct {
	Seq      int64         `json:"seq"` // from 1
	At       time.Time     `json:"at"`  // by the Lab's clock
	RealAt   time.Time     `json:"real_at"`
	Platform string        `json:"platform"`
	Host     string        `json:"host"`
	ClientID string        `json:"client_id"` // of the client that asked
	Persona  string        `json:"persona"`   // whose consent; "" where it is unknown
	Family   string        `json:"family"`    // the consent; "" where it is unknown
	Reach    RevokeReach   `json:"reach"`
	Outcome  RevokeOutcome `json:"outcome"`
	Fault    FaultKind     `json:"fault"` // the scripted fault that its answer met
}

// Revocations is the log of revocations, oldest first. Past 131,072 entries the oldest are
// dropped.
func (l *Lab) Revocations() []Revocation {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.revocations)
}

// noteRevocation logs what a client asked to end; g is nil where there is no such consent.
// The caller holds l.mu.
func (l *Lab) noteRevocation(clientID string, g *grant, reach RevokeReach, outcome RevokeOutcome) {
	if len(l.revocations) >= maxRevocations {
		l.revocations = slices.Delete(l.revocations, 0, maxRevocations/4)
	}
	l.lastRevocation++
	r := Revocation{
		Seq: l.lastRevocation, At: l.now().UTC(), RealAt: time.Now().UTC(), Platform: l.call.platform, Host: l.call.host,
		ClientID: clientID, Reach: reach, Outcome: outcome, Fault: l.call.fault,
	}
	if g != nil {
		r.Persona, r.Family = g.persona.Key, strconv.FormatInt(g.id, 10)
	}
	l.revocations = append(l.revocations, r)
}

// endToken ends a token for the client that asks, as most servers do: an access token ends
// alone, a refresh token with all of its consent. t is nil where there is none. It tells
// whether the client may: another one's token is not touched (RFC 7009 section 2.1). The
// caller holds l.mu.
func (l *Lab) endToken(clientID string, t *token) (allowed bool) {
	if t == nil {
		l.noteRevocation(clientID, nil, RevokeToken, RevokeUnknown)
		return true
	}
	reach := RevokeToken
	if t.kind == refreshToken {
		reach = RevokeConsent
	}
	switch {
	case t.grant.clientID != clientID:
		l.noteRevocation(clientID, t.grant, reach, RevokeRefused)
		return false
	case t.revoked || t.grant.ended != "" || t.expired(l.now()):
		l.noteRevocation(clientID, t.grant, reach, RevokeOver)
		return true
	}
	l.noteRevocation(clientID, t.grant, reach, RevokeOK)
	l.revoke(t)
	if reach == RevokeConsent {
		l.end(t.grant, endRemoved)
	}
	return true
}

// getRevocations is GET /lab/revocations?after=SEQ&limit=N.
func (l *Lab) getRevocations(r *http.Request) (any, error) {
	after, limit, err := logWindow(r)
	if err != nil {
		return nil, err
	}
	list := []Revocation{}
	for _, v := range l.Revocations() {
		if v.Seq > after && int64(len(list)) < limit {
			list = append(list, v)
		}
	}
	return map[string][]Revocation{"revocations": list}, nil
}
