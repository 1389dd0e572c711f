package connect_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// ledger is a workspace with a log, and a way to write to its tables behind the program's back.
type ledger struct {
	*journey
	heads []head // after each entry, from the first
	dice  *rand.Rand
}

// head is a row of audit_heads.
type head struct {
	id, number, since int64
	hash, mac, sealed []byte
}

const ledgerEntries = 60

// newLedger does what makes 60 entries.
func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{journey: newJourney(t), dice: rand.New(rand.NewPCG(5, 60))}
	l.db.SetMaxOpenConns(1) // temporary tables are a connection's own
	l.set(t, "PRAGMA synchronous = off")
	l.caller.From, l.caller.KeyID = "203.0.113.7", 7
	must(t, l.svc.BeginAudit(t.Context())) // as the program does when it starts
	l.note(t)                              // of the workspace itself
	for i := 0; len(l.heads) < ledgerEntries; i++ {
		l.deed(t, i)
		l.note(t)
	}
	l.set(t, "CREATE TEMP TABLE kept_audit AS SELECT * FROM audit")
	l.set(t, "CREATE TEMP TABLE kept_heads AS SELECT * FROM audit_heads")
	return l
}

// deed is one of several things that are written down.
func (l *ledger) deed(t *testing.T, i int) {
	t.Helper()
	l.clock.advance(time.Second) // no two entries are the same
	var err error
	switch i % 3 {
	case 0:
		_, err = l.svc.AddOwner(t.Context(), l.caller, connect.Owner{}, connect.Once[connect.Owner]{})
	case 1:
		name := fmt.Sprint("Space ", i)
		_, err = l.svc.ChangeWorkspace(t.Context(), l.caller, l.space.ID, connect.WorkspaceChange{Name: &name})
	default:
		_, err = l.svc.AddKey(t.Context(), l.caller, connect.NewKey{Name: "key", Scopes: []connect.Scope{connect.ScopeAuditRead}}, connect.Once[connect.CreatedKey]{})
	}
	must(t, err)
}

func (l *ledger) head(t *testing.T) (h head) {
	t.Helper()
	must(t, l.db.QueryRow("SELECT id, number, since, hash, mac, sealed FROM audit_heads WHERE workspace_id = $1", l.space.ID).
		Scan(&h.id, &h.number, &h.since, &h.hash, &h.mac, &h.sealed))
	return h
}

func (l *ledger) note(t *testing.T) {
	t.Helper()
	h := l.head(t)
	if h.number != int64(len(l.heads))+1 {
		t.Fatalf("the head is at %d, want %d", h.number, len(l.heads)+1)
	}
	l.heads = append(l.heads, h)
}

// restore is as if nobody had touched it.
func (l *ledger) restore(t *testing.T) {
	t.Helper()
	for _, query := range []string{
		"DELETE FROM audit", "INSERT INTO audit SELECT * FROM kept_audit", "DELETE FROM audit_heads", "INSERT INTO audit_heads SELECT * FROM kept_heads",
	} {
		l.set(t, query)
	}
}

// any is the number of some entry from least on.
func (l *ledger) any(least int64) int64 { return least + l.dice.Int64N(ledgerEntries-least+1) }

func (l *ledger) putHead(t *testing.T, h head) {
	t.Helper()
	l.set(t, "UPDATE audit_heads SET number = $1, since = $2, hash = $3, mac = $4, sealed = $5", h.number, h.since, h.hash, h.mac, h.sealed)
}

// flipped is bytes with one bit changed.
func (l *ledger) flipped(b []byte) []byte {
	b = bytes.Clone(b)
	b[l.dice.IntN(len(b))] ^= 1 << l.dice.IntN(8)
	return b
}

func (l *ledger) bytesOf(t *testing.T, n int64) (hash []byte) {
	t.Helper()
	must(t, l.db.QueryRow("SELECT hash FROM audit WHERE number = $1", n).Scan(&hash))
	return hash
}

// renumber moves entry n; the others close ranks and make room.
func (l *ledger) renumber(t *testing.T, n, to int64) {
	t.Helper()
	l.set(t, "UPDATE audit SET number = -number WHERE number > 0")
	for i := range int64(ledgerEntries) {
		old, place := i+1, i+1
		switch {
		case old == n:
			place = to
		case n < old && old <= to:
			place--
		case to <= old && old < n:
			place++
		}
		l.set(t, "UPDATE audit SET number = $1 WHERE number = $2", place, -old)
	}
}

