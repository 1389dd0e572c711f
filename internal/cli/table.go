package cli

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
)

const (
	gap         = "  "
	narrowest   = 8 // a column that gives way keeps this much
	uncountable = 1 << 20
)

// cell is a table's text, and how to paint it after it was measured.
type cell struct {
	text  string
	paint func(string) string // nil: as it is
}

// writeTable aligns rows under a head. Where the terminal is too narrow, the
// widest column gives way; where there is no terminal (width 0) none does.
func writeTable(out io.Writer, p palette, width int, head []string, rows [][]cell) {
	widths := columnWidths(width, head, rows)
	titles := make([]cell, len(head))
	for i, h := range head {
		titles[i] = cell{h, p.dim}
	}
	for _, row := range append([][]cell{titles}, rows...) {
		fmt.Fprintln(out, tableLine(row, widths))
	}
}

func tableLine(row []cell, widths []int) string {
	var b strings.Builder
	for i, c := range row {
		text := shorten(c.text, widths[i])
		space := strings.Repeat(" ", max(0, widths[i]-lipgloss.Width(text)))
		if c.paint != nil {
			text = c.paint(text)
		}
		b.WriteString(text)
		if i < len(row)-1 {
			b.WriteString(space + gap)
		}
	}
	return b.String()
}

func columnWidths(width int, head []string, rows [][]cell) []int {
	if width == 0 {
		width = uncountable
	}
	widths := make([]int, len(head))
	total := len(gap) * (len(head) - 1)
	for i, h := range head {
		widths[i] = lipgloss.Width(h)
		for _, row := range rows {
			widths[i] = max(widths[i], lipgloss.Width(row[i].text))
		}
		total += widths[i]
	}
	for ; total > width; total-- {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return widths
}
