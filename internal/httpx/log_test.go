package httpx_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// logged serves one request and tells the log line, the answer and whether the
// connection was cut.
func logged(t *testing.T, h http.HandlerFunc) (line, body string, status int, cut bool) {
	t.Helper()
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.Handle("GET /things/{id}", h)
	served := make(chan struct{})
	handler := httpx.Log(slog.New(slog.NewTextHandler(&log, nil)), mux)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	resp, err := http.Get(server.URL + "/things/secret-id?q=secret-query")
	<-served
	if err != nil {
		return log.String(), "", 0, true
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return log.String(), string(text), resp.StatusCode, err != nil
}

func TestALineNamesTheRouteAndTheCause(t *testing.T) {
	t.Parallel()
	line, _, _, _ := logged(t, func(w http.ResponseWriter, r *http.Request) {
		httpx.NoteError(r, fault.New(fault.NotFound, "gone", "Not here.").Because(fmt.Errorf("row 7")))
		w.WriteHeader(http.StatusNotFound)
	})
	for _, want := range []string{`route="GET /things/{id}"`, "status=404", "reason=gone", "row 7", "level=INFO"} {
		if !strings.Contains(line, want) {
			t.Errorf("got %s, want %s in it", line, want)
		}
	}
	if strings.Contains(line, "secret") {
		t.Errorf("got %s, want neither path nor query", line)
	}
}

func TestLevelsTellWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"level=ERROR": fmt.Errorf("disk full"),
		"level=INFO":  fmt.Errorf("read row: %w", context.Canceled), // the browser hung up
	} {
		line, _, _, _ := logged(t, func(_ http.ResponseWriter, r *http.Request) { httpx.NoteError(r, err) })
		if !strings.Contains(line, want) {
			t.Errorf("%v: got %s, want %s", err, line, want)
		}
	}
}

func TestAPanicIsAnInternalErrorThatSaysNothing(t *testing.T) {
	t.Parallel()
	line, body, status, cut := logged(t, func(http.ResponseWriter, *http.Request) { panic("hunter2") })
	if status != http.StatusInternalServerError || cut || strings.Contains(body, "hunter2") {
		t.Errorf("got %d %q, cut %v; want a whole 500 without the cause", status, body, cut)
	}
	if !strings.Contains(line, "hunter2") || !strings.Contains(line, "level=ERROR") {
		t.Errorf("the log lost the cause: %s", line)
	}
}

func TestAPanicAfterTheHeadersCutsTheAnswer(t *testing.T) {
	t.Parallel()
	_, _, _, cut := logged(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"half":`)
		_ = http.NewResponseController(w).Flush()
		panic("broke")
	})
	if !cut {
		t.Error("half an answer looks whole")
	}
}