// forge inserts an entry that looks like entry n, with a hash.
func (l *ledger) forge(t *testing.T, n, as int64, hash []byte) {
	t.Helper()
	l.set(t, `INSERT INTO audit (workspace_id, number, at, actor, key_id, from_address, action, owner_id, channel_id, data, hash)
		SELECT workspace_id, $2, at, actor, key_id, from_address, action, owner_id, channel_id, data, $3 FROM audit WHERE number = $1`, n, as, hash)
}

// truncate takes entries away from the end, and answers the last that is left.
func (l *ledger) truncate(t *testing.T) int64 {
	t.Helper()
	last := l.any(2) - 1
	l.set(t, "DELETE FROM audit WHERE number > $1", last)
	return last
}

// unchain takes the chain away, as if it had never begun, and changes what it held.
func (l *ledger) unchain(t *testing.T) {
	t.Helper()
	l.set(t, "UPDATE audit SET hash = NULL, from_address = ''")
	l.set(t, "UPDATE audit_heads SET since = 0, hash = NULL, mac = NULL, sealed = NULL")
}

// burn takes everything away.
func (l *ledger) burn(t *testing.T) {
	t.Helper()
	l.set(t, "DELETE FROM audit")
	l.set(t, "DELETE FROM audit_heads")
}

// tampering is one way to change the log. broken is where it must be found, 0: anywhere.
type tampering struct {
	name   string
	do     func(t *testing.T, l *ledger) (broken int64)
	anchor bool // only somebody who knows a later head can find it
}

// column changes one column of some entry.
func column(name, value string) tampering {
	return tampering{name: "change " + name, do: func(t *testing.T, l *ledger) int64 {
		n := l.any(1)
		l.set(t, "UPDATE audit SET "+name+" = "+value+" WHERE number = $1", n)
		return n
	}}
}

