package cli_test

import (
	"slices"
	"strings"
	"testing"

	"rsc.io/qr"
)

// drawn reads the modules back from what the terminal shows: true is dark.
func drawn(t *testing.T, stdout string, painted bool) [][]bool {
	t.Helper()
	var modules [][]bool
	for line := range strings.Lines(stdout) {
		line = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "  ")
		switch {
		case painted && !strings.HasPrefix(line, "\x1b[38;5;16;48;5;231m"), !strings.ContainsAny(line, "█▀▄"):
			if !painted || !strings.HasPrefix(line, "\x1b[38") {
				continue
			}
		}
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[38;5;16;48;5;231m"), "\x1b[0m")
		var top, bottom []bool
		for _, r := range line {
			top = append(top, (r == '█' || r == '▀') == painted)
			bottom = append(bottom, (r == '█' || r == '▄') == painted)
		}
		modules = append(modules, top, bottom)
	}
	return modules
}

// The modules that a camera would see are those of the encoder, with a light border.
func TestQRCode(t *testing.T) {
	t.Parallel()
	code, err := qr.Encode(link, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		term    terminal
		painted bool
	}{
		"painted":  {terminal{columns: 100}, true},
		"NO_COLOR": {terminal{columns: 100, env: map[string]string{"NO_COLOR": "1"}}, false},
		"dumb":     {terminal{columns: 100, env: map[string]string{"TERM": "dumb"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newFakeAPI(t, success).runOn(t, t.Context(), tt.term, "connect")
			modules := drawn(t, got.stdout, tt.painted)
			if len(modules) < code.Size+4 {
				t.Fatalf("got %d rows, want at least %d:\n%s", len(modules), code.Size+4, got.stdout)
			}
			for y := range code.Size + 4 {
				want := make([]bool, code.Size+4)
				for x := range want {
					want[x] = code.Black(x-2, y-2)
				}
				if !slices.Equal(modules[y], want) {
					t.Fatalf("row %d: got %v, want %v", y, modules[y], want)
				}
			}
		})
	}
}

func TestQRCodeWhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		columns int
		args    []string
		want    bool
	}{
		"wide terminal":         {100, nil, true},
		"wide terminal, --json": {100, []string{"--json"}, false},
		"narrow terminal":       {30, nil, false},
		"narrow, asked for":     {30, []string{"--qr"}, true},
		"no terminal":           {0, nil, false},
		"file, asked for":       {0, []string{"--qr"}, true},
		"not wanted":            {100, []string{"--no-qr"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newFakeAPI(t, success).runOn(t, t.Context(), terminal{columns: tt.columns}, append([]string{"connect"}, tt.args...)...)
			if shown := strings.Contains(got.stdout, "▀"); shown != tt.want {
				t.Errorf("QR code shown: got %t, want %t", shown, tt.want)
			}
			wantContains(t, "stdout", got.stdout, link)
		})
	}
}
