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

func (v StartView) heading() string {
	if v.Again != nil {
		return v.named(v.Platform, &v.Again.Account, "connect.again.heading")
	}
	return v.about(v.Platform, "connect.start.heading")
}

func (v StartView) lead() string {
	if v.Again != nil {
		return v.about(v.Platform, "connect.again.lead")
	}
	return v.about(v.Platform, "connect.start.lead")
}

func (v StartView) button() string {
	if v.Asks {
		return v.text("connect.input.continue")
	}
	return v.about(v.Platform, "connect.start.go")
}

func (v InputView) heading() string {
	if v.Account != nil {
		return v.named(v.Platform, v.Account, "connect.again.heading")
	}
	return v.say("heading")
}

// heading is a plain one where nothing is left to lose since the person was warned.
func (v WarnView) heading() string {
	if len(v.Rows) == 0 {
		return v.text("connect.confirm.heading")
	}
	return v.count("connect.warn.heading")
}

// count prints a text about all of the rows.
func (v WarnView) count(key string) string { return v.P.N(key, len(v.Rows), v.args(v.Platform)) }

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
