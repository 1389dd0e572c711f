package custom_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const document = `{"issuer":"{origin}","authorization_endpoint":"{origin}/authorize","token_endpoint":"{origin}/token",
	"pushed_authorization_request_endpoint":"{origin}/par","userinfo_endpoint":"{origin}/me","revocation_endpoint":"{origin}/revoke"`

var discovered = []string{"issuer: {origin}", "authorize_url: -", "token_url: -", "identity: {subject: /sub}"}

const oauthPlace, oidcPlace = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"

func TestMetadata(t *testing.T) {
	t.Parallel()
	whole := document + "}"
	for name, c := range map[string]struct {
		replies map[string]reply
		class   platform.Class // empty: it is taken
		issuer  bool           // the callback must bring iss
	}{
		"RFC 8414":                     {replies: map[string]reply{oauthPlace: {body: whole}}},
		"OpenID Connect":               {replies: map[string]reply{oidcPlace: {body: whole}}},
		"with iss":                     {replies: map[string]reply{oidcPlace: {body: document + `,"authorization_response_iss_parameter_supported":true}`}}, issuer: true},
		"nowhere":                      {class: platform.ClassConfiguration},
		"another's":                    {replies: map[string]reply{oauthPlace: {body: strings.Replace(whole, `"{origin}"`, `"https://canary.example"`, 1)}}, class: platform.ClassConfiguration},
		"a slash more":                 {replies: map[string]reply{oauthPlace: {body: strings.Replace(whole, `"{origin}"`, `"{origin}/"`, 1)}}, class: platform.ClassConfiguration},
		"token endpoint on plain http": {replies: map[string]reply{oauthPlace: {body: strings.Replace(whole, "{origin}/token", "http://canary.example/token", 1)}}, class: platform.ClassConfiguration},
		"userinfo elsewhere":           {replies: map[string]reply{oauthPlace: {body: strings.Replace(whole, "{origin}/me", "file:///etc/passwd", 1)}}, class: platform.ClassConfiguration},
		"no token endpoint":            {replies: map[string]reply{oauthPlace: {body: `{"issuer":"{origin}","authorization_endpoint":"{origin}/a"}`}}, class: platform.ClassConfiguration},
		"in trouble":                   {replies: map[string]reply{oauthPlace: {status: 503}, oidcPlace: {body: whole}}, class: platform.ClassTransient},
		"forbidden":                    {replies: map[string]reply{oauthPlace: {status: 403, body: "<html>canary"}}, class: platform.ClassTransient},
		"401 of a firewall":            {replies: map[string]reply{oidcPlace: {status: 401}}, class: platform.ClassTransient},
		"forbidden at the first place": {replies: map[string]reply{oauthPlace: {status: 403}, oidcPlace: {body: whole}}},
		"HTML":                         {replies: map[string]reply{oauthPlace: {body: "<html>canary"}}, class: platform.ClassTransient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, discovered...)
			for path, r := range c.replies {
				w.answers(path, r)
			}
			auth, err := w.authorize()
			if c.class != "" {
				if no := platform.RefusalOf(err); no == nil || no.Class != c.class || no.Ambiguous || strings.Contains(err.Error(), "canary") {
					t.Errorf("got %v, want class %s, not ambiguous, and nothing of the document", err, c.class)
				}
				_, err := w.refresh(platform.Credentials{Refresh: vault.NewSecret("R")})
				if no := platform.RefusalOf(err); no == nil || no.Ambiguous || len(w.sent("/token")) != 0 {
					t.Errorf("refresh: got %v and %d posts; want that nothing was sent, and that it is known", err, len(w.sent("/token")))
				}
				return
			}
			if err != nil || !strings.HasPrefix(auth.URL, w.url+"/authorize?") || (auth.Issuer == w.url) != c.issuer {
				t.Errorf("got %s, iss %q, %v; want the document's address, iss: %t", auth.URL, auth.Issuer, err, c.issuer)
			}
		})
	}
}

// TestMetadataIsKept: for an hour, and while it cannot be read again for a day.
func TestMetadataIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, discovered...)
	w.answers(oauthPlace, reply{body: document + "}"})
	at := func(later time.Duration, reads int, fails bool) {
		t.Helper()
		w.now = w.now.Add(later)
		if _, err := w.authorize(); (err != nil) != fails || len(w.sent(oauthPlace)) != reads {
			t.Errorf("%s later: got %v after %d reads; want an error: %t, %d", later, err, len(w.sent(oauthPlace)), fails, reads)
		}
	}
	at(0, 1, false)
	at(59*time.Minute, 1, false)
	at(2*time.Minute, 2, false)
	w.answers(oauthPlace, reply{status: 500})
	at(2*time.Hour, 3, false)
	at(59*time.Second, 3, false)
	at(2*time.Second, 4, false)
	at(23*time.Hour, 5, true)
	w.answers(oauthPlace, reply{body: document + "}"})
	at(59*time.Second, 5, true)
	at(2*time.Second, 6, false)
}

