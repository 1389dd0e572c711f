package api

import (
	"slices"
	"testing"

	"patchbay/internal/connect"
)

func TestTheDocumentListsEveryTypeOfEvent(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, row := range eventTypes {
		if row.tells == "" {
			t.Errorf("%s: says nothing", row.name)
		}
		listed = append(listed, row.name)
	}
	want := slices.Sorted(slices.Values(connect.EventTypes()))
	if slices.Sort(listed); !slices.Equal(listed, want) {
		t.Errorf("got %q, want %q", listed, want)
	}
}
