package lab

import (
	"container/heap"
	"crypto/sha256"
	"slices"
	"time"
)

// What a Lab that runs for months keeps of what is over. A little is forgotten with each
// thing that is issued, so that no call pays for all.
const (
	maxEnded = 1 << 16 // expired and revoked tokens and late codes, to tell how they ended
	maxSpent = 1 << 20 // spent refresh tokens, to tell reuse
	maxKnown = 1 << 17 // secrets, for tests to look for
)

// ending is when a token or a code ends, by the Lab's clock.
type ending struct {
	at    time.Time
	token *token
	code  string
}

// endings is a heap, the earliest first.
type endings []ending

func (e endings) Len() int           { return len(e) }
func (e endings) Less(i, j int) bool { return e[i].at.Before(e[j].at) }

// Swap exchanges two, for container/heap.
func (e endings) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e.place(i)
	e.place(j)
}

// place tells a token where its ending is, counted from 1.
func (e endings) place(i int) {
	if t := e[i].token; t != nil {
		t.ending = i + 1
	}
}

// Push adds x, for container/heap.
func (e *endings) Push(x any) {
	*e = append(*e, x.(ending))
	e.place(len(*e) - 1)
}

// Pop takes the last, for container/heap.
func (e *endings) Pop() any {
	last := (*e)[len(*e)-1]
	(*e)[len(*e)-1] = ending{}
	*e = (*e)[:len(*e)-1]
	if last.token != nil {
		last.token.ending = 0
	}
	return last
}

// endsAt plans an ending, and files a few that came. The caller holds l.mu.
func (l *Lab) endsAt(e ending) {
	heap.Push(&l.endings, e)
	for range 4 {
		if len(l.endings) == 0 || l.now().Before(l.endings[0].at) {
			return
		}
		l.over(heap.Pop(&l.endings).(ending))
	}
}

// over files what has ended, and forgets the oldest that was filed where there are too many.
func (l *Lab) over(e ending) {
	l.ended = append(l.ended, e)
	if len(l.ended) <= maxEnded {
		return
	}
	for _, old := range l.ended[:maxEnded/16] {
		if old.token != nil {
			l.dropToken(old.token)
		} else {
			l.dropCode(old.code)
		}
	}
	l.ended = slices.Delete(l.ended, 0, maxEnded/16)
}

// remember adds to what Secrets tells.
func (l *Lab) remember(secret string) {
	if len(l.secrets) >= maxKnown {
		l.secrets = slices.Delete(l.secrets, 0, maxKnown/4)
	}
	l.secrets = append(l.secrets, secret)
	l.changed()
}

// spentKey is a refresh token that was used.
type spentKey [16]byte

func keyOfSpent(value string) spentKey {
	sum := sha256.Sum256([]byte(value))
	return spentKey(sum[:16])
}

// spend uses up a refresh token: what is left of it tells its reuse.
func (l *Lab) spend(t *token) {
	l.addSpent(keyOfSpent(t.value), t.grant)
	t.grant.refs++ // held while dropToken lets go: the next token follows at once
	l.dropToken(t)
	t.grant.refs--
}

func (l *Lab) addSpent(key spentKey, g *grant) {
	if len(l.spentOrder) >= maxSpent {
		for _, old := range l.spentOrder[:maxSpent/4] {
			delete(l.spent, old)
		}
		l.spentOrder = slices.Delete(l.spentOrder, 0, maxSpent/4)
	}
	l.spent[key] = g
	l.spentOrder = append(l.spentOrder, key)
}

// spender is the consent whose refresh token this once was, or nil.
func (l *Lab) spender(platform, value string) *grant {
	if g := l.spent[keyOfSpent(value)]; g != nil && g.platform == platform {
		return g
	}
	return nil
}
