package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// Answer is what a request is answered.
type Answer struct {
	Body    []byte
	OwnerID int64 // whom it tells of; 0: whom the caller acts for. It is erased with them
}

// AnswerOnce is Once for requests whose effect is the same however often it is had, such
// as pausing: do has it, and the bytes that it answers are kept for a day. The key's place
// is taken before: another request under it is ErrOnceReused from then on, and one that
// was answered is *Replayed. A refused request keeps nothing.
//
// do is told again when an earlier request under the key was never answered: it may have
// had its effect, or may be having it now.
func (s *Service) AnswerOnce(ctx context.Context, c Caller, once Once[Answer], do func(again bool) (Answer, error)) ([]byte, error) {
	if once.Key == "" {
		answer, err := do(false)
		return answer.Body, err
	}
	if !plainOnceKey(once.Key) {
		return nil, ErrOnceKey
	}
	place, again, err := s.takePlace(ctx, c, once)
	if err != nil {
		return nil, err
	}
	answer, refused := do(again)
	err = s.store.InTx(context.WithoutCancel(ctx), func(tx Tx) error {
		if refused != nil {
			return tx.DeleteReply(ctx, place.WorkspaceID, place.ID)
		}
		if answer.OwnerID != 0 {
			place.OwnerID = answer.OwnerID
		}
		return s.sealReply(ctx, tx, place, vault.NewSecret(string(answer.Body)))
	})
	if isNotFound(err) { // a duplicate that was refused took the place away
		err = nil
	}
	if refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("keep reply: %w", err)
	}
	return answer.Body, nil
}

// takePlace keeps an empty answer under the key, or finds the one that is there: again
// tells that it is still empty.
func (s *Service) takePlace(ctx context.Context, c Caller, once Once[Answer]) (place Reply, again bool, err error) {
	want := Reply{
		WorkspaceID: c.WorkspaceID, OwnerID: c.OwnerID, Route: once.Route, KeyHash: onceHash(c, once.Key), Fingerprint: once.Fingerprint, ExpiresAt: s.now().Add(onceLifetime),
	}
	take := func() error {
		return s.store.InTx(ctx, func(tx Tx) (err error) {
			place, again, err = s.placeOf(ctx, tx, want)
			return err
		})
	}
	if err = take(); errors.Is(err, errReplyExists) { // a duplicate was first
		err = take()
	}
	return place, again, err
}

func (s *Service) placeOf(ctx context.Context, tx Tx, want Reply) (place Reply, again bool, err error) {
	err = s.replayed(ctx, tx, want)
	var before *Replayed
	switch {
	case errors.As(err, &before) && before.Reply.Empty():
		place, err = tx.Reply(ctx, want.WorkspaceID, want.Route, want.KeyHash)
		return place, true, err
	case err != nil:
		return Reply{}, false, err
	}
	place, err = tx.InsertReply(ctx, want)
	if errors.Is(err, fault.Conflict) {
		return Reply{}, false, errReplyExists
	}
	if err != nil {
		return Reply{}, false, fmt.Errorf("keep reply: %w", err)
	}
	return place, false, s.sealReply(ctx, tx, place, vault.Secret{})
}

func (s *Service) sealReply(ctx context.Context, tx Tx, place Reply, answer vault.Secret) error {
	sealed, err := s.vault.Seal(place.place(), answer)
	if err != nil {
		return err
	}
	return tx.SealReply(ctx, place.WorkspaceID, place.ID, place.OwnerID, sealed)
}
