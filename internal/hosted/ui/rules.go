package ui

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// wideFrom is the number of tiles from which two columns read better than one.
const wideFrom = 7

// stickyFrom is the number of targets from which the button stays in sight while
// a person scrolls.
const stickyFrom = 7

func chooseClass(v ChooseView) string {
	if len(v.Tiles) >= wideFrom {
		return "wide"
	}
	return ""
}

// noticeRole makes a problem heard at once, anything else in its turn.
func noticeRole(tone Tone) string {
	if tone == Problem {
		return "alert"
	}
	return "status"
}

func (v TargetsView) plural(key string) string {
	if v.Many {
		return v.text(key + ".many")
	}
	return v.text(key + ".one")
}

func (v TargetsView) inputType() string {
	if v.Many {
		return "checkbox"
	}
	return "radio"
}

func (v TargetsView) selectable() bool {
	return slices.ContainsFunc(v.Rows, func(r TargetRow) bool { return r.Selectable })
}

// describedBy names the elements that say more about a row, for screen readers.
func (r TargetRow) describedBy(id string) string {
	var ids []string
	if r.Detail != "" {
		ids = append(ids, id+"-detail")
	}
	if !r.Selectable && r.Reason != "" {
		ids = append(ids, id+"-why")
	}
	return strings.Join(ids, " ")
}

func (v OutcomeView) tone() Tone {
	if v.Tone == Success || v.Tone == Problem {
		return v.Tone
	}
	return Neutral
}

func (v OutcomeView) hasWays() bool {
	return v.Retry != nil || v.Restart != "" || v.Back != nil || v.BackURL != "" || v.More != ""
}

func (v OutcomeView) rank(first bool) string {
	if first {
		return "primary"
	}
	return ""
}

func (v ProgressView) seconds() string {
	if v.Seconds > 0 {
		return strconv.Itoa(v.Seconds)
	}
	return "3"
}

// confirmSeconds is how often a page looks whether the application confirmed.
const confirmSeconds = "5"

func element(prefix string, n int) string { return prefix + "-" + strconv.Itoa(n) }

func names(fields map[string]string) []string { return slices.Sorted(maps.Keys(fields)) }