// slow answers each call for the metadata when it is told to, with what it is told.
func slow(t *testing.T, w *world) <-chan chan<- string {
	t.Helper()
	calls := make(chan chan<- string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		told := make(chan string, 1)
		calls <- told
		select {
		case body := <-told:
			_, _ = rw.Write([]byte(strings.ReplaceAll(body, "{origin}", w.url)))
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	client := httpx.NewClient(httpx.ClientConfig{Trusted: []string{w.url}, Origins: map[string]string{w.url: server.URL}})
	t.Cleanup(client.CloseIdle)
	w.env.HTTP = client
	return calls
}

// TestMetadataIsReadOnce: while one reads it again, the others take what is known. Where
// nothing is, they wait for that one, and one who gives up holds up nobody.
func TestMetadataIsReadOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, discovered...)
	asked := slow(t, w)
	begin := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		env := w.env
		go func() {
			_, err := platform.Begin(ctx, env, w.p, platform.AuthorizeRequest{App: w.app, RedirectURI: "https://us.example/oauth/callback/acme", State: "state", Verifier: vault.NewSecret("verifier")})
			done <- err
		}()
		return done
	}
	gone, give := context.WithCancel(t.Context())
	impatient := begin(gone)
	<-asked
	var waiting []<-chan error
	for range 16 {
		waiting = append(waiting, begin(t.Context()))
	}
	give()
	if err := <-impatient; err == nil {
		t.Error("got an answer where there is none")
	}
	(<-asked) <- document + "}"
	for _, done := range waiting {
		if err := <-done; err != nil {
			t.Errorf("after the first one gave up: %v", err)
		}
	}
	if n := len(asked); n != 0 {
		t.Errorf("16 callers: asked %d times more than once", n)
	}
	now := w.now.Add(2 * time.Hour)
	w.env.Now = func() time.Time { return now }
	again := begin(t.Context())
	once := <-asked
	soon, cancel := context.WithTimeout(t.Context(), 5*time.Second) // before the reading is given up
	defer cancel()
	for range 16 {
		if err := <-begin(soon); err != nil {
			t.Errorf("while it is read again: %v", err)
		}
	}
	once <- "<html>"
	if err := <-again; err != nil {
		t.Errorf("in vain: %v, want what was known", err)
	}
	if err := <-begin(t.Context()); err != nil || len(asked) != 0 {
		t.Errorf("after a failure: got %v, asked %d times; want what was known, without asking", err, len(asked))
	}
}

// TestPlaces: an issuer with a path has its metadata at other places than one without.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/.well-known/oauth-authorization-server/tenant/1", "/tenant/1/.well-known/openid-configuration", "/tenant/1/.well-known/oauth-authorization-server"} {
		w := newWorld(t, append(discovered, "issuer: {origin}/tenant/1/")...)
		w.answers(path, reply{body: strings.Replace(document, `"{origin}"`, `"{origin}/tenant/1/"`, 1) + "}"})
		if _, err := w.authorize(); err != nil {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "scopes: [{name: read, feature: read}, {name: write, feature: post}]", "scope_separator: \",\"", "authorize_params: {prompt: consent}", "authorize_url: {origin}/authorize?tenant=1")
	auth, err := w.authorize()
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"tenant": {"1"}, "prompt": {"consent"}, "response_type": {"code"}, "client_id": {"abc"}, "redirect_uri": {"https://us.example/oauth/callback/acme"},
		"scope": {"read,write"}, "state": {"state"}, "code_challenge": {"iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ"}, "code_challenge_method": {"S256"},
	}
	if diff := cmp.Diff(want, w.query(auth)); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	bare, err := newWorld(t, "pkce: none").authorize()
	if q := w.query(bare); err != nil || q.Has("scope") || q.Has("code_challenge") || q.Has("dpop_jkt") {
		t.Errorf("without scopes and PKCE: got %v, %v; want neither", q, err)
	}
}

