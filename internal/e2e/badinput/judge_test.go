package badinput_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// judge tells what is wrong with an answer; nil when it is as it should be.
func (w *world) judge(a attempt, got answer) error {
	switch {
	case got.status == http.StatusTooManyRequests:
		return fmt.Errorf("the rate limit answered: nothing was tried")
	case got.status >= 500 || got.status == 0:
		return fmt.Errorf("it fell over")
	case a.want != 0 && got.status != a.want:
		return fmt.Errorf("want %d", a.want)
	case !a.mild && got.status < 400:
		return fmt.Errorf("it was taken")
	}
	if err := w.leadsAway(got); err != nil {
		return err
	}
	for _, secret := range a.secrets {
		if told(got, secret) {
			return fmt.Errorf("the answer repeats a secret that was sent")
		}
	}
	if got.status < 400 || a.method == http.MethodHead {
		return nil
	}
	return formats[w.formatAt(a, got)](got)
}

// leadsAway refuses redirects to other places than our own.
func (w *world) leadsAway(got answer) error {
	to := got.header.Get("Location")
	ours := to == "" || strings.HasPrefix(to, w.URL+"/") || (strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.HasPrefix(to, `/\`))
	if !ours {
		return fmt.Errorf("it redirects to %q", to)
	}
	return nil
}

func told(got answer, secret string) bool {
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
		if strings.Contains(got.body, form) {
			return true
		}
		for _, values := range got.header {
			if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, form) }) {
				return true
			}
		}
	}
	return false
}

// serverFormat is net/http's own line of text, for what never gets to a route.
const serverFormat = httpx.Format("server")

// formatAt is the format of the route that answered: the exact one, or the fallback of
// the room that the address belongs to.
func (w *world) formatAt(a attempt, got answer) httpx.Format {
	if got.header.Get("X-Request-Id") == "" {
		return serverFormat
	}
	path, _, _ := strings.Cut(a.target, "?")
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return serverFormat
	}
	_, pattern := w.mux.Handler(&http.Request{Method: a.method, URL: &url.URL{Path: decoded, RawPath: path}, Host: "127.0.0.1"})
	for _, r := range w.App.Routes {
		if r.Pattern() == pattern {
			return r.Format
		}
	}
	return serverFormat
}

var formats = map[httpx.Format]func(answer) error{
	httpx.FormatProblem:         problem,
	httpx.FormatMarketingBlocks: envelope,
	httpx.FormatSmartlyQ:        socialEnvelope,
	httpx.FormatPage:            page,
	httpx.FormatJSON:            page, // of the documents of a platform, at addresses of the pages
	httpx.FormatText:            text,
	httpx.FormatLab:             func(answer) error { return nil },
	serverFormat:                text,
}

// problem is RFC 9457 with a code of ours.
func problem(got answer) error {
	var p struct {
		Type, Title, Detail, Code, Reason string
		Status                            int
		RequestID                         string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		return fmt.Errorf("no problem: %w", err)
	}
	switch {
	case got.header.Get("Content-Type") != "application/problem+json":
		return fmt.Errorf("a problem called %q", got.header.Get("Content-Type"))
	case !slices.Contains(fault.Codes(), fault.Code(p.Code)) || p.Type != "/problems/"+p.Code:
		return fmt.Errorf("a problem with the code %q and the type %q", p.Code, p.Type)
	case p.Status != got.status || p.Title == "" || p.Detail == "" || p.Reason == "" || p.RequestID == "":
		return fmt.Errorf("a problem that says too little")
	}
	return nil
}

// envelope is MarketingBlocks' error, or its answer about a link that is over.
func envelope(got answer) error {
	var e struct {
		Status        *bool
		Message       string
		Expired       bool
		ConnectStatus string `json:"connect_status"`
	}
	if err := json.Unmarshal([]byte(got.body), &e); err != nil {
		return fmt.Errorf("no envelope: %w", err)
	}
	failure := e.Status != nil && !*e.Status && e.Message != ""
	over := got.status == http.StatusNotFound && e.Expired && e.ConnectStatus == "expired"
	if got.header.Get("Content-Type") != "application/json" || (!failure && !over) {
		return fmt.Errorf("not MarketingBlocks' envelope")
	}
	return nil
}

func page(got answer) error {
	switch {
	case !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || !strings.Contains(got.body, "</html>"):
		return fmt.Errorf("no page")
	case got.header.Get("X-Frame-Options") != "DENY" || got.header.Get("Content-Security-Policy") == "":
		return fmt.Errorf("a page without its headers")
	}
	return nil
}

func text(got answer) error {
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") || len(got.body) > 500 || got.body == "" {
		return fmt.Errorf("no line of text")
	}
	return nil
}
