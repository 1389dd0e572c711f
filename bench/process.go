package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a server of its own, so that its processor time is nobody else's.
type process struct {
	Addr string // host:port
	PID  int

	cmd *exec.Cmd
	log bytes.Buffer

	refreshes int // that it told of last
}

const (
	startPatience = time.Minute
	stopPatience  = 10 * time.Second
)

// start runs a program that says {"base_url": …} (the Lab: lab_url) on its first line
// when it is ready.
func start(ctx context.Context, env []string, input []byte, path string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, path, args...)} //nolint:gosec // to run the program that is named is what this is for
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stdin, p.cmd.Stderr = bytes.NewReader(input), &p.log
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopPatience
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.PID = p.cmd.Process.Pid
	late := time.AfterFunc(startPatience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.await(stdout); err != nil {
		p.stop()
		return nil, fmt.Errorf("start %s: %w\n%s", path, err, p.log.Bytes())
	}
	return p, nil
}

func (p *process) await(stdout io.Reader) error {
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("it said nothing: %w", err)
	}
	var said struct {
		BaseURL string `json:"base_url"`
		LabURL  string `json:"lab_url"`
	}
	if err := json.Unmarshal(line, &said); err != nil {
		return err
	}
	base, err := url.Parse(cmp.Or(said.BaseURL, said.LabURL))
	if err != nil {
		return err
	}
	p.Addr = base.Host
	return nil
}

// stop ends the process, gently for a while, and waits until it is gone.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(stopPatience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait()
}

// startProduct runs the program as a person would, over the database that dsn names
// and with a data directory for the rest. The limit on requests of one key is lifted out
// of reach and not switched off: its cost is part of every request.
func startProduct(ctx context.Context, patchbay, dsn, dir string, more ...string) (*process, error) {
	return start(ctx, append(more, "PATCHBAY_DATABASE_URL="+dsn, "PATCHBAY_RATE_LIMIT=1000000"), nil, patchbay, "dev", "--json", "--addr", "127.0.0.1:0", "--data", dir)
}
