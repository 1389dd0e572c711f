package marketingblocks_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/dialect/dialecttest"
)

const (
	connectChannel = "/api/v1/social-sparks/connect-channel"
	connectStatus  = "/api/v1/social-sparks/connect-status"
	jsonType       = "application/json"
	formType       = "application/x-www-form-urlencoded"
	expiredBody    = `{"status":false,"expired":true,"connect_status":"expired"}`
)

func TestDocument(t *testing.T) {
	t.Parallel()
	dialecttest.Replay(t, func(t *testing.T) *dialecttest.World { return newWorld(t).golden() }, "testdata")
}

// call asks as the holder of a token, as a client does.
func (w *world) call(method, path, token, contentType, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, req)
	return answer
}

// newLink makes a session and remembers its link.
func (w *world) newLink(body string) {
	w.t.Helper()
	answer := w.call(http.MethodPost, connectChannel, w.token, jsonType, body)
	if answer.Code != http.StatusOK || !w.learnLink(answer.Body.Bytes()) {
		w.t.Fatalf("connect-channel: got %d %s", answer.Code, answer.Body)
	}
}

func (w *world) status(token string) *httptest.ResponseRecorder {
	return w.call(http.MethodGet, connectStatus+"?connect_token="+w.link.Reveal(), token, "", "")
}

// wantFailure holds an answer to a status and a message.
func wantFailure(t *testing.T, got *httptest.ResponseRecorder, status int, message string) {
	t.Helper()
	want := fmt.Sprintf(`{"status":false,"message":%q}`, message)
	if got.Code != status || got.Body.String() != want || got.Header().Get("Content-Type") != jsonType {
		t.Errorf("got %d %s %s, want %d %s", got.Code, got.Header().Get("Content-Type"), got.Body, status, want)
	}
}

func TestValidation(t *testing.T) {
	t.Parallel()
	const (
		idRequired = "The userId field is required."
		idString   = "The userId field must be a string."
		idLong     = "The userId field must not be greater than 255 characters."
		idFormat   = "The userId field format is invalid."
		urlNeeded  = "The redirectUrl field is required."
		urlInvalid = "The redirectUrl field must be a valid URL."
	)
	w := newWorld(t)
	for name, c := range map[string]struct{ contentType, body, want string }{
		"no body":                {jsonType, ``, idRequired},
		"not JSON":               {jsonType, `{"userId": `, idRequired},
		"trailing garbage":       {jsonType, `{"userId":"u"} x`, idRequired},
		"an array":               {jsonType, `[{"userId":"u"}]`, idRequired},
		"a string":               {jsonType, `"userId"`, idRequired},
		"null":                   {jsonType, `null`, idRequired},
		"no userId":              {jsonType, `{}`, idRequired},
		"another case":           {jsonType, `{"userid":"u"}`, idRequired},
		"null userId":            {jsonType, `{"userId":null}`, idRequired},
		"empty userId":           {jsonType, `{"userId":""}`, idRequired},
		"blank userId":           {jsonType, `{"userId":" \t"}`, idRequired},
		"number userId":          {jsonType, `{"userId":123}`, idString},
		"boolean userId":         {jsonType, `{"userId":false}`, idString},
		"array userId":           {jsonType, `{"userId":["u"]}`, idString},
		"object userId":          {jsonType, `{"userId":{}}`, idString},
		"256 characters":         {jsonType, `{"userId":"` + strings.Repeat("u", 256) + `"}`, idLong},
		"more bytes than stored": {jsonType, `{"userId":"` + strings.Repeat("日", 200) + `"}`, idLong},
		"NUL in userId":          {jsonType, `{"userId":"a\u0000b"}`, idFormat},
		"both wrong":             {jsonType, `{"redirectUrl":""}`, idRequired},
		"empty redirectUrl":      {jsonType, `{"userId":"u","redirectUrl":""}`, urlNeeded},
		"blank redirectUrl":      {jsonType, `{"userId":"u","redirectUrl":"  "}`, urlNeeded},
		"number redirectUrl":     {jsonType, `{"userId":"u","redirectUrl":5}`, urlInvalid},
		"boolean redirectUrl":    {jsonType, `{"userId":"u","redirectUrl":true}`, urlInvalid},
		"array redirectUrl":      {jsonType, `{"userId":"u","redirectUrl":["https://a.example"]}`, urlInvalid},
		"object redirectUrl":     {jsonType, `{"userId":"u","redirectUrl":{}}`, urlInvalid},
		"relative redirectUrl":   {jsonType, `{"userId":"u","redirectUrl":"/callback"}`, urlInvalid},
		"script redirectUrl":     {jsonType, `{"userId":"u","redirectUrl":"javascript:alert(1)"}`, urlInvalid},
		"http redirectUrl":       {jsonType, `{"userId":"u","redirectUrl":"http://client.example.com/"}`, urlInvalid},
		"user in redirectUrl":    {jsonType, `{"userId":"u","redirectUrl":"https://a@client.example.com/"}`, urlInvalid},
		"form without userId":    {formType, `redirectUrl=https://a.example`, idRequired},
		"form, invalid UTF-8":    {formType, `userId=%ff%00`, idFormat},
		"form, empty redirect":   {formType, `userId=u&redirectUrl=`, urlNeeded},
	} {
		wantFailureOf(t, name, w.call(http.MethodPost, connectChannel, w.token, c.contentType, c.body), c.want)
	}
	if events, err := w.store.Events(t.Context(), w.workspace.ID, 0, 10); err != nil || len(events) != 0 {
		t.Errorf("after refused requests: got %d events, %v, want none", len(events), err)
	}
}

