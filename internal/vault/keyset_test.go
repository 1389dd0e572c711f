package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/vault"
)

func parse(t *testing.T, text []byte) vault.Keyset {
	t.Helper()
	set, err := vault.ParseKeyset(text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func text(t *testing.T, set vault.Keyset, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	out, err := set.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func newSet(t *testing.T) vault.Keyset {
	t.Helper()
	fresh, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, fresh)
}

func seal(t *testing.T, v *vault.Vault, secret string) []byte {
	t.Helper()
	sealed, err := v.Seal(home, vault.NewSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestAKeysetIsRotatedStepByStep(t *testing.T) {
	t.Parallel()
	first := newSet(t)
	old := first.Primary()
	if _, pending := first.Pending(); pending || len(first.Others()) != 0 {
		t.Errorf("fresh: got pending %v and others %v, want neither", pending, first.Others())
	}
	added, id, err := first.Add()
	kept := parse(t, text(t, added, err)) // what a file keeps
	if got, pending := kept.Pending(); got != id || !pending || kept.Primary() != old {
		t.Errorf("added: got pending %v (%v), primary %v, want %v and %v", got, pending, kept.Primary(), id, old)
	}
	promoted, err := kept.Promote(id)
	kept = parse(t, text(t, promoted, err))
	if _, pending := kept.Pending(); pending || kept.Primary() != id || !slices.Equal(kept.Others(), []vault.KeyID{old}) {
		t.Errorf("promoted: got pending %v, primary %v, others %v, want %v alone primary", pending, kept.Primary(), kept.Others(), id)
	}
	removed, err := kept.Remove(old)
	if kept = parse(t, text(t, removed, err)); !slices.Equal(kept.Keys(), []vault.KeyID{id}) {
		t.Errorf("removed: got %v, want %v alone", kept.Keys(), id)
	}
	if _, err := kept.Remove(id); err == nil {
		t.Error("removing the primary key: got no error, want one")
	}
	if _, err := kept.Promote(old); err == nil {
		t.Error("promoting an absent key: got no error, want one")
	}
}

func TestSealedValuesNameTheirKey(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	v, err := vault.New(text(t, set, nil))
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, v, "hunter2")
	if id, ok := vault.KeyIDOf(sealed); id != set.Primary() || !ok || !bytes.HasPrefix(sealed, id.Prefix()) {
		t.Errorf("got key %v (%v), want %v", id, ok, set.Primary())
	}
	for _, not := range [][]byte{nil, {}, {1, 2, 3, 4}, {0, 1, 2, 3, 4, 5}} {
		if id, ok := vault.KeyIDOf(not); ok {
			t.Errorf("%v: got key %v, want none", not, id)
		}
	}
}

func TestEveryKeyOfTheRingOpensAndThePrimarySeals(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	v, err := vault.New(text(t, set, nil))
	if err != nil {
		t.Fatal(err)
	}
	before := seal(t, v, "before")
	added, id, err := set.Add()
	if changed, err := v.Reload(text(t, added, err)); !changed || err != nil || v.Primary() != set.Primary() {
		t.Fatalf("added: got %v, %v, primary %v, want the old primary to stay", changed, err, v.Primary())
	}
	promoted, err := added.Promote(id)
	if changed, err := v.Reload(text(t, promoted, err)); !changed || err != nil || v.Primary() != id {
		t.Fatalf("promoted: got %v, %v, primary %v, want %v", changed, err, v.Primary(), id)
	}
	if changed, err := v.Reload(text(t, promoted, nil)); changed || err != nil {
		t.Errorf("the same again: got %v, %v, want no change", changed, err)
	}
	if s, err := v.Open(home, before); err != nil || s.Reveal() != "before" {
		t.Errorf("sealed before: got %q, %v", s.Reveal(), err)
	}
	if got, _ := vault.KeyIDOf(seal(t, v, "after")); got != id {
		t.Errorf("sealed after: got key %v, want %v", got, id)
	}
	removed, err := promoted.Remove(set.Primary())
	if changed, err := v.Reload(text(t, removed, err)); !changed || err != nil {
		t.Fatalf("removed: got %v, %v", changed, err)
	}
	if _, err := v.Open(home, before); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("without its key: got %v, want ErrSealed", err)
	}
}

func TestABadKeysetLeavesTheKeysInUse(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	good := text(t, set, nil)
	v, err := vault.New(good)
	if err != nil {
		t.Fatal(err)
	}
	other := text(t, newSet(t), nil)
	for name, bad := range map[string][]byte{
		"empty": nil, "truncated": good[:len(good)/2], "not JSON": []byte("hunter2"), "other keys": other,
		"unmarked": bytes.Replace(good, []byte(`"TINK"`), []byte(`"RAW"`), 1),
		"disabled": bytes.Replace(good, []byte(`"ENABLED"`), []byte(`"DISABLED"`), 1),
	} {
		changed, err := v.Reload(bad)
		if changed || err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, %v, want an error without the text", name, changed, err)
		}
		if v.Primary() != set.Primary() {
			t.Errorf("%s: the keys in use changed", name)
		}
	}
	if _, err := v.Reload(other); !errors.Is(err, vault.ErrOtherKeys) {
		t.Errorf("other keys: got %v, want ErrOtherKeys", err)
	}
}

// source is a file in memory that counts how often it is read.
type source struct {
	mu    sync.Mutex
	text  []byte
	reads int
}

func (s *source) read() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.text, nil
}

