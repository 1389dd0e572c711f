package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// bed is everything that is measured on one engine, started and waiting.
type bed struct {
	engine *engine
	sized  []*sized
	bare   *process
	disk   *disk
}

// sized is one size of database with the servers over it.
type sized struct {
	channels int
	fixture  fixture
	product  *process
	read     *process
	resting  int64 // resident bytes of the product before the first request
}

// makeBed fills the databases and starts the servers.
func makeBed(ctx context.Context, opt options, e *engine) (b *bed, err error) {
	b = &bed{engine: e}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	for _, n := range opt.sizes {
		s, err := b.makeSized(ctx, opt, n)
		if err != nil {
			return b, fmt.Errorf("%d channels: %w", n, err)
		}
		b.sized = append(b.sized, s)
	}
	first := b.sized[0]
	answers, err := sampleAnswers(ctx, first)
	if err != nil {
		return b, err
	}
	if b.bare, err = startYardstick(ctx, yardstick{Answers: answers}); err != nil {
		return b, err
	}
	b.disk, err = openDisk(b.engine.dir)
	return b, err
}

func (b *bed) makeSized(ctx context.Context, opt options, channels int) (*sized, error) {
	began := time.Now()
	dsn, err := b.engine.create(ctx, fmt.Sprintf("channels_%d", channels))
	if err != nil {
		return nil, err
	}
	data := filepath.Join(b.engine.dir, "data-"+strconv.Itoa(channels))
	keys, err := makeKeys(data)
	if err != nil {
		return nil, err
	}
	s := &sized{channels: channels}
	if s.fixture, err = seed(ctx, dsn, channels, keys); err != nil {
		return nil, err
	}
	if err := b.engine.ready(ctx, dsn); err != nil {
		return nil, err
	}
	opt.progress("%s: %d channels are there after %s", b.engine.name, channels, time.Since(began).Round(time.Second/10))
	again, err := b.engine.copyFor(dsn)
	if err != nil {
		return nil, err
	}
	if s.product, err = startProduct(ctx, opt.patchbay, dsn, data); err != nil {
		return nil, err
	}
	if s.resting, err = residentAfter(ctx, s.product, opt.settle); err != nil {
		return nil, err
	}
	answers, err := sampleAnswers(ctx, s)
	if err != nil {
		return nil, err
	}
	s.read, err = startYardstick(ctx, yardstick{Answers: answers, DSN: again, Fixture: s.fixture})
	return s, err
}

func residentAfter(ctx context.Context, p *process, settle time.Duration) (int64, error) {
	select {
	case <-time.After(settle):
		return residentOf(p.PID)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// sampleAnswers asks the product once for each operation.
func sampleAnswers(ctx context.Context, s *sized) (map[string]json.RawMessage, error) {
	answers := map[string]json.RawMessage{}
	for _, o := range operations() {
		body, err := ask(ctx, s.product.Addr, o, s.fixture)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.Pattern, err)
		}
		answers[o.Pattern] = body
	}
	return answers, nil
}

func ask(ctx context.Context, addr string, o operation, f fixture) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, o.method(), "http://"+addr+o.paths(f)[0], strings.NewReader(o.body(f)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+f.Key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return body, err
}

func startYardstick(ctx context.Context, y yardstick) (*process, error) {
	input, err := json.Marshal(y)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, nil, input, self, yardstickCommand)
}

// close stops what makeBed started, as far as it came.
func (b *bed) close() {
	for _, s := range b.sized {
		s.product.stop()
		s.read.stop()
	}
	if b.bare != nil {
		b.bare.stop()
	}
	if b.disk != nil {
		_ = b.disk.file.Close()
	}
}
