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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.World{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
}
