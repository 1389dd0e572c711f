package connect

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// Once lets a request have its effect once, however often it is sent: the key of the
// Idempotency-Key header with what the first request asked and was answered. The zero
// value asks for nothing of the kind. The model is draft-ietf-httpapi-idempotency-key-header:
// the first answer that had an effect is kept for a day; a refused request keeps nothing.
type Once[T any] struct {
	Key         string // as sent; empty: none
	Route       string // the route's pattern; keys of different routes do not meet
	Fingerprint []byte // SHA-256 of method, path and body
	// Render makes the answer's bytes from the effect, inside its transaction.
	Render func(T) ([]byte, error)
}

// Reply is a kept answer as stored.
type Reply struct {
	ID          int64
	WorkspaceID int64
	Route       string
	KeyHash     []byte // SHA-256 of the idempotency key and of whom the API key is bound to
	Fingerprint []byte
	Sealed      []byte
	OwnerID     int64 // whom the answer tells of, else whom the API key is bound to; 0: nobody. It is erased with them
	ExpiresAt   time.Time
}

func (r Reply) place() vault.Place {
	return vault.Place{Workspace: r.WorkspaceID, Table: "replies", Row: r.ID, Field: "reply " + hex.EncodeToString(r.KeyHash)}
}

// Replayed is the answer to a request that had its effect before.
type Replayed struct{ Reply vault.Secret }

func (*Replayed) Error() string { return "this request had its effect before" }

// ErrOnceReused answers an idempotency key that came with another request before.
var ErrOnceReused = fault.New(fault.Invalid, "idempotency_key_reused",
	"This Idempotency-Key was used for another request. Use a new key for each new request.")

// ErrOnceKey answers an idempotency key that cannot be one.
var ErrOnceKey = fault.New(fault.Invalid, "idempotency_key_invalid", "An Idempotency-Key has 1 to 255 visible ASCII characters.")

const onceLifetime = 24 * time.Hour

// Effect is how a use case that is not the core's has its effect, once where the request
// came with an idempotency key: fn runs in one transaction, and what it answers is kept
// there. A request that had its effect before is *Replayed.
func Effect[T any](ctx context.Context, s *Service, c Caller, once Once[T], fn func(Tx) (T, error)) (T, error) {
	return effect(ctx, s, c, once, fn)
}

// effect runs fn in one transaction. With an idempotency key the answer is kept in the
// same transaction; a request that had its effect before is *Replayed.
func effect[T any](ctx context.Context, s *Service, c Caller, once Once[T], fn func(Tx) (T, error)) (T, error) {
	var done T
	if once.Key == "" {
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			done, err = fn(tx)
			return err
		})
		return done, err
	}
	if !plainOnceKey(once.Key) {
		return done, ErrOnceKey
	}
	reply := Reply{
		WorkspaceID: c.WorkspaceID, Route: once.Route, KeyHash: onceHash(c, once.Key), Fingerprint: once.Fingerprint, OwnerID: c.OwnerID, ExpiresAt: s.now().Add(onceLifetime),
	}
	attempt := func() error {
		return s.store.InTx(ctx, func(tx Tx) error {
			if err := s.replayed(ctx, tx, reply); err != nil {
				return err
			}
			// Its place is taken before anything happens: a duplicate waits here.
			kept, err := tx.InsertReply(ctx, reply)
			if errors.Is(err, fault.Conflict) {
				return errReplyExists
			}
			if err != nil {
				return fmt.Errorf("keep reply: %w", err)
			}
			if done, err = fn(tx); err != nil {
				return err
			}
			body, err := once.Render(done)
			if err != nil {
				return fmt.Errorf("render reply: %w", err)
			}
			if kept.Sealed, err = s.vault.Seal(kept.place(), vault.NewSecret(string(body))); err != nil {
				return err
			}
			if about, ok := any(done).(ownersOwn); ok && about.OwnedBy() != 0 {
				kept.OwnerID = about.OwnedBy()
			}
			return tx.SealReply(ctx, kept.WorkspaceID, kept.ID, kept.OwnerID, kept.Sealed)
		})
	}
	err := attempt()
	if errors.Is(err, errReplyExists) { // a duplicate committed first: its answer counts
		err = attempt()
	}
	return done, err
}

// ownersOwn is an effect that may be about an owner (0: it is not): the kept answer goes
// when they are erased, whosever key asked.
type ownersOwn interface{ OwnedBy() int64 }

// OwnedBy is the owner themselves.
func (o Owner) OwnedBy() int64 { return o.ID }

// OwnedBy is the owner that the session is for.
func (s Session) OwnedBy() int64 { return s.OwnerID }

// OwnedBy is the owner that the key is bound to; 0: none.
func (k Key) OwnedBy() int64 { return k.OwnerID }

// OwnedBy is the owner of the group.
func (g Group) OwnedBy() int64 { return g.OwnerID }

// errReplyExists tells that another transaction kept an answer under the same key.
var errReplyExists = errors.New("a reply exists under this key")

// replayed is *Replayed or ErrOnceReused when the key was used, nil when it was not.
func (s *Service) replayed(ctx context.Context, tx Tx, want Reply) error {
	kept, err := tx.Reply(ctx, want.WorkspaceID, want.Route, want.KeyHash)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("kept reply: %w", err)
	}
	if !s.now().Before(kept.ExpiresAt) {
		return tx.DeleteReply(ctx, kept.WorkspaceID, kept.ID)
	}
	if subtle.ConstantTimeCompare(kept.Fingerprint, want.Fingerprint) != 1 {
		return ErrOnceReused
	}
	body, err := s.vault.Open(kept.place(), kept.Sealed)
	if err != nil {
		return fmt.Errorf("kept reply: %w", err)
	}
	return &Replayed{Reply: body}
}

func onceHash(c Caller, key string) []byte {
	h := sha256.Sum256([]byte(strconv.FormatInt(c.OwnerID, 10) + "\n" + key))
	return h[:]
}

func plainOnceKey(key string) bool {
	if len(key) > 255 {
		return false
	}
	for _, r := range []byte(key) {
		if r <= ' ' || r >= 0x7f {
			return false
		}
	}
	return key != ""
}

// DropReplies deletes the kept answers of requests that are a day old. The caller runs
// it every few minutes.
func (s *Service) DropReplies(ctx context.Context) error {
	for {
		var dropped int64
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			dropped, err = tx.DropReplies(ctx, s.now(), sweepBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("drop kept replies: %w", err)
		}
		if dropped < sweepBatch {
			return nil
		}
	}
}
