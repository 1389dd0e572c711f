package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// problem is an error answer of the native API (RFC 9457).
type problem struct {
	Title     string `json:"title"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	Reason    string `json:"reason"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// errPassing marks what may be over in a moment: waiting goes on, other commands
// end with it.
var errPassing = errors.New("may pass")

// unreachable is a call without an answer. The caller's own end is told as it is.
func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	why := "no answer"
	var transport *url.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		why = "nothing listens there"
	case errors.Is(err, context.DeadlineExceeded):
		why = "no answer in time"
	case errors.As(err, &transport):
		why = transport.Err.Error()
	}
	return &exitError{
		code: exitUnreachable, what: fmt.Sprintf("cannot reach %s: %s", redacted(c.base), why),
		next: "start it with `patchbay dev`, or correct " + envURL, cause: errPassing,
	}
}

// refused turns an answer that is no success into what it means to the person.
func (c *client) refused(res *http.Response, body []byte) error {
	if to := res.Header.Get("Location"); to != "" && res.StatusCode/100 == 3 {
		return &exitError{
			code: exitUnreachable, what: fmt.Sprintf("%s sends us to another address", redacted(c.base)),
			next: fmt.Sprintf("set %s to where Patchbay itself answers (it names %s)", envURL, redacted(to)),
		}
	}
	var p problem
	isProblem := json.Unmarshal(body, &p) == nil && p.Code != ""
	switch status := res.StatusCode; {
	case p.Code == "reauth_required":
		return &exitError{code: exitNeeds, what: c.say(p, res), next: "`patchbay channels health ID` tells who must act"}
	case p.Code == "conflict" && p.Reason == "channel_disconnected":
		return &exitError{code: exitOther, what: c.say(p, res), next: "`patchbay channels reconnect ID` makes a link to bring it back"}
	case p.Code == "conflict" && p.Reason == "channel_paused":
		return &exitError{code: exitOther, what: "the channel is paused", next: "`patchbay channels resume ID` ends the pause"}
	case p.Code == "conflict":
		return &exitError{code: exitOther, what: c.say(p, res), next: "look at how it stands now"}
	case p.Code == "platform_rejected":
		return &exitError{code: exitOther, what: c.say(p, res), next: "the operator has to look at the app at the platform: `patchbay doctor`"}
	case status == http.StatusTooManyRequests, status >= 502 && status <= 504:
		return &exitError{code: exitOther, what: c.say(p, res), next: "try again in a moment", cause: errPassing}
	case !isProblem:
		return c.notPatchbay("it answered " + res.Status)
	case status == http.StatusUnauthorized:
		return &exitError{
			code: exitUnauthorized, what: fmt.Sprintf("%s does not accept the API key", redacted(c.base)),
			next: fmt.Sprintf("check %s, or that --data names the data directory of that server", envKey),
		}
	case status == http.StatusForbidden:
		return &exitError{code: exitUnauthorized, what: c.say(p, res), next: "use a key that has the permission"}
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return &exitError{code: exitUsage, what: c.say(p, res), next: "correct it and try again"}
	case status == http.StatusNotFound:
		return &exitError{code: exitOther, what: c.say(p, res), next: "check what was asked for", cause: errNotFound}
	default:
		return &exitError{code: exitOther, what: c.say(p, res), next: "the server's log has the request " + p.RequestID}
	}
}

var errNotFound = errors.New("not found")

func (c *client) notPatchbay(why string) error {
	return &exitError{
		code: exitUnreachable, what: fmt.Sprintf("%s does not look like Patchbay: %s", redacted(c.base), why),
		next: "check " + envURL,
	}
}

// say is the problem in one line. The key is taken out should a server echo it.
func (c *client) say(p problem, res *http.Response) string {
	text := "the server answered " + res.Status
	switch {
	case len(p.Errors) > 1:
		fields := make([]string, len(p.Errors))
		for i, e := range p.Errors {
			fields[i] = e.Field + " " + e.Message
		}
		text = strings.Join(fields, "; ")
	case p.Detail != "":
		text = p.Detail
	case p.Title != "":
		text = p.Title
	}
	return strings.TrimSuffix(strings.ReplaceAll(text, c.key.Reveal(), "[secret]"), ".")
}

// redacted is an address without a password.
func redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "the address"
	}
	return u.Redacted()
}

// passing tells whether it is worth asking again.
func passing(err error) bool { return errors.Is(err, errPassing) }

func isNotFound(err error) bool { return errors.Is(err, errNotFound) }
