package testkit_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/testkit"
)

func TestAtprotoServersAnswer(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)

	var metadata struct{ Issuer string }
	getJSON(t, servers.PDS+"/.well-known/oauth-authorization-server", &metadata)
	if got, want := metadata.Issuer, servers.PDS; got != want {
		t.Errorf("issuer: got %s, want %s", got, want)
	}
	for _, account := range servers.Accounts {
		var resolved struct{ DID string }
		getJSON(t, servers.PDS+"/xrpc/com.atproto.identity.resolveHandle?handle="+account.Handle, &resolved)
		if got, want := resolved.DID, account.DID; got != want {
			t.Errorf("DID of %s: got %s, want %s", account.Handle, got, want)
		}
		var document struct{ AlsoKnownAs []string }
		getJSON(t, servers.PLC+"/"+account.DID, &document)
		if diff := cmp.Diff([]string{"at://" + account.Handle}, document.AlsoKnownAs); diff != "" {
			t.Errorf("names in the directory (-want +got):\n%s", diff)
		}
	}
}

// The PDS fetches the metadata of a client with an https address; whether it likes it is not asked here.
func TestAtprotoFetchesClientMetadata(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	fetched := make(chan string, 8)
	client := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetched <- r.URL.Path
		http.NotFound(w, r)
	}))
	client.TLS = servers.ClientTLS.Clone()
	client.StartTLS()
	t.Cleanup(client.Close)
	_, port, err := net.SplitHostPort(client.Listener.Addr().String())
	if err != nil {
		t.Fatalf("address: %v", err)
	}

	form := url.Values{
		"client_id":             {"https://" + net.JoinHostPort(servers.ClientHost, port) + "/client-metadata.json"},
		"response_type":         {"code"},
		"scope":                 {"atproto"},
		"code_challenge":        {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, // RFC 7636, appendix B
		"code_challenge_method": {"S256"},
	}
	response, err := http.PostForm(servers.PDS+"/oauth/par", form)
	if err != nil {
		t.Fatalf("push an authorization request: %v", err)
	}
	defer response.Body.Close()
	if got, want := response.StatusCode, http.StatusBadRequest; got != want {
		t.Errorf("status: got %d, want %d", got, want)
	}
	select {
	case got := <-fetched:
		if want := "/client-metadata.json"; got != want {
			t.Errorf("fetched: got %s, want %s", got, want)
		}
	default:
		t.Errorf("the PDS fetched nothing before it answered, want the client's metadata")
	}
}

func getJSON(t *testing.T, address string, into any) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatalf("get %s: %v", address, err)
	}
}
