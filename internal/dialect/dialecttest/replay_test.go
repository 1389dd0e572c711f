package dialecttest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequestsAsDocumentsShowThem(t *testing.T) {
	t.Parallel()
	type request struct {
		Method, URL, Body string
		Header            http.Header
	}
	const url = "https://api.example.com/a?b=1"
	jsonHeader := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer x"}}
	for name, c := range map[string]struct {
		text string
		want request
	}{
		"curl with data": {
			"curl --location '" + url + "' \\\n  --header 'Authorization: Bearer x' \\\n  --header 'Content-Type: application/json' \\\n  --data '{\n    \"a\": \"b c\"\n}'\n",
			request{http.MethodPost, url, "{\n    \"a\": \"b c\"\n}", jsonHeader},
		},
		"curl without": {
			"curl " + url + " -H 'Authorization: Bearer x'",
			request{http.MethodGet, url, "", http.Header{"Authorization": {"Bearer x"}}},
		},
		"curl with both quotes": {
			"curl -X POST " + url + " \\\n  -H \"Authorization: Bearer x\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{ \"a\": \"b c\" }'\n",
			request{http.MethodPost, url, `{ "a": "b c" }`, jsonHeader},
		},
		"curl's own content type": {
			"curl -X PUT -d a=b " + url,
			request{http.MethodPut, url, "a=b", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}},
		},
		"plain": {
			"POST " + url + "\nContent-Type: application/json\nAuthorization: Bearer x\n\n{\"a\":1}\n",
			request{http.MethodPost, url, `{"a":1}`, jsonHeader},
		},
		"plain with a version": {
			"DELETE " + url + " HTTP/1.1\n",
			request{http.MethodDelete, url, "", http.Header{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := parseRequest(c.text)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(req.Body)
			if err != nil {
				t.Fatal(err)
			}
			got := request{req.Method, req.URL.String(), string(body), req.Header}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnreadableRequestsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "GET", "curl 'https://api.example.com", "curl --insecure x y", "curl -H", "GET https://x/\nno header"} {
		if _, err := parseRequest(text); err == nil {
			t.Errorf("%q: got no error", text)
		}
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	got := sections("Words about it.\n\n=== step connect linkedin\n=== response\nHTTP/1.1 200 OK\n\n{}\n")
	want := []section{{"step", "connect linkedin", ""}, {"response", "", "HTTP/1.1 200 OK\n\n{}\n"}}
	if len(got) != len(want) {
		t.Fatalf("got %d sections, want %d", len(got), len(want))
	}
	for i := range want {
		if want[i].kind != got[i].kind || want[i].arguments != got[i].arguments || strings.TrimSpace(want[i].body) != strings.TrimSpace(got[i].body) {
			t.Errorf("section %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestCompactKeepsOrderAndSpelling(t *testing.T) {
	t.Parallel()
	got := compact("{\n  \"b\": null,\n  \"a\": \"x  y\\u00e9\"\n}\n")
	if want := `{"b":null,"a":"x  y\u00e9"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
