package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

func TestTheCookieFitsThePublicURL(t *testing.T) {
	t.Parallel()
	for publicURL, want := range map[string]struct {
		name   string
		secure bool
	}{
		"https://connect.example.com": {"__Host-pb", true},
		"http://127.0.0.1:8080":       {"pb", false},
	} {
		rec := httptest.NewRecorder()
		value := httpx.NewCookies(publicURL).Ensure(rec, httptest.NewRequest(http.MethodGet, "/", nil))
		c := rec.Result().Cookies()[0]
		if c.Name != want.name || c.Secure != want.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode ||
			c.Path != "/" || c.Domain != "" || c.MaxAge != 3600 || len(c.Value) != 43 || c.Value != value.Reveal() {
			t.Errorf("%s: got %+v", publicURL, c)
		}
	}
}

func TestTheCookieIsSetWhenAbsentAndKeptWhenThere(t *testing.T) {
	t.Parallel()
	cookies := httpx.NewCookies("http://127.0.0.1:8080")
	first := httptest.NewRecorder()
	made := cookies.Ensure(first, httptest.NewRequest(http.MethodGet, "/", nil))
	for name, sent := range map[string]string{"its own": made.Reveal(), "a foreign one": "short"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: "pb", Value: sent})
		if kept := cookies.Ensure(httptest.NewRecorder(), r).Equal(made); kept != (name == "its own") {
			t.Errorf("%s: kept %v", name, kept)
		}
	}
}

func TestFormTokensBelongToOneBrowser(t *testing.T) {
	t.Parallel()
	a, b := vault.NewSecret("browser a"), vault.NewSecret("browser b")
	if !httpx.CheckFormToken(a, httpx.FormToken(a)) {
		t.Error("the own token is refused")
	}
	for name, ok := range map[string]bool{
		"another browser's": httpx.CheckFormToken(b, httpx.FormToken(a)),
		"an empty one":      httpx.CheckFormToken(a, ""),
		"no browser":        httpx.CheckFormToken(vault.Secret{}, httpx.FormToken(vault.Secret{})),
	} {
		if ok {
			t.Errorf("%s is taken", name)
		}
	}
}
