package connect

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"patchbay/internal/fault"
)

// AuditVerdict is what a walk over the whole chain found.
type AuditVerdict struct {
	Entries   int64 // walked
	Unchained int64 // of them from before the chain began: whether they were changed cannot be told
	Head      AuditAnchor
	Intact    bool
	BrokenAt  int64  // number of the first entry that is missing, added, or not as it was written; 0: none
	Problem   string // a sentence; empty when intact
}

// problemNoChain is what is wrong with a log without a chain: each begins with its
// workspace, or when the program starts.
const problemNoChain = "The log has no chain, which every log has from the start of the program on: somebody took it away, with what it proved."

// auditPage is how many entries are read at once.
const auditPage = 500

// VerifyAudit walks over the workspace's whole audit log, as it was when the walk began.
// known, where it is given, must be a part of it. What is wrong with the log stands in the
// verdict; an error tells that it could not be walked (ErrAuditKey, or of the storage).
// Needs ScopeAuditRead and a key that is not bound to an owner.
func (s *Service) VerifyAudit(ctx context.Context, c Caller, known *AuditAnchor) (AuditVerdict, error) {
	if err := c.requireWhole(ScopeAuditRead); err != nil {
		return AuditVerdict{}, err
	}
	head, err := s.headToVerify(ctx, c.WorkspaceID)
	if err != nil {
		return AuditVerdict{}, err
	}
	w := auditWalk{s: s, head: head, known: known}
	w.verdict.Head = AuditAnchor{head.Number, head.Hash}
	if head.unchained() {
		w.verdict.BrokenAt, w.verdict.Problem = 1, problemNoChain
		return w.verdict, nil
	}
	if w.key, err = s.auditKey(head); err != nil {
		return AuditVerdict{}, fmt.Errorf("verify the audit log of workspace %d: %w", c.WorkspaceID, err)
	}
	err = w.run(ctx)
	var b *auditBreak
	switch {
	case errors.As(err, &b):
		w.verdict.BrokenAt, w.verdict.Problem = b.at, b.problem
	case err != nil:
		return AuditVerdict{}, fmt.Errorf("verify the audit log of workspace %d: %w", c.WorkspaceID, err)
	default:
		w.verdict.Intact = true
	}
	return w.verdict, nil
}

// headToVerify is auditHead; the log of a young workspace is begun.
func (s *Service) headToVerify(ctx context.Context, workspaceID int64) (AuditHead, error) {
	head, err := s.auditHead(ctx, workspaceID)
	if err != nil || head.Number > 0 || !head.unchained() || !s.young(workspaceID) {
		return head, err
	}
	if err := s.store.InTx(ctx, func(tx Tx) error { return s.beginAudit(ctx, tx, workspaceID) }); err != nil {
		return head, fmt.Errorf("begin the audit log of workspace %d: %w", workspaceID, err)
	}
	return s.auditHead(ctx, workspaceID)
}

// auditHead is the end of the workspace's chain; before the first entry one at 0.
func (s *Service) auditHead(ctx context.Context, workspaceID int64) (AuditHead, error) {
	head, err := s.store.AuditHead(ctx, workspaceID)
	if errors.Is(err, fault.NotFound) {
		return AuditHead{WorkspaceID: workspaceID}, nil
	}
	if err == nil && !head.unchained() {
		s.sawChain(workspaceID)
	}
	return head, err
}

// auditBreak is where the log is not as it was written.
type auditBreak struct {
	at      int64 // 0: it is about no entry
	problem string
}

func (b *auditBreak) Error() string { return b.problem }

func breakAt(at int64, format string, args ...any) error {
	return &auditBreak{at, fmt.Sprintf(format, args...)}
}

// auditWalk is a walk from the first entry to the head.
type auditWalk struct {
	s       *Service
	head    AuditHead
	key     []byte
	known   *AuditAnchor
	last    []byte // hash of the entry before
	verdict AuditVerdict
}

func (w *auditWalk) run(ctx context.Context) error {
	for w.verdict.Entries < w.head.Number {
		left := min(w.head.Number-w.verdict.Entries, auditPage)
		page, err := w.s.store.AuditLog(ctx, w.head.WorkspaceID, w.verdict.Entries, int(left))
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return breakAt(w.verdict.Entries+1, "Entry %d is missing: the log has %d and ended with it.", w.verdict.Entries+1, w.verdict.Entries)
		}
		for _, e := range page {
			if err := w.step(e); err != nil {
				return err
			}
		}
	}
	return errors.Join(w.end(), w.beyond(ctx))
}

// step goes on to the next entry.
func (w *auditWalk) step(e AuditEntry) error {
	number := w.verdict.Entries + 1
	if e.Number != number {
		return breakAt(number, "Entry %d is missing: entry %d follows entry %d.", number, e.Number, number-1)
	}
	if w.known != nil && w.known.Number == number && !w.known.of(e) {
		return breakAt(number, "Entry %d is not the one that was known: the log was rolled back and written anew.", number)
	}
	w.verdict.Entries++
	if number < w.head.Since {
		w.verdict.Unchained++
		if len(e.Hash) > 0 {
			return breakAt(number, "Entry %d is chained, and the log says that its chain began later.", number)
		}
		return nil
	}
	if !hmac.Equal(e.Hash, e.hash(w.key, w.last)) {
		return breakAt(number, "Entry %d is not as it was written, or does not stand where it was written.", number)
	}
	w.last = e.Hash
	return nil
}

// end holds the head to the last entry.
func (w *auditWalk) end() error {
	switch {
	case w.known != nil && w.known.Number > w.head.Number:
		return breakAt(w.head.Number+1, "The log ends with entry %d, before the known entry %d: it was cut off.", w.head.Number, w.known.Number)
	case w.verdict.Unchained != w.head.Since-1:
		return breakAt(0, "The log says that its chain began with entry %d, and it began with another.", w.head.Since)
	case !hmac.Equal(w.head.Hash, w.last), !hmac.Equal(w.head.Mac, w.head.mac(w.key)):
		return breakAt(0, "The end of the chain, which says that entry %d is the last, was not written by this program.", w.head.Number)
	}
	return nil
}

// beyond looks behind the head. Entries of after the walk began may stand there: then the
// head has moved with them.
func (w *auditWalk) beyond(ctx context.Context) error {
	next, err := w.s.store.AuditLog(ctx, w.head.WorkspaceID, w.head.Number, 1)
	if err != nil || len(next) == 0 {
		return err
	}
	now, err := w.s.auditHead(ctx, w.head.WorkspaceID)
	if err != nil {
		return err
	}
	if now.Number < next[0].Number {
		return breakAt(next[0].Number, "Entry %d stands behind the end of the chain, which is entry %d.", next[0].Number, now.Number)
	}
	return nil
}