func (s *source) set(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

func TestAnUnknownKeyIsAskedForOnceASecond(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	src := &source{text: text(t, set, nil)}
	v, err := vault.Watch(src.read)
	if err != nil {
		t.Fatal(err)
	}
	added, id, err := set.Add()
	promoted, err2 := added.Promote(id)
	src.set(text(t, promoted, errors.Join(err, err2)))
	elsewhere, err := vault.Watch(src.read)
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, elsewhere, "new")
	if s, err := v.Open(home, sealed); err != nil || s.Reveal() != "new" {
		t.Errorf("a new key's value: got %q, %v, want it opened", s.Reveal(), err)
	}
	reads := src.reads
	forged := append(vault.KeyID(1).Prefix(), sealed[vault.PrefixLen:]...)
	for range 100 {
		if _, err := v.Open(home, forged); !errors.Is(err, vault.ErrSealed) {
			t.Fatalf("a made-up key: got %v, want ErrSealed", err)
		}
	}
	if src.reads > reads+1 {
		t.Errorf("got %d reads for 100 made-up keys, want at most one a second", src.reads-reads)
	}
}

func TestKeysChangeWhileInUse(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	v, err := vault.New(text(t, set, nil))
	if err != nil {
		t.Fatal(err)
	}
	var users sync.WaitGroup
	stop := make(chan struct{})
	for i := range 4 {
		users.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				sealed, err := v.Seal(home, vault.NewSecret("hunter2"))
				if err != nil {
					t.Errorf("user %d: %v", i, err)
					return
				}
				if s, err := v.Open(home, sealed); err != nil || s.Reveal() != "hunter2" {
					t.Errorf("user %d: got %q, %v", i, s.Reveal(), err)
					return
				}
			}
		})
	}
	for range 20 {
		added, id, err := set.Add()
		if _, err := v.Reload(text(t, added, err)); err != nil {
			t.Fatal(err)
		}
		set, err = added.Promote(id)
		if _, err := v.Reload(text(t, set, err)); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	users.Wait()
}

func TestKeysetsDoNotPrintKeys(t *testing.T) {
	t.Parallel()
	set := newSet(t)
	full := string(text(t, set, nil))
	_, rest, _ := strings.Cut(full, `"value":"`)
	key, _, _ := strings.Cut(rest, `"`)
	if printed := fmt.Sprintf("%v %+v %#v %s", set, set, set, set); key == "" || strings.Contains(printed, key) {
		t.Errorf("the key printed: %s", printed)
	}
}