func wantFailureOf(t *testing.T, name string, got *httptest.ResponseRecorder, message string) {
	t.Helper()
	want := fmt.Sprintf(`{"status":false,"message":%q}`, message)
	if got.Code != http.StatusUnprocessableEntity || got.Body.String() != want {
		t.Errorf("%s: got %d %s, want 422 %s", name, got.Code, got.Body, want)
	}
}

func TestAcceptedBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct{ contentType, body, redirect string }{
		"redirectUrl null":       {jsonType, `{"userId":"u","redirectUrl":null}`, ""},
		"unknown fields":         {jsonType, `{"userId":"u","platform":5,"x":[]}`, ""},
		"no content type":        {"", `{"userId":"u"}`, ""},
		"text":                   {"text/plain; charset=utf-8", `{"userId":"u"}`, ""},
		"255 characters":         {jsonType, `{"userId":"` + strings.Repeat("u", 255) + `"}`, ""},
		"loopback redirectUrl":   {jsonType, `{"userId":"u","redirectUrl":"http://127.0.0.1:3000/cb"}`, "http://127.0.0.1:3000/cb"},
		"form":                   {formType, `userId=u&redirectUrl=clientapp%3A%2F%2Fsocial%2Fcallback`, "clientapp://social/callback"},
		"form, the last counts":  {formType, `userId=&userId=u`, ""},
		"form with a charset":    {formType + "; charset=UTF-8", `userId=u`, ""},
		"JSON, the last counts":  {jsonType, `{"userId":"","userId":"u"}`, ""},
		"redirectUrl with query": {jsonType, `{"userId":"u","redirectUrl":"https://a.example/?b=1&c=2"}`, "https://a.example/?b=1&c=2"},
	} {
		answer := w.call(http.MethodPost, connectChannel, w.token, c.contentType, c.body)
		if answer.Code != http.StatusOK || !w.learnLink(answer.Body.Bytes()) {
			t.Errorf("%s: got %d %s, want 200", name, answer.Code, answer.Body)
			continue
		}
		if got := w.open().Session.RedirectURL; got != c.redirect {
			t.Errorf("%s: got redirect %q, want %q", name, got, c.redirect)
		}
	}
}

func TestBodyOverOneMegabyteIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	padding := strings.Repeat("x", 1<<20)
	for contentType, body := range map[string]string{
		jsonType: `{"userId":"u","padding":"` + padding + `"}`,
		formType: "userId=u&padding=" + padding,
	} {
		got := w.call(http.MethodPost, connectChannel, w.token, contentType, body)
		wantFailure(t, got, http.StatusRequestEntityTooLarge, "The request body is larger than 1 MiB.")
	}
}

func TestStrictWorkspaceStillTakesARedirectURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	strict := w.strictToken()
	wantFailureOf(t, "null", w.call(http.MethodPost, connectChannel, strict, jsonType, `{"userId":"u","redirectUrl":null}`),
		"The redirectUrl field is required.")
	got := w.call(http.MethodPost, connectChannel, strict, jsonType, `{"userId":"u","redirectUrl":"https://a.example/"}`)
	if got.Code != http.StatusOK {
		t.Errorf("got %d %s, want 200", got.Code, got.Body)
	}
}

func TestAllowListRefusesOtherRedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	listed := w.newWorkspace(connect.Workspace{Name: "Listed", AllowedRedirects: []string{"https://a.example/cb"}})
	token := w.newKey(connect.Key{WorkspaceID: listed.ID, Scopes: connect.Scopes()})
	wantFailureOf(t, "another", w.call(http.MethodPost, connectChannel, token, jsonType, `{"userId":"u","redirectUrl":"https://a.example/"}`),
		"The redirectUrl field must be a valid URL.")
	got := w.call(http.MethodPost, connectChannel, token, jsonType, `{"userId":"u","redirectUrl":"https://a.example/cb"}`)
	if got.Code != http.StatusOK {
		t.Errorf("the listed one: got %d %s, want 200", got.Code, got.Body)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const unknown = "The route could not be found."
	for _, c := range []struct {
		method, path  string
		status        int
		allow, answer string
	}{
		{http.MethodGet, connectChannel, 405, "POST", "The GET method is not supported for this route. Supported methods: POST."},
		{http.MethodDelete, connectChannel, 405, "POST", "The DELETE method is not supported for this route. Supported methods: POST."},
		{http.MethodPost, connectStatus, 405, "GET, HEAD", "The POST method is not supported for this route. Supported methods: GET, HEAD."},
		{http.MethodPost, "/api/v1/social-sparks/create-post", 404, "", unknown},
		{http.MethodGet, "/api/v1/social-sparks/", 404, "", unknown},
		{http.MethodPost, connectChannel + "/", 404, "", unknown},
		{http.MethodGet, "/api/v1/social-sparks/Connect-Status", 404, "", unknown},
	} {
		got := w.call(c.method, c.path, w.token, "", "")
		wantFailure(t, got, c.status, c.answer)
		if allow := got.Header().Get("Allow"); allow != c.allow {
			t.Errorf("%s %s: got Allow %q, want %q", c.method, c.path, allow, c.allow)
		}
	}
}
