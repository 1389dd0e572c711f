package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

// Exit codes, the same for every command. They are documented in docs/cli.md and
// in the help texts below: change all of them together.
const (
	exitOK           = 0
	exitOther        = 1
	exitUsage        = 2
	exitFailed       = 3
	exitExpired      = 4
	exitCanceled     = 5
	exitUnauthorized = 6
	exitUnreachable  = 7
	exitNeeds        = 8
	exitInterrupted  = 130 // 128 + SIGINT, as shells have it
)

const exitHelp = `
Exit codes:

    0     done
    1     another error
    2     wrong usage, or the server refuses the input
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    130   interrupted
`

const checkExitHelp = `
Exit codes:

    0     done, and nobody has to act
    1     another error
    2     wrong usage, or the server refuses the input
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    8     the channel does not work, or not for long: somebody has to act, or the platform to come back
    130   interrupted
`

const tokenExitHelp = `
Exit codes:

    0     leased
    1     another error
    2     wrong usage, or the server refuses the input
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    8     there is no token to lease: the person has to consent again
    130   interrupted
`

const askExitHelp = `
Exit codes:

    0     done
    1     another error
    2     wrong usage, or the server refuses the input
    5     the answer was no: nothing was done
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    130   interrupted
`

const testExitHelp = `
Exit codes:

    0     the receiver took the message
    1     another error
    2     wrong usage, or the server refuses the input
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    8     the receiver did not take it
    130   interrupted
`

const verifyExitHelp = `
Exit codes:

    0     the log is intact
    1     another error
    2     wrong usage, or the server refuses the input
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    8     the log is not as it was written
    130   interrupted
`

const importExitHelp = `
Exit codes:

    0     all were imported, or with --dry-run could be
    1     another error
    2     wrong usage; nothing was sent
    3     some were refused: the others were imported
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    130   interrupted; what was imported stays
`

const connectExitHelp = `
Exit codes:

    0     connected
    1     another error
    2     wrong usage, or the server refuses the input
    3     the person declined, or connecting failed
    4     the link expired, or --timeout passed, before anybody finished
    5     the link was canceled
    6     no credentials, or the server does not accept the key
    7     no Patchbay answers at the address
    130   interrupted
`

// exitError ends the program with a code, and tells what happened and what to do.
type exitError struct {
	code  int
	what  string
	next  string // may be empty
	cause error  // for errors.Is and errors.As; not shown
}

func (e *exitError) Error() string {
	if e.next == "" {
		return e.what
	}
	return e.what + " — " + e.next
}

func (e *exitError) Unwrap() error { return e.cause }

// errInterrupted is the end that the person or the system asked for.
var errInterrupted = &exitError{code: exitInterrupted, what: "interrupted"}

// ended tells an interruption from what it looked like to a call in flight.
func ended(ctx context.Context, err error) error {
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), errTimeout):
		return errTimeout
	default:
		return errInterrupted
	}
}

// exitCode is the code of an error, and exitOther of those that name none.
func exitCode(err error) int {
	var wrong *settingsError
	if errors.As(err, &wrong) {
		return exitUsage
	}
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitOther
}

// keys are what API keys and signing secrets look like, wherever they stand: the parser
// repeats arguments that it does not expect.
var keys = regexp.MustCompile(`pb_\w+|whsec_[\w+/=]+`)

// report prints an error as one line on standard error, a list of wrong settings as a
// block each, and answers its exit code.
func report(w *World, err error) int {
	var wrong *settingsError
	if errors.As(err, &wrong) {
		wrong.print(w)
		return exitUsage
	}
	fmt.Fprintf(w.Stderr, "patchbay: %s\n", keys.ReplaceAllString(clean(err.Error()), "[secret]"))
	return exitCode(err)
}
