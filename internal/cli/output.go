package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
)

// palette paints text, or leaves it alone where colours are not wanted. Only the
// sixteen colours that follow the reader's own theme are used.
type palette struct{ on bool }

func (w *World) palette(out io.Writer) palette { return palette{w.colors(out)} }

func (p palette) bold(s string) string { return p.paint(lipgloss.NewStyle().Bold(true), s) }
func (p palette) dim(s string) string  { return p.paint(lipgloss.NewStyle().Faint(true), s) }
func (p palette) good(s string) string {
	return p.paint(lipgloss.NewStyle().Foreground(lipgloss.Green), s)
}

func (p palette) warn(s string) string {
	return p.paint(lipgloss.NewStyle().Foreground(lipgloss.Yellow), s)
}

func (p palette) bad(s string) string {
	return p.paint(lipgloss.NewStyle().Foreground(lipgloss.Red), s)
}

func (p palette) paint(style lipgloss.Style, s string) string {
	if !p.on || s == "" {
		return s
	}
	return style.Render(s)
}

// clean makes text from a platform or a server safe for a terminal: no control
// characters (escape sequences begin with one), no bidirectional overrides, one line.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u2028', r == '\u2029':
			return -1
		default:
			return r
		}
	}, s)
}

// shorten cuts s to at most width columns, with an ellipsis.
func shorten(s string, width int) string {
	if width <= 0 || lipgloss.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && lipgloss.Width(string(runes))+1 > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
}

// clock is a time of day for people, with the date when it is not today.
func (w *World) clock(t time.Time) string {
	t, now := t.Local(), w.now().Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// told is a time as people tell it, with the time itself; empty: it is not known.
func (w *World) told(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return distance(t.Sub(w.now())) + " (" + w.day(t) + ")"
}

// distance is how far a time lies from now, in the unit that fits.
func distance(d time.Duration) string {
	count := func(unit time.Duration) int { return int((d.Abs() + unit/2) / unit) }
	far := "less than a minute"
	switch {
	case count(time.Hour) >= 48:
		far = counted(count(24*time.Hour), "day")
	case count(time.Minute) >= 90:
		far = counted(count(time.Hour), "hour")
	case d.Abs() >= time.Minute:
		far = counted(count(time.Minute), "minute")
	}
	if d > 0 {
		return "in " + far
	}
	return far + " ago"
}

// writeJSON writes one line. HTML characters stay as they are, so that a link can
// be read in it.
func writeJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}
