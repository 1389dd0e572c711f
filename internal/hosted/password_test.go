package hosted

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

func TestPasswordRefusals(t *testing.T) {
	t.Parallel()
	failed := func(err *fault.Error) connect.Session { return connect.Session{Reason: err.Reason} }
	for _, tt := range []struct {
		session connect.Session
		err     *fault.Error
		status  int
		want    string // text, or location
	}{
		{failed(platform.ErrPasswordForm), platform.ErrPasswordForm, 422, `id="password-error"`},
		{failed(platform.ErrPasswordWrong), platform.ErrPasswordWrong, 422, "This app password does not fit this account."},
		{failed(platform.ErrPasswordCode), platform.ErrPasswordCode, 422, "Second asks for a code from an email"},
		{failed(platform.ErrHandleUnknown), platform.ErrHandleUnknown, 422, `id="account-error"`},
		{failed(platform.ErrUnavailable), platform.ErrUnavailable, 303, sessionAt},
		{failed(platform.ErrServerRefused), platform.ErrServerRefused, 303, sessionAt},
		{connect.Session{}, connect.ErrLinkFinished, 303, sessionAt},
		{connect.Session{}, connect.ErrNotConfigured, 502, "Second is not set up here"},
		{connect.Session{}, connect.ErrLinkUnknown, 404, "This link is not valid"},
	} {
		b := newBrowser(t, Config{Service: core{
			signIn: func(connect.SignInRequest) (connect.Session, error) { return tt.session, tt.err },
		}})
		resp := b.post(sessionAt+"/platform/second/password", url.Values{"account": {" a.example "}, "password": {"hunter2"}})
		text := textOf(t, resp) + resp.Header.Get("Location")
		if resp.StatusCode != tt.status || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %d, want %d with %q: %s", tt.err.Reason, resp.StatusCode, tt.status, tt.want, text)
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s: the page shows the password", tt.err.Reason)
		}
		if tt.status == http.StatusUnprocessableEntity && !strings.Contains(text, `value="a.example"`) {
			t.Errorf("%s: the account that was typed is gone", tt.err.Reason)
		}
	}
}

func TestPasswordWayIsOfferedWhereThereIsOne(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, Config{Service: core{}})
	for id, want := range map[string]bool{"second": true, "many": false} {
		text := textOf(t, b.get(sessionAt+"/platform/"+id))
		if got := strings.Contains(text, sessionAt+"/platform/"+id+`/password"`); got != want {
			t.Errorf("%s: link to the password page: got %v, want %v", id, got, want)
		}
	}
	for id, want := range map[string]int{"second": 200, "many": 404, "plain": 404} {
		if got := b.get(sessionAt + "/platform/" + id + "/password").StatusCode; got != want {
			t.Errorf("%s: got %d, want %d", id, got, want)
		}
	}
}

func TestServerErrorsStandUnderTheField(t *testing.T) {
	t.Parallel()
	for err, want := range map[*fault.Error]string{
		platform.ErrServerInvalid: "This does not look like the address of a server.",
		platform.ErrServerUnknown: "No server answers at this address.",
		platform.ErrServerRefused: "This server cannot be used",
	} {
		b := newBrowser(t, Config{InLab: []string{"many"}, LabServers: []string{"lab.example"}, Service: core{
			begin: func(connect.BeginRequest) (string, error) { return "", err },
		}})
		resp := b.post(sessionAt+"/platform/many", url.Values{"input": {"my.example"}})
		text := textOf(t, resp)
		for _, part := range []string{want, `value="my.example"`, `autocomplete="on"`, `<code>lab.example</code>`} {
			if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, part) {
				t.Errorf("%s: got %d without %q", err.Reason, resp.StatusCode, part)
			}
		}
	}
}
