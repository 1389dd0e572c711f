package marketingblocks

import (
	"context"
	"net/http"
	"strings"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// Service is what this interface needs of the core.
type Service interface {
	Authenticate(ctx context.Context, raw vault.Secret) (connect.Caller, error)
	Workspace(ctx context.Context, c connect.Caller) (connect.Workspace, error)
	CreateSession(ctx context.Context, c connect.Caller, n connect.NewSession, once connect.Once[connect.CreatedSession]) (connect.CreatedSession, error)
	SessionByLink(ctx context.Context, c connect.Caller, link vault.Secret) (connect.SessionView, error)
	Platforms() *platform.Registry
}

var _ Service = (*connect.Service)(nil)

// API is the interface's two calls.
type API struct {
	svc       Service
	publicURL string
	now       func() time.Time
	offered   []string
	limit     Limit
}

// Limit counts a request of a key; its error is the answer when there were too many.
// Its document allows a token 100 requests a second. Nil: unlimited.
type Limit func(w http.ResponseWriter, r *http.Request, keyID int64) error

// New builds the interface. publicURL is this server's origin, where connect_url
// leads; now is the clock that sessions expire by.
func New(svc Service, publicURL string, now func() time.Time, limit Limit) *API {
	return &API{svc: svc, publicURL: strings.TrimSuffix(publicURL, "/"), now: now, offered: offered(svc.Platforms()), limit: limit}
}

// The vendor's addresses, exactly.
const (
	prefix         = "/api/v1/social-sparks/"
	connectChannel = prefix + "connect-channel"
	connectStatus  = prefix + "connect-status"
)

// Routes lists every address of the interface.
func (a *API) Routes() []httpx.Route {
	return []httpx.Route{
		{
			Method: http.MethodPost, Path: connectChannel, Auth: httpx.AuthKey, Format: httpx.FormatMarketingBlocks,
			Handler: httpx.Handle(writeError, a.connectChannel),
		},
		{
			Method: http.MethodGet, Path: connectStatus, Auth: httpx.AuthKey, Format: httpx.FormatMarketingBlocks,
			Handler: httpx.Handle(writeError, a.connectStatus),
		},
		// Open: what does not exist does not exist for anybody.
		{Path: prefix, Auth: httpx.AuthNone, Format: httpx.FormatMarketingBlocks, Handler: http.HandlerFunc(fallback)},
	}
}

// fallback answers what no call of the interface has taken: 405 with the methods
// at an address that exists, else 404.
func fallback(w http.ResponseWriter, r *http.Request) {
	allowed := map[string]string{connectChannel: "POST", connectStatus: "GET, HEAD"}[r.URL.Path]
	if allowed == "" {
		writeFailure(w, http.StatusNotFound, "The route could not be found.")
		return
	}
	w.Header().Set("Allow", allowed)
	writeFailure(w, http.StatusMethodNotAllowed, "The "+r.Method+" method is not supported for this route. Supported methods: "+allowed+".")
}
