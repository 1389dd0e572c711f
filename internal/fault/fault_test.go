package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchbay/internal/fault"
)

func TestIsMatchesTheCodeThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("open session 7: %w", fault.New(fault.NotFound, "link_unknown", "No such link."))
	if !errors.Is(err, fault.NotFound) || errors.Is(err, fault.Conflict) {
		t.Errorf("got %v, want NotFound and nothing else", err)
	}
}

func TestForeignErrorsSayNothing(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp 10.0.0.7: password hunter2")
	got := fault.From(fmt.Errorf("read: %w", cause))
	if got.Code != fault.Internal || strings.Contains(got.Message, "hunter2") {
		t.Errorf("got %s %q, want internal without the cause", got.Code, got.Message)
	}
	if !errors.Is(got, cause) {
		t.Error("the log lost the cause")
	}
}

func TestCodesAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[fault.Code]bool{}
	for _, c := range fault.Codes() {
		if seen[c] {
			t.Errorf("code %s stands twice", c)
		}
		seen[c] = true
	}
}

func TestIsMatchesReasonWithACause(t *testing.T) {
	t.Parallel()
	one := fault.New(fault.Invalid, "one", "One.")
	other := fault.New(fault.Invalid, "other", "Other.")
	got := fmt.Errorf("wrapped: %w", one.Because(errors.New("cause")))
	if !errors.Is(got, one) || errors.Is(got, other) || !errors.Is(got, fault.Invalid) || errors.Is(got, fault.NotFound) {
		t.Errorf("got is one %v, other %v, invalid %v, not found %v", errors.Is(got, one), errors.Is(got, other), errors.Is(got, fault.Invalid), errors.Is(got, fault.NotFound))
	}
}
