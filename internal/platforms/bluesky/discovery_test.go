package bluesky

import (
	"net/http"
	"testing"

	"patchbay/internal/fault"
)

func TestAuthorizeInAWorldAsItShouldBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, input := range []string{"page.example.com", "https://bsky.app/profile/page.example.com", worldDID} {
		auth, err := w.authorize(t, input)
		if err != nil {
			t.Fatalf("input %q: %v", input, err)
		}
		if got, want := auth.Issuer, w.url; got != want {
			t.Errorf("issuer: got %q, want %q", got, want)
		}
	}
}

// Whoever owns a handle writes these documents: each could aim our calls at the
// machine's own network, or another server's tokens at us.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	const refused = "server_refused"
	redirect := func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "http://127.0.0.1:1/", http.StatusFound)
	}
	cases := map[string]struct {
		spoil func(w *world)
		want  string
	}{
		"document of another":         {func(w *world) { w.docs[didPath]["id"] = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb" }, refused},
		"document names other handle": {func(w *world) { w.docs[didPath]["alsoKnownAs"] = []any{"at://else.example.com"} }, "handle_unknown"},
		"document without handle":     {func(w *world) { delete(w.docs[didPath], "alsoKnownAs") }, "handle_unknown"},
		"document gone":               {func(w *world) { w.answer(didPath, http.StatusGone, "{}") }, "handle_unknown"},
		"document not JSON":           {func(w *world) { w.answer(didPath, http.StatusOK, "<html>") }, refused},
		"directory broken":            {func(w *world) { w.answer(didPath, http.StatusBadGateway, "") }, "platform_unavailable"},
		"no data server":              {func(w *world) { w.docs[didPath]["service"] = []any{} }, refused},
		"data server not a text":      {func(w *world) { w.docs[didPath]["service"] = []any{pdsService([]any{w.url})} }, refused},

		"resource redirects":        {func(w *world) { w.handlers[resourcePath] = redirect }, refused},
		"resource of another":       {func(w *world) { w.docs[resourcePath]["resource"] = "https://pds.example.com" }, refused},
		"no authorization server":   {func(w *world) { w.docs[resourcePath]["authorization_servers"] = []any{} }, refused},
		"two authorization servers": {func(w *world) { w.docs[resourcePath]["authorization_servers"] = []any{w.url, w.url} }, refused},
		"private authorization":     {func(w *world) { w.docs[resourcePath]["authorization_servers"] = []any{"https://192.168.1.1"} }, refused},
		"authorization with a path": {func(w *world) { w.docs[resourcePath]["authorization_servers"] = []any{w.url + "/a"} }, refused},
		"server redirects":          {func(w *world) { w.handlers[serverPath] = redirect }, refused},
		"issuer is another":         {func(w *world) { w.docs[serverPath]["issuer"] = "https://bsky.social" }, refused},
		"issuer with a slash":       {func(w *world) { w.docs[serverPath]["issuer"] = w.url + "/" }, refused},
		"PAR not required":          {func(w *world) { w.docs[serverPath]["require_pushed_authorization_requests"] = false }, refused},
		"no iss parameter":          {func(w *world) { delete(w.docs[serverPath], "authorization_response_iss_parameter_supported") }, refused},
		"no client documents":       {func(w *world) { delete(w.docs[serverPath], "client_id_metadata_document_supported") }, refused},
		"PKCE plain only":           {func(w *world) { w.docs[serverPath]["code_challenge_methods_supported"] = []any{"plain"} }, refused},
		"no ES256 proofs":           {func(w *world) { w.docs[serverPath]["dpop_signing_alg_values_supported"] = []any{"RS256"} }, refused},
		"other data servers only":   {func(w *world) { w.docs[serverPath]["protected_resources"] = []any{"https://pds.example.com"} }, refused},
		"token endpoint private":    {func(w *world) { w.docs[serverPath]["token_endpoint"] = "https://127.0.0.1/token" }, refused},
		"token endpoint http":       {func(w *world) { w.docs[serverPath]["token_endpoint"] = "http://as.example.com/token" }, refused},
		"PAR endpoint on a port": {func(w *world) {
			w.docs[serverPath]["pushed_authorization_request_endpoint"] = "https://as.example.com:22/"
		}, refused},
		"authorize endpoint a script": {func(w *world) { w.docs[serverPath]["authorization_endpoint"] = "javascript:alert(1)" }, refused},
		"PAR refuses the client":      {func(w *world) { w.answer("/par", 400, `{"error":"invalid_client_metadata"}`) }, "platform_rejected"},
		"PAR overloaded":              {func(w *world) { w.answer("/par", 429, `{}`, "Retry-After: 7") }, "platform_unavailable"},
		"PAR without a reference":     {func(w *world) { w.answer("/par", 201, `{}`) }, "platform_unavailable"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tt.spoil(w)
			_, err := w.authorize(t, "page.example.com")
			if got := fault.ReasonOf(err); got != tt.want {
				t.Errorf("got %q, want %q (%v)", got, tt.want, err)
			}
		})
	}
}

func TestHostileServerAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://pds.example.com", "https://pds.example.com:8443", "https://pds.example.com:", "https://pds.example.com/path",
		"https://pds.example.com?q", "https://pds.example.com#f", "https://me@pds.example.com", "ftp://pds.example.com",
		"https://localhost", "https://metadata.internal", "https://router.local", "https://pds", "https://pds.example.com.",
		"https://127.0.0.1", "https://10.0.0.1", "https://169.254.169.254", "https://[::1]", "https://[::ffff:127.0.0.1]",
		"https://2130706433", "https://0x7f.1", "https://127.1", "http://127.0.0.1:1", "//pds.example.com", "",
	} {
		w := newWorld(t)
		w.docs[didPath]["service"] = []any{pdsService(address)}
		_, err := w.authorize(t, "page.example.com")
		if got, want := fault.ReasonOf(err), "server_refused"; got != want {
			t.Errorf("data server %q: got %q, want %q (%v)", address, got, want, err)
		}
	}
	for _, did := range []string{"did:web:127.0.0.1", "did:web:localhost", "did:web:localhost%3a22", "did:web:pds.example.com%3a8443", "did:web:pds.example.com:path"} {
		_, err := newWorld(t).authorize(t, did)
		if got, want := fault.ReasonOf(err), "server_refused"; got != want {
			t.Errorf("%s: got %q, want %q (%v)", did, got, want, err)
		}
	}
}

// A public name may still resolve to a private address: the guard sees it when it
// dials, and that is no passing trouble.
func TestGuardRefusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, address := range []string{"https://127.0.0.1/x", "https://10.0.0.1/x", "https://169.254.169.254/x", "https://[::1]/x", "https://127.0.0.1:8443/x"} {
		_, err := fetch(t.Context(), w.env, address)
		if got, want := fault.ReasonOf(err), "server_refused"; got != want {
			t.Errorf("%s: got %q, want %q (%v)", address, got, want, err)
		}
	}
}

func TestDIDWebOnATrustedServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	did := "did:web:127.0.0.1%3A" + w.url[len("http://127.0.0.1:"):]
	doc := w.docs[didPath]
	doc["id"] = "did:web:127.0.0.1%3a" + w.url[len("http://127.0.0.1:"):]
	w.docs["/.well-known/did.json"] = doc
	auth, err := w.authorize(t, did)
	if err != nil {
		t.Fatalf("authorize %s: %v", did, err)
	}
	if auth.Private.Empty() {
		t.Error("private data: got none, want the attempt's")
	}
}
