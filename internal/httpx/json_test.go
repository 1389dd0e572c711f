package httpx_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/internal/httpx"
)

func TestReadObjectTakesOneObjectOfText(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]error{
		``: nil, ` `: nil, `{}`: nil, `{"a":"ü"}`: nil, `{"a":"\u00fc"}`: nil, `{"a":"\ud83d\ude00"}`: nil, `{"a":"\\ud800"}`: nil, `{"a":"\\\\"}`: nil, `{"a":"\u0000"}`: nil,
		`[]`: httpx.ErrBodyNotJSON, `null`: httpx.ErrBodyNotJSON, `{`: httpx.ErrBodyNotJSON, `{} {}`: httpx.ErrBodyNotJSON, "{\"a\":\"\xff\"}": httpx.ErrBodyNotJSON,
		"{\"\xc0\xaf\":1}": httpx.ErrBodyNotJSON, `{"a":"\ud800"}`: httpx.ErrBodyNotJSON, `{"a":"\udc00\ud800"}`: httpx.ErrBodyNotJSON, `{"a":"\ud800\u0041"}`: httpx.ErrBodyNotJSON,
		`{"a":"\ud800\n"}`: httpx.ErrBodyNotJSON, `{"\ud800":1}`: httpx.ErrBodyNotJSON, `{"a":"\\\ud800"}`: httpx.ErrBodyNotJSON, `{"a":"\ud8`: httpx.ErrBodyNotJSON, `\`: httpx.ErrBodyNotJSON,
		strings.Repeat("[", 20_000):                          httpx.ErrBodyNotJSON,
		`{"a":"` + strings.Repeat("a", httpx.MaxBody) + `"}`: httpx.ErrBodyTooLarge,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		if _, err := httpx.ReadObject(httptest.NewRecorder(), r); !errors.Is(err, want) {
			t.Errorf("%.60q: got %v, want %v", body, err, want)
		}
	}
}

func TestHoldsNUL(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"a":"b"}`: false, `{"a":"\u0000"}`: true, `{"a":"\\u0000"}`: false, `{"a":"\\\u0000"}`: true, `{"\u0000":1}`: true, `{"a":"\u0001"}`: false, `{"a":"\""}`: false,
	} {
		if got := httpx.HoldsNUL([]byte(body)); got != want {
			t.Errorf("%s: got %t, want %t", body, got, want)
		}
	}
}
