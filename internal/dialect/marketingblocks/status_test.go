package marketingblocks_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

const forUser = `{"userId":"external-user-123"}`

func wantStatus(t *testing.T, got *httptest.ResponseRecorder, word string) {
	t.Helper()
	if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"connect_status":"`+word+`"`) {
		t.Errorf("got %d %s, want 200 %s", got.Code, got.Body, word)
	}
}

func wantExpired(t *testing.T, got *httptest.ResponseRecorder) {
	t.Helper()
	if got.Code != http.StatusNotFound || got.Body.String() != expiredBody || got.Header().Get("Content-Type") != jsonType {
		t.Errorf("got %d %s, want 404 %s", got.Code, got.Body, expiredBody)
	}
}

func (w *world) wait(d time.Duration) { w.clock.Add(d.Milliseconds()) }

func TestStatusAsksForTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, query := range []string{"", "?connect_token=", "?connect_token=%20", "?token=x", "?connect_token[]=x"} {
		wantFailureOf(t, query, w.call(http.MethodGet, connectStatus+query, w.token, "", ""), "The connect_token field is required.")
	}
}

func TestAnyKeyOfTheWorkspaceMayAskAndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newLink(forUser)
	wantStatus(t, w.status(w.newKey(connect.Key{WorkspaceID: w.workspace.ID})), "pending")

	other := w.newWorkspace(connect.Workspace{Name: "Other"})
	wantExpired(t, w.status(w.newKey(connect.Key{WorkspaceID: other.ID, Scopes: connect.Scopes()})))
	wantFailure(t, w.status("nobody"), http.StatusUnauthorized, "Unauthenticated.")
}

func TestKeysThatEndedAreUnauthenticated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.newKey(connect.Key{
		WorkspaceID: w.workspace.ID, Scopes: []connect.Scope{connect.ScopeSessionsWrite}, ExpiresAt: documentTime.Add(time.Hour),
	})
	if got := w.call(http.MethodPost, connectChannel, token, jsonType, forUser); got.Code != http.StatusOK {
		t.Errorf("before: got %d %s, want 200", got.Code, got.Body)
	}
	w.wait(time.Hour)
	wantFailure(t, w.call(http.MethodPost, connectChannel, token, jsonType, forUser), http.StatusUnauthorized, "Unauthenticated.")
}

func TestLinkExpiresAfter900Seconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newLink(forUser)
	if got := len(w.link.Reveal()); got != 43 {
		t.Errorf("connect_token: got %d characters, want 43 for 256 bits", got)
	}
	w.wait(900*time.Second - time.Millisecond)
	wantStatus(t, w.status(w.token), "pending")
	w.wait(time.Millisecond)
	wantExpired(t, w.status(w.token))
}

func TestAttemptUnderWayOutlivesTheLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newLink(forUser)
	state := w.begin("linkedin")
	w.wait(20 * time.Minute)
	wantStatus(t, w.status(w.token), "pending")
	_, err := w.svc.Callback(t.Context(), connect.CallbackRequest{
		Platform: "linkedin", State: state, Browser: w.browser, Code: vault.NewSecret("code"),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, w.status(w.token), "success")
}

func TestFailedTurnsPendingWithANewAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newLink(forUser)
	w.comeBack("linkedin", connect.CallbackRequest{Error: "access_denied"})
	wantStatus(t, w.status(w.token), "failed")
	w.begin("facebook")
	wantStatus(t, w.status(w.token), "pending")
	w.comeBack("linkedin", connect.CallbackRequest{Code: vault.NewSecret("code")})
	wantStatus(t, w.status(w.token), "success")
}

func TestFailedStaysFailedAtItsExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newLink(forUser)
	w.comeBack("linkedin", connect.CallbackRequest{Error: "server_error"})
	w.wait(900 * time.Second)
	got := w.status(w.token)
	wantStatus(t, got, "failed")
	if !strings.Contains(got.Body.String(), `"platform":"linkedin"`) || strings.Contains(got.Body.String(), `"message":null`) {
		t.Errorf("got %s, want the platform and a message", got.Body)
	}
}

func TestResultsAreToldForADay(t *testing.T) {
	t.Parallel()
	for word, finish := range map[string]func(*world){
		"success": func(w *world) { w.comeBack("linkedin", connect.CallbackRequest{Code: vault.NewSecret("code")}) },
		"failed":  func(w *world) { w.leave() },
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.newLink(forUser)
			finish(w)
			w.wait(24*time.Hour - time.Millisecond)
			wantStatus(t, w.status(w.token), word)
			w.wait(time.Millisecond)
			wantExpired(t, w.status(w.token))
		})
	}
}

func TestAnotherInterfacesLinkIsUnknownHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	caller, err := w.svc.Authenticate(t.Context(), vault.NewSecret(w.token))
	if err != nil {
		t.Fatal(err)
	}
	made, err := w.svc.CreateSession(t.Context(), caller, connect.NewSession{Origin: connect.OriginNative}, connect.Once[connect.CreatedSession]{})
	w.link = made.Link
	if err != nil {
		t.Fatal(err)
	}
	wantExpired(t, w.status(w.token))
}

func TestOnlyTheDocumentsPlatformsAreOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newLink(forUser)
	var got []string
	for _, o := range w.open().Offered {
		got = append(got, o.Spec.ID)
	}
	if want := "facebook instagram linkedin x"; strings.Join(got, " ") != want {
		t.Errorf("offered: got %v, want %s", got, want)
	}
}

func TestUserIDIsTheOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newLink(forUser)
	first := w.open()
	w.newLink(forUser)
	if again := w.open(); first.Owner.ExternalID != "external-user-123" || again.Owner.ID != first.Owner.ID {
		t.Errorf("got owners %+v and %+v, want external-user-123 twice", first.Owner, again.Owner)
	}
	bound := w.newKey(connect.Key{WorkspaceID: w.workspace.ID, OwnerID: first.Owner.ID, Scopes: []connect.Scope{connect.ScopeSessionsWrite}})
	wantStatus(t, w.status(bound), "pending")
	wantFailure(t, w.call(http.MethodPost, connectChannel, bound, jsonType, `{"userId":"somebody-else"}`), http.StatusNotFound, "There is no such owner.")
	w.newLink(`{"userId":"somebody-else"}`)
	wantExpired(t, w.status(bound))
}
