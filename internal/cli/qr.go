package cli

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the light border around a QR code, in modules. The standard asks for
// four (ISO/IEC 18004); terminals have their own margin, and two keep it readable.
const quiet = 2

// renderQR draws text as a QR code of half blocks: two modules a character. With
// colors the modules are painted black on white whatever the terminal's theme is
// (16 and 231 of the 256 are fixed, the first 16 are the theme's). Without, light
// modules are drawn, which is right on a dark terminal and inverted on a light
// one; most cameras read both.
func renderQR(text string, colors bool) (lines []string, width int, err error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, 0, fmt.Errorf("QR code: %w", err)
	}
	width = code.Size + 2*quiet
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			line.WriteString(halfBlock(code.Black(x, y), code.Black(x, y+1), colors))
		}
		lines = append(lines, paintQR(line.String(), colors))
	}
	return lines, width, nil
}

// halfBlock is one character for two modules; ink is what a painted character
// draws: dark modules with colors, light ones without.
func halfBlock(top, bottom, colors bool) string {
	if !colors {
		top, bottom = !top, !bottom
	}
	switch {
	case top && bottom:
		return "█"
	case top:
		return "▀"
	case bottom:
		return "▄"
	default:
		return " "
	}
}

func paintQR(line string, colors bool) string {
	if !colors {
		return line
	}
	return "\x1b[38;5;16;48;5;231m" + line + "\x1b[0m"
}
