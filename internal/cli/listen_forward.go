package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"patchbay/internal/vault"
)

// forwarder posts events to one address as an endpoint would get them.
type forwarder struct {
	world     *World
	to        string
	secret    vault.Secret
	workspace int64
	asJSON    bool
	http      *http.Client
}

// receiverDeadline is how long a receiver may take, the same as an endpoint.
const receiverDeadline = 15 * time.Second

func newForwarder(w *World, c *ListenCmd, secret vault.Secret, workspace int64) *forwarder {
	dialer := &net.Dialer{Timeout: receiverDeadline}
	if !c.AllowRemote {
		dialer.Control = onlyLoopback
	}
	return &forwarder{
		world: w, to: c.ForwardTo, secret: secret, workspace: workspace, asJSON: c.JSON,
		http: &http.Client{
			Timeout: receiverDeadline, CheckRedirect: stay,
			Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: receiverDeadline}, // no proxy: it is this machine
		},
	}
}

var errRemote = errors.New("the address is not on this machine: --allow-remote allows it")

// onlyLoopback is asked with the address that a name led to, before it is dialled.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return errRemote
	}
	return nil
}

// forwarded is what came of one event, and a line of --json.
type forwarded struct {
	Event     string `json:"event"`
	Number    int64  `json:"number"`
	Type      string `json:"type"`
	MessageID string `json:"message_id"`
	Delivered bool   `json:"delivered"`
	Status    int    `json:"status"` // 0: no answer
	TookMS    int64  `json:"took_ms"`
	Attempts  int    `json:"attempts"`
	Error     string `json:"error,omitempty"`
}

// forward posts one event, again where it is not taken, and tells what came of it. It
// fails only with the program.
func (f *forwarder) forward(ctx context.Context, e event, raw json.RawMessage) error {
	body, err := message(e, raw)
	if err != nil {
		return err
	}
	id := fmt.Sprintf("evt_%d_%d", f.workspace, e.Number)
	out := forwarded{Event: "forwarded", Number: e.Number, Type: e.Type, MessageID: id}
	for {
		out.Attempts++
		f.try(ctx, id, body, &out)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if out.Delivered || out.Status == http.StatusGone || out.Attempts > len(tries) {
			return f.tell(e, out)
		}
		f.again(e, out, tries[out.Attempts-1])
		select {
		case <-f.world.after(tries[out.Attempts-1]):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// message is the body that an endpoint gets.
func message(e event, raw json.RawMessage) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Type      string          `json:"type"`
		Timestamp string          `json:"timestamp"`
		Data      json.RawMessage `json:"data"`
	}{e.Type, e.At, raw})
	if err != nil {
		return nil, fmt.Errorf("message of event %d: %w", e.Number, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// try posts once.
func (f *forwarder) try(ctx context.Context, id string, body []byte, out *forwarded) {
	began := f.world.now()
	out.Status, out.Error = 0, ""
	defer func() {
		out.TookMS = f.world.now().Sub(began).Milliseconds()
		out.Delivered = out.Status/100 == 2
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.to, bytes.NewReader(body))
	if err != nil {
		out.Error = "the address cannot be asked"
		return
	}
	if req.Header, err = sign(id, began, body, f.secret); err != nil {
		out.Error = err.Error()
		return
	}
	res, err := f.http.Do(req)
	if err != nil {
		out.Error = unanswered(err)
		return
	}
	defer func() { _ = res.Body.Close() }()                           // nothing of it is wanted
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxReceived)) // so that the connection can be used again
	out.Status = res.StatusCode
	if res.StatusCode/100 == 3 {
		out.Error = "redirects are not followed"
	}
}

// maxReceived is how much of an answer is read.
const maxReceived = 64 << 10

// unanswered is why there was no answer, in a few words.
func unanswered(err error) string {
	var transport *url.Error
	switch {
	case errors.Is(err, errRemote):
		return errRemote.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there"
	case errors.As(err, &transport) && transport.Timeout():
		return fmt.Sprintf("no answer within %s", receiverDeadline)
	case errors.As(err, &transport):
		return transport.Err.Error()
	default:
		return err.Error()
	}
}

// again says on standard error that an event is tried again.
func (f *forwarder) again(e event, out forwarded, wait time.Duration) {
	if !f.asJSON {
		fmt.Fprintln(f.world.Stderr, f.world.palette(f.world.Stderr).warn(fmt.Sprintf("Event %d was not taken: %s. Trying again in %s.", e.Number, clean(out.why()), wait)))
	}
}

func (o forwarded) why() string {
	switch {
	case o.Error == "":
		return "it answered " + statusText(o.Status)
	case o.Status == 0:
		return o.Error
	default:
		return statusText(o.Status) + ", " + o.Error
	}
}

// tell is the line of an event.
func (f *forwarder) tell(e event, out forwarded) error {
	if f.asJSON {
		return writeJSON(f.world.Stdout, out)
	}
	p := f.world.palette(f.world.Stdout)
	result := p.good(statusText(out.Status)) + gap + p.dim(took(out.TookMS))
	if !out.Delivered {
		result = p.bad("skipped: " + clean(out.why()))
	}
	fmt.Fprintf(f.world.Stdout, "%s  %s  %s  %s  %s\n", pad(fmt.Sprint(e.Number), 6), f.world.now().Local().Format(time.TimeOnly), pad(clean(e.Type), 22), pad(clean(subject(e)), 12), result)
	if !out.Delivered {
		fmt.Fprintln(f.world.Stderr, f.world.palette(f.world.Stderr).warn(fmt.Sprintf("Event %d was skipped: --after %d sends it again.", e.Number, e.Number-1)))
	}
	return nil
}
