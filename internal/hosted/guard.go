package hosted

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// What can be wrong with a form before anybody reads it.
var (
	errCookies   = fault.New(fault.Forbidden, "cookies_needed", "This page needs a cookie to know your browser again.")
	errFormStale = fault.New(fault.Forbidden, "form_stale", "This form is out of date. Open the page again.")
	errFormLarge = fault.New(fault.Invalid, "form_stale", "This form is larger than 64 KiB.") // no page of ours sends such a one
	errNotHere   = fault.New(fault.NotFound, "not_found", "There is nothing at this address.")
)

const maxForm = 64 << 10

// page puts the headers of every hosted page in front of a handler, and sends a
// browser that came by another host name to the public one first: the cookie
// belongs to that.
func (h *Hosted) page(f httpx.HandlerFunc) http.Handler {
	return httpx.Handle(h.writeError, func(w http.ResponseWriter, r *http.Request) error {
		secureHeaders(w)
		host := httpx.RequestHost(r)
		if host != "" && !strings.EqualFold(host, h.publicURL.Host) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			redirect(w, h.origin+r.URL.RequestURI())
			return nil
		}
		return f(w, r)
	})
}

// form lets a POST through when it came from a page that this browser was shown.
func (h *Hosted) form(f httpx.HandlerFunc) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h.crossSite.Check(r); err != nil {
			return errFormStale.Because(err)
		}
		browser := h.cookies.Browser(r)
		if browser.Empty() {
			return errCookies
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		var tooLarge *http.MaxBytesError
		if err := r.ParseForm(); errors.As(err, &tooLarge) {
			return errFormLarge
		} else if err != nil {
			return errFormStale.Because(err)
		}
		if !httpx.CheckFormToken(browser, r.PostForm.Get("form_token")) {
			return errFormStale
		}
		return f(w, r)
	}
}

// secureHeaders are those of every hosted page. There is no form-action: the forms
// end at a platform or at the application. There is no COOP: it would cut a popup
// off from the page that opened it.
func secureHeaders(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cache-Control", "no-store")
}

// newNonce makes the page's style and script runnable, and nothing else.
func newNonce(w http.ResponseWriter) string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	nonce := base64.StdEncoding.EncodeToString(b[:])
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+
		"'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'")
	return nonce
}

// redirect is a 303: the browser fetches the new address with GET, whatever it sent.
func redirect(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

// comesFrom is the person's address, for the audit log; empty where it is not known.
func comesFrom(r *http.Request) string {
	if ip := httpx.ClientIP(r); ip.IsValid() {
		return ip.String()
	}
	return ""
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }
