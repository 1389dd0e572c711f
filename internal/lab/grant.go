package lab

import (
	"container/heap"
	"slices"
	"time"
)

// grant is one person's consent to one client. Facebook keeps one for each person
// and client, the others make one each time: its tokens are the family that dies together.
type grant struct {
	id                int64
	platform          string
	clientID          string
	persona           persona
	granted, declined []string
	targets           []string // ids of the pages that stayed ticked
	since             time.Time
	ended             endReason
	last              *rotation         // the latest, at a server with grace
	refs              int               // codes and tokens that still lead here
	access            []*token          // access tokens, oldest first
	others            []*token          // refresh and page tokens
	pages             map[string]*token // Facebook: the pages' tokens without an end, by page
}

// endReason is why a consent is over; "" while it is not.
type endReason string

const (
	endRemoved    endReason = "removed"          // by the person, or by the client for them
	endPassword   endReason = "password_changed" //
	endCheckpoint endReason = "checkpoint"       // the platform wants the person to sign in there first
	endLoggedOut  endReason = "logged_out"       //
	endReuse      endReason = "reuse"            // a spent refresh token came again
	endForgotten  endReason = "forgotten"        // the server lost it
)

// rotation is the latest use of a refresh token, for servers that answer it again.
type rotation struct {
	spent           spentKey
	at              time.Time
	access, refresh *token
}

// maxAccess bounds the living access tokens of one consent; past it the oldest dies, as
// on platforms that keep a number of them.
const maxAccess = 64

func (g *grant) has(scope string) bool { return slices.Contains(g.granted, scope) }

// personKey is one persona at one platform.
type personKey struct{ platform, persona string }

// newGrant makes a consent known. The caller holds l.mu.
func (l *Lab) newGrant(g *grant) *grant {
	l.lastGrant++
	g.id, g.since = l.lastGrant, l.now()
	l.addGrant(g)
	return g
}

func (l *Lab) addGrant(g *grant) {
	key := personKey{g.platform, g.persona.Key}
	if l.persons[key] == nil {
		l.persons[key] = map[int64]*grant{}
	}
	l.persons[key][g.id] = g
}

// end ends a consent with all of its tokens. The caller holds l.mu.
func (l *Lab) end(g *grant, why endReason) {
	if g.ended != "" {
		return
	}
	g.ended = why
	l.changed()
	for _, t := range append(slices.Clone(g.access), g.others...) {
		l.retire(t)
	}
}

// revoke ends one token. The caller holds l.mu.
func (l *Lab) revoke(t *token) {
	t.revoked = true
	l.changed()
	l.retire(t)
}

// retire files a dead token that has no end of its own.
func (l *Lab) retire(t *token) {
	if t.expires.IsZero() {
		l.over(ending{token: t})
	}
}

func (l *Lab) addToken(t *token) {
	g := t.grant
	l.tokens[t.value] = t
	g.refs++
	if t.kind == userToken {
		g.access = append(g.access, t)
		if len(g.access) > maxAccess {
			l.dropToken(g.access[0])
		}
	} else {
		g.others = append(g.others, t)
	}
	if !t.expires.IsZero() {
		l.endsAt(ending{at: t.expires, token: t})
	}
}

// dropToken forgets a token, and with the last one its consent.
func (l *Lab) dropToken(t *token) {
	if l.tokens[t.value] != t {
		return
	}
	delete(l.tokens, t.value)
	if t.ending > 0 {
		heap.Remove(&l.endings, t.ending-1)
	}
	same := func(o *token) bool { return o == t }
	t.grant.access = slices.DeleteFunc(t.grant.access, same)
	t.grant.others = slices.DeleteFunc(t.grant.others, same)
	l.release(t.grant)
}

func (l *Lab) dropCode(value string) {
	if c := l.codes[value]; c != nil {
		delete(l.codes, value)
		l.release(c.grant)
	}
}

func (l *Lab) release(g *grant) {
	if g.refs--; g.refs > 0 {
		return
	}
	key := personKey{g.platform, g.persona.Key}
	delete(l.persons[key], g.id)
	if len(l.persons[key]) == 0 {
		delete(l.persons, key)
	}
}
