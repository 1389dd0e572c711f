package cli

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// World is all that a command touches outside of itself, so that a test can give
// another one.
type World struct {
	Getenv         func(string) string
	Environ        func() []string // as os.Environ; nil: nobody lists it
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Width tells how many columns the terminal behind Stdout or Stderr has; 0: it
	// is no terminal. nil: the operating system is asked.
	Width func(io.Writer) int
	// Interactive tells whether a person can be asked: Stdin and Stderr are a terminal.
	// nil: the operating system is asked.
	Interactive func() bool
	// Now and After are the clock. nil: time.Now, time.After.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
}

func (w *World) width(out io.Writer) int {
	if w.Width != nil {
		return w.Width(out)
	}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		return 80
	}
	return columns
}

func (w *World) interactive() bool {
	if w.Interactive != nil {
		return w.Interactive()
	}
	in, ok := w.Stdin.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && w.width(w.Stderr) > 0
}

func (w *World) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

func (w *World) after(d time.Duration) <-chan time.Time {
	if w.After != nil {
		return w.After(d)
	}
	return time.After(d)
}

// colors tells whether out shows colours: a terminal that can, and nobody objects
// (https://no-color.org).
func (w *World) colors(out io.Writer) bool {
	return w.width(out) > 0 && w.Getenv("NO_COLOR") == "" && w.Getenv("TERM") != "dumb"
}
