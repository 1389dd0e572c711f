// Package dialecttest replays what a vendor's documentation shows against our
// imitation of it. It owns the golden file format and the comparison; what the
// requests run against is the dialect's own test's to build.
//
// A golden file (*.http) begins with free text, followed by sections:
//
//	=== request
//	a curl command line, or a plain HTTP request, copied from the documentation
//	=== response
//	HTTP/1.1 200 OK
//	Content-Type: application/json
//
//	{"the": "body"}
//	=== step name arguments
//	=== redirect
//	https://client.example.com/callback?…
//
// A response section holds the answer to the request above it: the status line, the
// headers that matter, and the body. The document's JSON may be laid out for reading;
// compacted, it must equal our bytes: the same members, in the same order, written the
// same way. A step is something that happens outside of the interface. A redirect
// section is the address where the person ends.
package dialecttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// World is what one golden file runs against.
type World struct {
	Handler http.Handler
	// Origin is the vendor's, which every request must be addressed to.
	Origin string
	// Words are the document's stand-ins, such as "<token>", and what they are in
	// this run. They are replaced in every section.
	Words map[string]string
	// Learn looks at every answer for values that stand-ins get from now on. Nil: none.
	Learn func(body []byte)
	// Steps by name; each gets the rest of its line.
	Steps map[string]func(t *testing.T, arguments string)
	// Redirect is where the person would be sent now.
	Redirect func(t *testing.T) string
}

// Replay runs each golden file of the folder in a world of its own.
func Replay(t *testing.T, open func(t *testing.T) *World, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.http"))
	if err != nil || len(files) == 0 {
		t.Fatalf("golden files in %s: got %d, %v", dir, len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".http"), func(t *testing.T) {
			t.Parallel()
			ReplayFile(t, open(t), file)
		})
	}
}

// ReplayFile runs one golden file.
func ReplayFile(t *testing.T, w *World, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	play(t, w, string(text))
}

// play runs the sections in order.
func play(t *testing.T, w *World, text string) {
	t.Helper()
	var got *httptest.ResponseRecorder
	checks := 0
	for _, s := range sections(text) {
		switch s.kind {
		case "request":
			got = w.send(t, w.words(s.body))
		case "response":
			if got == nil {
				t.Fatal("a response section without a request")
			}
			compare(t, got, w.words(s.body))
			got, checks = nil, checks+1
		case "redirect":
			if got, want := w.Redirect(t), strings.TrimSpace(w.words(s.body)); got != want {
				t.Errorf("redirect:\n got %s\nwant %s", got, want)
			}
			checks++
		case "step":
			w.step(t, s.arguments)
		default:
			t.Fatalf("unknown section %q", s.kind)
		}
	}
	if checks == 0 || got != nil {
		t.Error("the file has a request without a response, or checks nothing")
	}
}

type section struct{ kind, arguments, body string }

// sections splits a golden file; the text before the first is left out.
func sections(text string) []section {
	var out []section
	for _, part := range strings.Split("\n"+text, "\n=== ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		kind, arguments, _ := strings.Cut(strings.TrimSpace(head), " ")
		out = append(out, section{kind, arguments, body})
	}
	return out
}

func (w *World) words(s string) string {
	for word, is := range w.Words {
		s = strings.ReplaceAll(s, word, is)
	}
	return s
}

func (w *World) step(t *testing.T, line string) {
	t.Helper()
	name, arguments, _ := strings.Cut(line, " ")
	step, ok := w.Steps[name]
	if !ok {
		t.Fatalf("unknown step %q", name)
	}
	step(t, arguments)
}

func (w *World) send(t *testing.T, text string) *httptest.ResponseRecorder {
	t.Helper()
	req, err := parseRequest(text)
	if err != nil {
		t.Fatal(err)
	}
	if origin := req.URL.Scheme + "://" + req.URL.Host; origin != w.Origin {
		t.Fatalf("the request goes to %s, want %s", origin, w.Origin)
	}
	answer := httptest.NewRecorder()
	w.Handler.ServeHTTP(answer, req)
	if w.Learn != nil {
		w.Learn(answer.Body.Bytes())
	}
	return answer
}

// compare holds an answer to a response section.
func compare(t *testing.T, got *httptest.ResponseRecorder, text string) {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	statusLine, headers, _ := strings.Cut(head, "\n")
	if got := fmt.Sprintf("HTTP/1.1 %d %s", got.Code, http.StatusText(got.Code)); got != strings.TrimSpace(statusLine) {
		t.Errorf("status: got %s, want %s", got, statusLine)
	}
	want, err := parseHeaders(headers)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range want {
		if diff := cmp.Diff(values, got.Header().Values(name)); diff != "" {
			t.Errorf("header %s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(compact(body), got.Body.String()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// compact takes the layout out of a JSON text; anything else it only trims.
func compact(text string) string {
	var out bytes.Buffer
	if json.Compact(&out, []byte(text)) != nil {
		return strings.TrimSpace(text)
	}
	return out.String()
}

func parseHeaders(text string) (http.Header, error) {
	header := http.Header{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("%q is no header", line)
		}
		header.Add(textproto.TrimString(name), textproto.TrimString(value))
	}
	return header, nil
}

func newRequest(method, address string, header http.Header, body string) (*http.Request, error) {
	req, err := http.NewRequest(method, address, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		return nil, fmt.Errorf("golden request: %w", err)
	}
	req.Header = header
	return req, nil
}
