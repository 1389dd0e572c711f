package httpx

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"patchbay/internal/vault"
)

// Cookies gives each browser one random cookie, shared by everything it does on
// the hosted pages. It is not derived from anything that travels in a URL, so a
// link that somebody passes on does not carry it.
type Cookies struct {
	name   string
	secure bool
}

const cookieLife = 3600 // seconds

// NewCookies names the cookie by the public URL: "__Host-pb" with Secure over
// https, "pb" over plain http, where browsers refuse the prefix.
func NewCookies(publicURL string) Cookies {
	if strings.HasPrefix(publicURL, "https://") {
		return Cookies{name: "__Host-pb", secure: true}
	}
	return Cookies{name: "pb"}
}

// Browser is the cookie's value; empty when the browser sent none of ours.
func (c Cookies) Browser(r *http.Request) vault.Secret {
	cookie, err := r.Cookie(c.name)
	if err != nil || len(cookie.Value) != 43 {
		return vault.Secret{}
	}
	return vault.NewSecret(cookie.Value)
}

// Ensure is Browser, and sets a new cookie when there is none. It also renews the
// hour of one that is there.
func (c Cookies) Ensure(w http.ResponseWriter, r *http.Request) vault.Secret {
	value := c.Browser(r)
	if value.Empty() {
		var b [32]byte
		_, _ = rand.Read(b[:])
		value = vault.NewSecret(base64.RawURLEncoding.EncodeToString(b[:]))
	}
	http.SetCookie(w, &http.Cookie{
		Name: c.name, Value: value.Reveal(), Path: "/", MaxAge: cookieLife,
		HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode,
	})
	return value
}

// FormToken is what every form of this browser carries back: it proves that the
// form came from a page of ours that this browser was shown.
func FormToken(browser vault.Secret) string {
	mac := hmac.New(sha256.New, []byte(browser.Reveal()))
	mac.Write([]byte("patchbay form token"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// CheckFormToken tells whether a form's token belongs to the browser.
func CheckFormToken(browser vault.Secret, token string) bool {
	return !browser.Empty() && subtle.ConstantTimeCompare([]byte(FormToken(browser)), []byte(token)) == 1
}