func tamperings() []tampering {
	return []tampering{
		column("workspace_id", "workspace_id + 1"), column("number", "number + 1000"), column("number", "-number"),
		column("at", "at + 1"), column("at", "at - 86400000"), column("actor", "'operator'"), column("key_id", "coalesce(key_id, 0) + 1"),
		column("from_address", "from_address || '0'"), column("from_address", "from_address || action"), column("action", "'token.leased'"), column("action", "action || 's'"),
		column("owner_id", "coalesce(owner_id, 0) + 1"), column("channel_id", "coalesce(channel_id, 0) + 1"), column("data", "data || ' '"), column("data", `'{"x":"1"}'`),
		column("hash", "NULL"), column("hash", "x''"), column("hash", "zeroblob(32)"), column("hash", "randomblob(32)"),
		{name: "flip a bit of a hash", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.set(t, "UPDATE audit SET hash = $1 WHERE number = $2", l.flipped(l.bytesOf(t, n)), n)
			return n
		}},
		{name: "owner and channel change places", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit SET owner_id = channel_id, channel_id = owner_id WHERE owner_id IS NOT NULL")
			return 0
		}},
		{name: "move a letter from one field to the next", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.set(t, "UPDATE audit SET from_address = from_address || substr(action, 1, 1), action = substr(action, 2) WHERE number = $1", n)
			return n
		}},
		{name: "delete one", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.set(t, "DELETE FROM audit WHERE number = $1", n)
			return n
		}},
		{name: "delete one and close ranks", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.renumber(t, n, ledgerEntries)
			l.set(t, "DELETE FROM audit WHERE number = $1", ledgerEntries)
			return n
		}},
		{name: "delete one, close ranks and move the head", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.renumber(t, n, ledgerEntries)
			l.set(t, "DELETE FROM audit WHERE number = $1", ledgerEntries)
			l.set(t, "UPDATE audit_heads SET number = number - 1")
			return 0
		}},
		{name: "delete several", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.set(t, "DELETE FROM audit WHERE number BETWEEN $1 AND $2", n, l.any(n))
			return n
		}},
		{name: "delete all", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "DELETE FROM audit")
			return 1
		}},
		{name: "swap two", do: func(t *testing.T, l *ledger) int64 {
			a := l.any(2) - 1
			b := l.any(a + 1)
			l.set(t, "UPDATE audit SET number = -1 WHERE number = $1", a)
			l.set(t, "UPDATE audit SET number = $1 WHERE number = $2", a, b)
			l.set(t, "UPDATE audit SET number = $1 WHERE number = -1", b)
			return a
		}},
		{name: "swap what two tell, and not their hashes", do: func(t *testing.T, l *ledger) int64 {
			a := l.any(2) - 1
			l.set(t, "UPDATE audit SET at = at + number, data = data || number WHERE number IN ($1, $2)", a, l.any(a+1))
			return a
		}},
		{name: "move one", do: func(t *testing.T, l *ledger) int64 {
			a := l.any(2) - 1
			l.renumber(t, a, l.any(a+1))
			return a
		}},
		{name: "truncate", do: func(t *testing.T, l *ledger) int64 { return l.truncate(t) + 1 }},
		{name: "truncate and move the head", do: func(t *testing.T, l *ledger) int64 {
			last := l.truncate(t)
			h := l.head(t)
			h.number, h.hash = last, l.bytesOf(t, last)
			l.putHead(t, h)
			return 0
		}},
		{name: "truncate, move the head, and the program goes on", do: func(t *testing.T, l *ledger) int64 {
			last := l.truncate(t)
			h := l.head(t)
			h.number, h.hash = last, l.bytesOf(t, last)
			l.putHead(t, h)
			l.deed(t, 1)
			return 0
		}},
		{name: "put an older head in place", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(2) - 1
			l.putHead(t, l.heads[n-1])
			return n + 1
		}},
		{name: "roll back the whole log", anchor: true, do: func(t *testing.T, l *ledger) int64 {
			last := l.truncate(t)
			l.putHead(t, l.heads[last-1])
			return last + 1
		}},
		{name: "roll back the whole log, and the program writes on", anchor: true, do: func(t *testing.T, l *ledger) int64 {
			last := ledgerEntries - 1 - l.dice.Int64N(5)
			l.set(t, "DELETE FROM audit WHERE number > $1", last)
			l.putHead(t, l.heads[last-1])
			for i := range ledgerEntries - last + 1 {
				l.caller.KeyID = 8
				l.deed(t, int(3*i+1))
				l.caller.KeyID = 7
			}
			return ledgerEntries
		}},
		{name: "roll back, and put an entry of before among what the program writes on", do: func(t *testing.T, l *ledger) int64 {
			last := min(l.truncate(t), ledgerEntries-2)
			l.set(t, "DELETE FROM audit WHERE number > $1", last)
			l.putHead(t, l.heads[last-1])
			for i := range 3 {
				l.deed(t, 3*i)
			}
			l.set(t, "DELETE FROM audit WHERE number = $1", last+1)
			l.set(t, "INSERT INTO audit SELECT * FROM kept_audit WHERE number = $1", last+1)
			return last + 2
		}},
		{name: "as if the chain had never begun", do: func(t *testing.T, l *ledger) int64 { l.unchain(t); return 1 }},
		{name: "as if the chain had never begun, and the program goes on", do: func(t *testing.T, l *ledger) int64 {
			l.unchain(t)
			for i := range l.dice.IntN(3) + 1 {
				l.deed(t, i)
			}
			return 0
		}},
		{name: "as if the chain had never begun, and the program starts again", anchor: true, do: func(t *testing.T, l *ledger) int64 {
			l.unchain(t)
			must(t, l.svc.BeginAudit(t.Context()))
			return ledgerEntries
		}},
		{name: "everything is gone", do: func(t *testing.T, l *ledger) int64 { l.burn(t); return 1 }},
		{name: "everything is gone, and the program goes on", do: func(t *testing.T, l *ledger) int64 {
			l.burn(t)
			for i := range l.dice.IntN(3) + 1 {
				l.deed(t, i)
			}
			return 0
		}},
		{name: "everything is gone, and the program starts again", anchor: true, do: func(t *testing.T, l *ledger) int64 {
			l.burn(t)
			must(t, l.svc.BeginAudit(t.Context()))
			return 2
		}},
		{name: "no head, and the program goes on", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "DELETE FROM audit_heads")
			l.deed(t, 1)
			return 1
		}},
		{name: "no head, and the program starts again", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "DELETE FROM audit_heads")
			must(t, l.svc.BeginAudit(t.Context()))
			return 1
		}},
		{name: "forge one behind the end", do: func(t *testing.T, l *ledger) int64 {
			l.forge(t, l.any(1), ledgerEntries+1, l.bytesOf(t, l.any(1)))
			return ledgerEntries + 1
		}},
		{name: "forge one behind the end and move the head", do: func(t *testing.T, l *ledger) int64 {
			hash := l.flipped(l.bytesOf(t, ledgerEntries))
			l.forge(t, l.any(1), ledgerEntries+1, hash)
			l.set(t, "UPDATE audit_heads SET number = number + 1, hash = $1", hash)
			return ledgerEntries + 1
		}},
		{name: "forge one inside", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.forge(t, l.any(1), ledgerEntries+1, l.bytesOf(t, l.any(1)))
			l.set(t, "UPDATE audit SET number = -number - 1 WHERE number BETWEEN $1 AND $2", n, ledgerEntries)
			l.set(t, "UPDATE audit SET number = $1 WHERE number = $2", n, ledgerEntries+1)
			l.set(t, "UPDATE audit SET number = -number WHERE number < 0")
			return 0
		}},
		{name: "an entry without a hash inside", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.set(t, "UPDATE audit SET hash = NULL, action = 'forged' WHERE number = $1", n)
			return n
		}},
		{name: "blank the hashes up to one, and say so", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.set(t, "UPDATE audit SET hash = NULL WHERE number < $1", n+1)
			l.set(t, "UPDATE audit_heads SET since = $1", n+1)
			return 0
		}},
		{name: "blank the hashes from one on", do: func(t *testing.T, l *ledger) int64 {
			n := l.any(1)
			l.set(t, "UPDATE audit SET hash = NULL WHERE number >= $1", n)
			return n
		}},
		{name: "head: number", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit_heads SET number = number + $1", 1+l.dice.IntN(9))
			return ledgerEntries + 1
		}},
		{name: "head: since", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit_heads SET since = $1", l.any(2))
			return 1
		}},
		{name: "head: since before the first", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit_heads SET since = $1", l.any(0)-ledgerEntries)
			return 0
		}},
		{name: "head: hash", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit_heads SET hash = $1", l.flipped(l.head(t).hash))
			return 0
		}},
		{name: "head: mac", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit_heads SET mac = $1", l.flipped(l.head(t).mac))
			return 0
		}},
		{name: "head: the mac of another", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit_heads SET mac = $1", l.heads[l.any(2)-2].mac)
			return 0
		}},
		{name: "head: no mac", do: func(t *testing.T, l *ledger) int64 { l.set(t, "UPDATE audit_heads SET mac = NULL"); return 0 }},
		{name: "head: key", do: func(t *testing.T, l *ledger) int64 {
			l.set(t, "UPDATE audit_heads SET sealed = $1", l.flipped(l.head(t).sealed))
			return 0
		}},
		{name: "head: no key", do: func(t *testing.T, l *ledger) int64 { l.set(t, "UPDATE audit_heads SET sealed = NULL"); return 0 }},
		{name: "head: id", do: func(t *testing.T, l *ledger) int64 { l.set(t, "UPDATE audit_heads SET id = id + 1"); return 0 }},
		{name: "no head", do: func(t *testing.T, l *ledger) int64 { l.set(t, "DELETE FROM audit_heads"); return 1 }},
	}
}

// A log that somebody with the database changes is found out, 1,000 times of 1,000.
func TestTamperingWithTheAuditLogIsFound(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	whole, err := l.svc.VerifyAudit(t.Context(), l.caller, nil)
	must(t, err)
	if !whole.Intact || whole.Entries != ledgerEntries || whole.Unchained != 0 || whole.Head.Number != ledgerEntries {
		t.Fatalf("untouched: got %+v, want an intact log of %d", whole, ledgerEntries)
	}
	kinds := tamperings()
	for i := range 1000 {
		kind := kinds[i%len(kinds)]
		want := kind.do(t, l)
		known := &whole.Head
		if !kind.anchor && i%2 == 0 {
			known = nil
		}
		got, err := l.svc.VerifyAudit(t.Context(), l.caller, known)
		switch {
		case err != nil && strings.HasPrefix(kind.name, "head: "): // it cannot be verified, and says so
			wants(t, kind.name, err, connect.ErrAuditKey)
		case err != nil:
			t.Errorf("%d %s: %v", i, kind.name, err)
		case got.Intact || got.Problem == "":
			t.Errorf("%d %s: was not found: %+v", i, kind.name, got)
		case want != 0 && got.BrokenAt != want:
			t.Errorf("%d %s: found at %d (%s), want at %d", i, kind.name, got.BrokenAt, got.Problem, want)
		}
		l.restore(t)
	}
	again, err := l.svc.VerifyAudit(t.Context(), l.caller, &whole.Head)
	must(t, err)
	same(t, "untouched, afterwards", again, whole)
}

