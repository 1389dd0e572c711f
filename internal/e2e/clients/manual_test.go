package clients_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// Every line of docs/api.md, and after it of docs/health.md and docs/channels.md, that a reader may paste is
// pasted here, in order, into one shell. Where a connect link comes out, a person connects
// two Facebook pages with it.
func TestManualOfTheAPICanBePasted(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{})
	shell := openShell(t, w)
	var ran int
	for _, b := range slices.Concat(blocks(t, root+"/docs/api.md"), blocks(t, root+"/docs/health.md"), blocks(t, root+"/docs/channels.md")) {
		if b.language != "bash" || strings.HasPrefix(b.text, "export PATCHBAY_URL=") { // the reader's own address
			continue
		}
		ran++
		said := shell.paste(b.text)
		refused := strings.Contains(b.answer, "/problems/")
		if strings.Contains(said, `"/problems/`) != refused {
			t.Errorf("got %s\nof %s:\n%s", said, b.at(), b.text)
		}
		if b.answer != "" {
			sameShape(t, b.at(), decoded(t, b.answer), decoded(t, lastLine(said)))
		}
		if address := link.FindString(said); address != "" {
			if to := consent(t, address).Redirect; strings.Contains(to, "code=") {
				shell.paste("CODE=" + codeOf(t, to))
			}
		}
	}
	if ran < 20 || len(w.Channels(t)) != 2 {
		t.Errorf("got %d blocks and %d channels, want the whole manual and 2", ran, len(w.Channels(t)))
	}
}

// block is a piece of code in a page of the manual.
type block struct {
	language string
	page     string
	line     int
	text     string
	answer   string // the JSON that the page shows right after it
}

func (b block) at() string { return fmt.Sprintf("%s line %d", b.page, b.line) }

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```\n(\n```json\n(.*?)^```\n)?")

func blocks(t *testing.T, file string) []block {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []block
	for _, at := range fence.FindAllSubmatchIndex(page, -1) {
		b := block{page: path.Base(file), language: string(page[at[2]:at[3]]), line: 2 + strings.Count(string(page[:at[0]]), "\n"), text: string(page[at[4]:at[5]])}
		if at[8] >= 0 {
			b.answer = string(page[at[8]:at[9]])
		}
		out = append(out, b)
	}
	return out
}

// sameShape holds an answer to the members that the manual shows, no more and no fewer.
func sameShape(t *testing.T, at string, shown, got any) {
	t.Helper()
	switch shown := shown.(type) {
	case object:
		got, ok := got.(object)
		if !ok {
			t.Errorf("%s: got %v, want an object as the manual shows", at, got)
			return
		}
		for name, value := range shown {
			if _, ok := got[name]; !ok {
				t.Errorf("%s.%s is in the manual and not in the answer", at, name)
			} else if value != nil && got[name] != nil && name != "data" || strings.HasPrefix(fmt.Sprintf("%T", value), "[]") {
				sameShape(t, at+"."+name, value, got[name])
			}
		}
		for name := range got {
			if _, ok := shown[name]; !ok {
				t.Errorf("%s.%s is in the answer and not in the manual", at, name)
			}
		}
	case []any:
		if got, ok := got.([]any); ok && len(shown) > 0 && len(got) > 0 {
			sameShape(t, at+"[0]", shown[0], got[0])
		}
	default:
		if fmt.Sprintf("%T", shown) != fmt.Sprintf("%T", got) {
			t.Errorf("%s: got %v, want a %T as the manual shows", at, got, shown)
		}
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// shell is a reader's terminal.
type shell struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

func openShell(t *testing.T, w *e2e.World) *shell {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash")
	cmd.Env, cmd.Dir = environment(w), t.TempDir()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	s := &shell{t: t, in: in, out: bufio.NewScanner(out)}
	s.out.Buffer(nil, 1<<20)
	return s
}

const prompt = "=== exit code "

// paste runs lines and returns what they wrote. They must end well.
func (s *shell) paste(text string) string {
	s.t.Helper()
	if _, err := fmt.Fprintf(s.in, "%s\nprintf '\\n%s%%d\\n' $?\n", text, prompt); err != nil {
		s.t.Fatal(err)
	}
	var said []string
	for s.out.Scan() {
		if code, ended := strings.CutPrefix(s.out.Text(), prompt); ended {
			if code != "0" {
				s.t.Errorf("got exit code %s of:\n%s\n%s", code, text, strings.Join(said, "\n"))
			}
			return strings.Join(slices.DeleteFunc(said, func(line string) bool { return line == "" }), "\n")
		}
		said = append(said, s.out.Text())
	}
	s.t.Fatalf("the shell ended at:\n%s\n%s", text, strings.Join(said, "\n"))
	return ""
}
