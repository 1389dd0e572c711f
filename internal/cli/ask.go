package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
)

// maxAnswered is the longest answer that is read, in bytes.
const maxAnswered = 4 << 10

// ask puts a question on standard error and answers the line that the person types.
func (w *World) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(w.Stderr, question)
	typed := make(chan string, 1)
	go func() { // a read of a terminal cannot be canceled: it ends with the program
		line, _ := bufio.NewReader(io.LimitReader(w.Stdin, maxAnswered)).ReadString('\n') // no line is an answer too: an empty one
		typed <- strings.TrimSpace(line)
	}()
	select {
	case line := <-typed:
		return line, nil
	case <-ctx.Done():
		fmt.Fprintln(w.Stderr)
		return "", errInterrupted
	}
}

// agreed asks for a yes to something that costs something. Where nobody can be asked,
// flag is what says yes.
func (w *World) agreed(ctx context.Context, question, flag string) error {
	if !w.interactive() {
		return &exitError{code: exitUsage, what: "this asks first, and there is no terminal to ask on", next: "add " + flag + " when you are sure"}
	}
	answer, err := w.ask(ctx, question+" [y/N] ")
	if err != nil {
		return err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return &exitError{code: exitCanceled, what: "nothing was done", next: "answer y to go on, or add " + flag}
	}
	return nil
}