// A head that somebody moved is not vouched for by what the program writes later.
func TestAMovedHeadIsNeverVouchedForAgain(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.set(t, "DELETE FROM audit WHERE number > 50")
	h := l.head(t)
	h.number, h.hash = 50, l.heads[49].hash
	l.putHead(t, h)
	for i := range 20 {
		l.deed(t, i)
	}
	got, err := l.svc.VerifyAudit(t.Context(), l.caller, nil)
	must(t, err)
	if got.Intact || got.Entries != 70 || !strings.Contains(got.Problem, "was not written by this program") {
		t.Errorf("got %+v, want the head found out after all 70", got)
	}
}

// Entries from before the chain are told apart, and the chain begins behind them.
func TestTheChainBeginsBehindWhatWasThere(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.set(t, "UPDATE audit SET hash = NULL")
	w.set(t, "UPDATE audit_heads SET since = 0, hash = NULL, mac = NULL, sealed = NULL")
	var starting sync.WaitGroup
	for range 4 { // replicas start at once
		starting.Go(func() {
			if err := w.svc.BeginAudit(t.Context()); err != nil {
				t.Errorf("begin: %v", err)
			}
		})
	}
	starting.Wait()
	before, err := w.svc.VerifyAudit(t.Context(), w.caller, nil)
	must(t, err)
	if !before.Intact || before.Unchained != 1 || before.Entries != 2 {
		t.Fatalf("begun: got %+v, want two entries, the first unchained", before)
	}
	same(t, "the log", w.told(t, w.caller), []string{"system 0  workspace.created 0 {}", `system 0  audit.began 0 {"unchained":"1"}`})
	for range 3 {
		_, err := w.svc.AddOwner(t.Context(), w.caller, connect.Owner{}, connect.Once[connect.Owner]{})
		must(t, err)
	}
	after, err := w.svc.VerifyAudit(t.Context(), w.caller, &before.Head)
	must(t, err)
	if !after.Intact || after.Unchained != 1 || after.Entries != 5 {
		t.Errorf("after: got %+v, want five entries, one of them unchained", after)
	}
	w.set(t, "DELETE FROM audit WHERE number = 1")
	gone, err := w.svc.VerifyAudit(t.Context(), w.caller, nil)
	must(t, err)
	if gone.Intact || gone.BrokenAt != 1 {
		t.Errorf("without the first: got %+v, want it found missing", gone)
	}
}

// Replicas on PostgreSQL begin one chain, whoever is first.
func TestReplicasThatStartAtOnceBeginOneChain(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	svc, c := auditWorld(t, dsn)
	db, err := sql.Open("pgx", dsn)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	for _, query := range []string{"DELETE FROM audit", "DELETE FROM audit_heads"} {
		_, err := db.ExecContext(t.Context(), query)
		must(t, err)
	}
	var starting sync.WaitGroup
	for range 8 {
		starting.Go(func() {
			if err := svc.BeginAudit(t.Context()); err != nil {
				t.Errorf("begin: %v", err)
			}
		})
	}
	starting.Wait()
	got, err := svc.VerifyAudit(t.Context(), c, nil)
	must(t, err)
	if !got.Intact || got.Entries != 1 || got.Unchained != 0 {
		t.Errorf("got %+v, want one entry", got)
	}
}