// TestPushed: RFC 9126 as the file and the server's metadata want it.
func TestPushed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		par      string
		required bool // by the metadata
		endpoint bool
		pushed   bool
		refused  bool
	}{
		{"", false, true, false, false},
		{"", true, true, true, false},
		{"par: true", false, true, true, false},
		{"par: true", false, false, false, false},
		{"par: required", false, true, true, false},
		{"par: required", false, false, false, true},
		{"par: false", true, true, false, false},
	} {
		lines := discovered
		if c.par != "" {
			lines = append([]string{c.par}, lines...)
		}
		w, doc := newWorld(t, lines...), document
		if !c.endpoint {
			doc = strings.Replace(doc, `"pushed_authorization_request_endpoint":"{origin}/par",`, "", 1)
		}
		if c.required {
			doc += `,"require_pushed_authorization_requests":true`
		}
		w.answers(oauthPlace, reply{body: doc + "}"})
		w.answers("/par", reply{status: 201, body: `{"request_uri":"urn:x","expires_in":60}`})
		auth, err := w.authorize()
		if (err != nil) != c.refused {
			t.Errorf("%+v: got %v", c, err)
			continue
		}
		if pushed := len(w.sent("/par")) == 1; pushed != c.pushed {
			t.Errorf("%+v: pushed: %t", c, pushed)
		}
		if want := (url.Values{"client_id": {"abc"}, "request_uri": {"urn:x"}}); c.pushed && !cmp.Equal(w.query(auth), want) {
			t.Errorf("%+v: got %v, want %v", c, w.query(auth), want)
		}
	}
}

func TestRefusedPush(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reply  reply
		reason string
	}{
		{reply{status: 400, body: `{"error":"invalid_scope","error_description":"canary"}`}, "platform_rejected"},
		{reply{status: 401, body: `{"error":"invalid_client"}`}, "platform_rejected"},
		{reply{status: 429}, "platform_unavailable"},
		{reply{status: 503}, "platform_unavailable"},
		{reply{status: 200, body: "<html>canary"}, "platform_unavailable"},
		{reply{status: 202}, "platform_unavailable"},
	} {
		w := newWorld(t, "par_url: {origin}/par", "par: true")
		w.answers("/par", c.reply)
		if _, err := w.authorize(); fault.ReasonOf(err) != c.reason || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: got %v, want %s and nothing of the answer", c.reply, err, c.reason)
		}
	}
}

// TestBound: with a key the answer must be bound to it, and a nonce is asked for once.
func TestBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reply  reply
		reason string
		posts  int
	}{
		{"bound", reply{body: `{"access_token":"A","token_type":"DPoP","refresh_token":"R","expires_in":60}`}, "", 1},
		{"plain", reply{body: `{"access_token":"A","token_type":"Bearer"}`}, "token_kind", 1},
		{"of no kind", reply{body: `{"access_token":"A"}`}, "token_kind", 1},
		{"refused", reply{status: 400, body: `{"error":"invalid_grant"}`}, "code_expired", 1},
		{"a nonce, for ever", reply{status: 400, body: `{"error":"use_dpop_nonce"}`, header: map[string]string{"DPoP-Nonce": "n"}}, "platform_unavailable", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "dpop: true", "refresh: {model: rotating}")
			w.answers("/token", c.reply)
			auth, err := w.authorize()
			if err != nil || w.query(auth).Get("dpop_jkt") == "" || auth.Private.Empty() {
				t.Fatalf("got %v, %v; want the key's thumbprint in the request", w.query(auth), err)
			}
			token, err := w.exchange(auth.Private)
			if fault.ReasonOf(err) != c.reason || len(w.sent("/token")) != c.posts {
				t.Fatalf("got %v after %d posts, want %q after %d", err, len(w.sent("/token")), c.reason, c.posts)
			}
			if err != nil {
				return
			}
			lease, err := w.p.Lease(token.Credentials)
			if err != nil || lease.Type != "DPoP" || !lease.Key.Equal(auth.Private) {
				t.Errorf("lease: got %s, %v; want DPoP with the attempt's key", lease.Type, err)
			}
		})
	}
	w := newWorld(t)
	w.answers("/token", reply{body: `{"access_token":"A","token_type":"DPoP"}`})
	if _, err := w.exchange(vault.Secret{}); fault.ReasonOf(err) != "token_kind" {
		t.Errorf("bound, but not asked to: got %v, want token_kind", err)
	}
}

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines  []string
		header string
		form   url.Values
	}{
		{nil, "Basic YWJjOnMlMjZj", url.Values{}},
		{[]string{"client_auth: post"}, "", url.Values{"client_id": {"abc"}, "client_secret": {"s&c"}}},
		{[]string{"client_auth: none", "client_secret_env: -"}, "", url.Values{"client_id": {"abc"}}},
	} {
		w := newWorld(t, append(c.lines, "pkce: none")...)
		w.answers("/token", reply{body: `{"access_token":"A"}`})
		if _, err := w.exchange(vault.Secret{}); err != nil {
			t.Fatal(err)
		}
		c.form.Set("grant_type", "authorization_code")
		c.form.Set("code", "code")
		c.form.Set("redirect_uri", "https://us.example/oauth/callback/acme")
		sent := w.sent("/token")
		if diff := cmp.Diff(c.form, sent[0].form); diff != "" || sent[0].header.Get("Authorization") != c.header || len(sent) != 1 {
			t.Errorf("%v: %d posts, Authorization %q, want %q, form (-want +got):\n%s", c.lines, len(sent), sent[0].header.Get("Authorization"), c.header, diff)
		}
	}
}
