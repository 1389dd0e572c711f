package api

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"net/http"
	"strings"

	"patchbay/internal/httpx"
)

// The reference page is RapiDoc (https://rapidocweb.com, MIT) over /openapi.json. It is
// kept here compressed and loads nothing from anywhere else.
//
//go:embed reference
var referenceFiles embed.FS

const rapidoc = "rapidoc-9.3.8.min.js.gz"

// referencePolicy lets the page's own component style itself and call this server, and
// nothing else. The component makes style elements, which only unsafe-inline allows.
const referencePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// reference is the routes of the reference page.
func reference() []httpx.Route {
	page := func(path string, h http.Handler) httpx.Route {
		return httpx.Route{Method: http.MethodGet, Path: path, Auth: httpx.AuthNone, Format: httpx.FormatFile, Handler: h}
	}
	return []httpx.Route{
		page("/docs", referenceFile("page.html", "text/html; charset=utf-8")),
		page("/docs/page.css", referenceFile("page.css", "text/css; charset=utf-8")),
		page("/docs/page.js", referenceFile("page.js", "text/javascript; charset=utf-8")),
		page("/docs/rapidoc.js", referenceFile(rapidoc, "text/javascript; charset=utf-8")),
	}
}

func referenceFile(name, mediaType string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := referenceFiles.ReadFile("reference/" + name)
		if err == nil && strings.HasSuffix(name, ".gz") {
			body, err = unzipped(w, r, body)
		}
		if err != nil {
			writeProblem(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", mediaType)
		h.Set("Content-Security-Policy", referencePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(body)
	})
}

// unzipped is the file as the client can read it: as it is where gzip is accepted.
func unzipped(w http.ResponseWriter, r *http.Request, body []byte) ([]byte, error) {
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
