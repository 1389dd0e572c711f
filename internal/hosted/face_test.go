package hosted

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// manyLinks is a dialect whose links have several forms.
type manyLinks struct{ NativeFace }

func (manyLinks) Origin() string       { return "other" }
func (manyLinks) LinkPaths() []string  { return []string{"/connect/{word}", "/connect/channels"} }
func (manyLinks) LinkParams() []string { return []string{"state", "token"} }

func TestLinksOfADialect(t *testing.T) {
	t.Parallel()
	var opened []string
	h, err := New(Config{PublicURL: publicURL, Faces: []Face{NativeFace{}, manyLinks{}}, Service: opening{core{}, &opened}})
	if err != nil {
		t.Fatal(err)
	}
	mux := httpx.Mux(h.Routes())
	for _, tt := range []struct {
		path   string
		status int
		token  string
	}{
		{"/connect/plain?state=a", http.StatusOK, "a"},
		{"/connect/plain?token=b", http.StatusOK, "b"},
		{"/connect/plain?state=&token=c", http.StatusOK, "c"},
		{"/connect/channels?state=d&token=e", http.StatusOK, "d"},
		{"/connect/plain?other=f", http.StatusNotFound, ""},
		{"/connect/s/g", http.StatusOK, "g"},
	} {
		opened = nil
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, publicURL+tt.path, nil))
		if w.Code != tt.status || strings.Join(opened, " ") != tt.token {
			t.Errorf("%s: got %d and opened %q, want %d and %q", tt.path, w.Code, opened, tt.status, tt.token)
		}
		if tt.token != "" && !strings.Contains(w.Body.String(), `action="/connect/s/`+tt.token+`/platform"`) {
			t.Errorf("%s: the page's form does not go on with the link", tt.path)
		}
	}
}

// opening remembers which links were opened, and knows all but the empty one.
type opening struct {
	core
	opened *[]string
}

func (o opening) OpenLink(_ context.Context, link, _ vault.Secret) (connect.LinkView, error) {
	if link.Empty() {
		return connect.LinkView{}, connect.ErrLinkUnknown
	}
	*o.opened = append(*o.opened, link.Reveal())
	return connect.LinkView{Offered: []connect.Offered{{Spec: platform.Spec{ID: "plain", Name: "Plain"}, Configured: true}}}, nil
}