// A workspace that a command makes beside the server, which cannot seal, has a log that
// begins when its key is first used, and tells who made it. One that was there when the
// server started does not begin anew.
func TestABootstrappedWorkspaceHasAChain(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	must(t, w.svc.BeginAudit(t.Context()))
	command := connect.New(connect.Config{Store: w.store, Env: platform.Env{Now: w.clock.now}})
	for _, deeds := range []int{0, 1} {
		made, err := command.Bootstrap(t.Context(), connect.Workspace{Name: "Another"}, true)
		must(t, err)
		c, err := w.svc.Authenticate(t.Context(), made.Secret)
		must(t, err)
		for range deeds {
			_, err := w.svc.AddOwner(t.Context(), c, connect.Owner{}, connect.Once[connect.Owner]{})
			must(t, err)
		}
		for range 2 {
			got, err := w.svc.VerifyAudit(t.Context(), c, nil)
			must(t, err)
			if !got.Intact || got.Entries != int64(2+deeds) {
				t.Errorf("after %d deeds: got %+v, want an intact log of who made it, and those", deeds, got)
			}
		}
	}
	late, err := command.Bootstrap(t.Context(), connect.Workspace{Name: "Late"}, true)
	must(t, err)
	c := connect.Caller{WorkspaceID: late.ID, Scopes: connect.WorkspaceScopes()}
	next := connect.New(connect.Config{Store: w.store, Vault: w.vault, Platforms: platform.NewRegistry(nil), Env: platform.Env{Now: w.clock.now}, Log: slog.New(slog.DiscardHandler)})
	must(t, next.BeginAudit(t.Context())) // the server starts after the command
	same(t, "the log", w.told(t, c), []string{
		`system 0  audit.began 0 {"unchained":"0"}`,
		fmt.Sprintf(`operator 0  workspace.created 0 {"key_id":"%d","made_at":"2026-03-01T09:30:00Z"}`, late.Key.ID),
	})
	w.set(t, "DELETE FROM audit")
	w.set(t, "DELETE FROM audit_heads")
	got, err := next.VerifyAudit(t.Context(), c, nil)
	must(t, err)
	same(t, "intact without anything", got.Intact, false)
}

// A log that is taken away whole is missed, also that of a workspace which was made since
// the server started, and whatever is asked of the server first.
func TestABurntLogOfAYoungWorkspaceIsMissed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		bootstrapped  bool
		before, after int // deeds
	}{
		"made over the API":                 {},
		"made over the API, and used":       {before: 2},
		"used before it is verified":        {before: 2, after: 1},
		"made by a command beside it":       {bootstrapped: true},
		"made by a command, used on":        {bootstrapped: true, after: 1},
		"made by a command, used and burnt": {bootstrapped: true, before: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &ledger{journey: newJourney(t)}
			must(t, l.svc.BeginAudit(t.Context()))
			var key vault.Secret
			if tt.bootstrapped {
				command := connect.New(connect.Config{Store: l.store, Env: platform.Env{Now: l.clock.now}})
				made, err := command.Bootstrap(t.Context(), connect.Workspace{Name: "Another"}, true)
				must(t, err)
				key = made.Secret
				_, err = l.svc.Authenticate(t.Context(), key)
				must(t, err)
			} else {
				made, err := l.svc.AddWorkspace(t.Context(), operator(l.journey), connect.Workspace{Name: "Another"}, connect.Once[connect.CreatedWorkspace]{})
				must(t, err)
				key = made.Secret
			}
			use := func(deeds int) (c connect.Caller) {
				for range deeds {
					_, err := l.svc.AddOwner(t.Context(), l.enter(t, key), connect.Owner{}, connect.Once[connect.Owner]{})
					must(t, err)
				}
				return l.enter(t, key)
			}
			if tt.before > 0 {
				use(tt.before)
			}
			l.burn(t)
			c := use(tt.after)
			for range 2 {
				got, err := l.svc.VerifyAudit(t.Context(), c, nil)
				must(t, err)
				if got.Intact {
					t.Errorf("got %+v, want the log missed", got)
				}
			}
		})
	}
}

func (w *journey) enter(t *testing.T, key vault.Secret) connect.Caller {
	t.Helper()
	c, err := w.svc.Authenticate(t.Context(), key)
	must(t, err)
	return c
}

func TestAuditAnchorsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("0a", 32)
	for _, a := range []connect.AuditAnchor{{}, {Number: 12}, {Number: 128, Hash: bytes.Repeat([]byte{10}, 32)}} {
		got, err := connect.ParseAuditAnchor(a.String())
		must(t, err)
		same(t, "number", got.Number, a.Number)
		same(t, "text", got.String(), a.String())
	}
	upper, err := connect.ParseAuditAnchor("128:" + strings.ToUpper(digits))
	must(t, err)
	same(t, "upper case", hex.EncodeToString(upper.Hash), digits)
	for _, bad := range []string{
		"", ":", "128", "128:", ":" + digits, "128:" + digits[1:], "128:" + digits + "00", "-1:" + digits, "+1:" + digits, "01:" + digits,
		" 1:" + digits, "1:" + digits + " ", "x:" + digits, "1:" + strings.Repeat("g", 64), "99999999999999999999:" + digits, "1:1:" + digits,
	} {
		if got, err := connect.ParseAuditAnchor(bad); fault.From(err) == nil || fault.From(err).Code != fault.Invalid {
			t.Errorf("%q: got %v, %v, want it refused", bad, got, err)
		}
	}
}

// auditWorld is a service over a database, with a workspace.
func auditWorld(t *testing.T, dsn string) (*connect.Service, connect.Caller) {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	keyset, err := vault.NewKeyset()
	must(t, err)
	v, err := vault.New(keyset)
	must(t, err)
	svc := connect.New(connect.Config{
		Store: store, Vault: v, Platforms: platform.NewRegistry(nil), Env: platform.Env{Now: (&clock{at: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)}).now}, Log: slog.New(slog.DiscardHandler),
	})
	space, err := svc.CreateWorkspace(t.Context(), connect.Workspace{Name: "Test"})
	must(t, err)
	return svc, connect.Caller{WorkspaceID: space.ID, Scopes: connect.WorkspaceScopes()}
}

// Sixteen write at once while somebody verifies: the chain is intact at every moment, and
// lacks nothing at the end.
func TestManyWritersLeaveAnIntactAuditLog(t *testing.T) {
	t.Parallel()
	for engine, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return testkit.Postgres(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			const writers, each = 16, 10
			svc, c := auditWorld(t, dsn(t))
			done := make(chan struct{})
			var looking, writing sync.WaitGroup
			looking.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if got, err := svc.VerifyAudit(t.Context(), c, nil); err != nil || !got.Intact {
						t.Errorf("meanwhile: got %+v, %v, want it intact", got, err)
						return
					}
				}
			})
			for range writers {
				writing.Go(func() {
					for range each {
						if _, err := svc.AddOwner(t.Context(), c, connect.Owner{}, connect.Once[connect.Owner]{}); err != nil {
							t.Errorf("write: %v", err)
						}
					}
				})
			}
			writing.Wait()
			close(done)
			looking.Wait()
			got, err := svc.VerifyAudit(t.Context(), c, nil)
			must(t, err)
			if !got.Intact || got.Entries != writers*each+1 {
				t.Errorf("got %+v, want %d intact entries", got, writers*each+1)
			}
		})
	}
}

