// Command patchbay connects people's social accounts to an application. See
// docs/cli.md, or run it without arguments.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"patchbay/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	stops := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		stops = append(stops, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), stops...)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.World{Getenv: os.Getenv, Environ: os.Environ, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
}