// What is written down names fields and numbers, and no person and no secret.
func TestTheAuditLogTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	admin := w.caller
	admin.KeyID, admin.From, admin.Scopes = 77, "203.0.113.7", connect.Scopes()
	ctx := t.Context()

	owner, err := w.svc.AddOwner(ctx, admin, connect.Owner{ExternalID: "jane@example.com", Name: "Jane"}, connect.Once[connect.Owner]{})
	must(t, err)
	mail, name := "jane@example.com", "Jane Roe"
	_, err = w.svc.ChangeOwner(ctx, admin, owner.ID, connect.OwnerChange{ContactEmail: &mail, Name: &name})
	must(t, err)
	app, err := w.svc.AddApp(ctx, admin, connect.NewApp{Platform: "garden", ClientID: "client-7", ClientSecret: vault.NewSecret("app-secret")}, connect.Once[connect.App]{})
	must(t, err)
	secret := vault.NewSecret("another-secret")
	_, err = w.svc.ChangeApp(ctx, admin, app.ID, connect.AppChange{ClientSecret: &secret})
	must(t, err)
	for range 2 { // the second time nothing happens
		_, err = w.svc.RetireApp(ctx, admin, app.ID)
		must(t, err)
	}
	key, err := w.svc.AddKey(ctx, admin, connect.NewKey{Name: "Jane's key", Scopes: []connect.Scope{connect.ScopeOwnersRead}, OwnerExternalID: "jane@example.com"}, connect.Once[connect.CreatedKey]{})
	must(t, err)
	for range 2 {
		_, err = w.svc.RevokeKey(ctx, admin, key.ID)
		must(t, err)
	}
	other, err := w.svc.AddWorkspace(ctx, admin, connect.Workspace{Name: "Other"}, connect.Once[connect.CreatedWorkspace]{})
	must(t, err)
	_, err = w.svc.ChangeWorkspace(ctx, admin, other.ID, connect.WorkspaceChange{Name: &name})
	must(t, err)

	same(t, "the workspace's", w.told(t, admin), []string{
		"system 0  workspace.created 0 {}",
		fmt.Sprintf(`key 77 203.0.113.7 owner.created %d {}`, owner.ID),
		fmt.Sprintf(`key 77 203.0.113.7 owner.changed %d {"fields":"contact_email name"}`, owner.ID),
		fmt.Sprintf(`key 77 203.0.113.7 app.created 0 {"app_id":"%d","platform":"garden"}`, app.ID),
		fmt.Sprintf(`key 77 203.0.113.7 app.changed 0 {"app_id":"%d","fields":"client_secret","platform":"garden"}`, app.ID),
		fmt.Sprintf(`key 77 203.0.113.7 app.retired 0 {"app_id":"%d","platform":"garden"}`, app.ID),
		fmt.Sprintf(`key 77 203.0.113.7 key.created %d {"key_id":"%d","scopes":"owners:read"}`, owner.ID, key.ID),
		fmt.Sprintf(`key 77 203.0.113.7 key.revoked %d {"key_id":"%d","scopes":"owners:read"}`, owner.ID, key.ID),
	})
	theirs := connect.Caller{WorkspaceID: other.ID, Scopes: connect.WorkspaceScopes()}
	same(t, "the other workspace's", w.told(t, theirs), []string{
		fmt.Sprintf(`key 77 203.0.113.7 workspace.created 0 {"by_workspace":"%d","key_id":"%d"}`, w.space.ID, other.Key.ID),
		fmt.Sprintf(`key 77 203.0.113.7 workspace.changed 0 {"by_workspace":"%d","fields":"name"}`, w.space.ID),
	})
}

// told is the log as lines.
func (w *journey) told(t *testing.T, c connect.Caller) (lines []string) {
	t.Helper()
	list, err := w.svc.AuditLog(t.Context(), c, 0, 200)
	must(t, err)
	for _, e := range list {
		lines = append(lines, fmt.Sprintf("%s %d %s %s %d %s", e.Actor, e.KeyID, e.From, e.Action, e.OwnerID, e.Data))
	}
	return lines
}

func TestSessionsAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	canceled, confirmed := w.visit(t, connect.CheckSameBrowser), w.visit(t, connect.CheckConfirm)
	for range 2 { // the second time nothing happens
		_, err := canceled.cancel(t)
		must(t, err)
	}
	confirmed.consent(t, browserA, browserB)
	code := confirmed.open(t, browserB).ConfirmCode
	for range 2 {
		_, err := confirmed.confirm(t, code)
		must(t, err)
	}
	var got []string
	for _, line := range w.told(t, w.caller) {
		if strings.Contains(line, "session.ca") || strings.Contains(line, "session.co") {
			got = append(got, strings.Fields(line)[2])
		}
	}
	same(t, "log", got, []string{connect.AuditSessionCanceled, connect.AuditSessionConfirmed})
}

// Without its key nobody can tell, and that is said.
func TestAnAuditLogWhoseKeyIsGone(t *testing.T) {
	t.Parallel()
	path := "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	_, c := auditWorldClosed(t, path)
	svc, _ := auditWorld(t, path) // with other keys
	_, err := svc.VerifyAudit(t.Context(), c, nil)
	wants(t, "verify", err, connect.ErrAuditKey)
	_, err = svc.AddOwner(t.Context(), c, connect.Owner{}, connect.Once[connect.Owner]{})
	wants(t, "write", err, connect.ErrAuditKey)
}

// auditWorldClosed is auditWorld, whose process has ended.
func auditWorldClosed(t *testing.T, dsn string) (svc *connect.Service, c connect.Caller) {
	t.Helper()
	t.Run("before", func(t *testing.T) { svc, c = auditWorld(t, dsn) })
	return svc, c
}
