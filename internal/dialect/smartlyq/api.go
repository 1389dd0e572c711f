package smartlyq

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
	ActAs(ctx context.Context, c connect.Caller, ownerID int64) (connect.Caller, error)
	AnswerOnce(ctx context.Context, c connect.Caller, once connect.Once[connect.Answer], do func(again bool) (connect.Answer, error)) ([]byte, error)
	Workspace(ctx context.Context, c connect.Caller) (connect.Workspace, error)
	Platforms() *platform.Registry

	CreateDirect(ctx context.Context, c connect.Caller, n connect.NewSession, once connect.Once[connect.CreatedDirect]) (connect.CreatedDirect, error)
	CreateWithPassword(ctx context.Context, c connect.Caller, n connect.NewSession, account string, password vault.Secret) (connect.SessionView, error)
	SessionByLink(ctx context.Context, c connect.Caller, link vault.Secret) (connect.SessionView, error)
	Reconnect(ctx context.Context, c connect.Caller, n connect.NewReconnect, once connect.Once[connect.CreatedSession]) (connect.CreatedSession, error)

	Channel(ctx context.Context, c connect.Caller, id int64) (connect.Channel, connect.Owner, error)
	Channels(ctx context.Context, c connect.Caller, f connect.ChannelFilter, after int64, limit int) ([]connect.Channel, error)
	ChannelHealth(ctx context.Context, c connect.Caller, id int64) (connect.HealthReport, error)
	PauseChannel(ctx context.Context, c connect.Caller, id int64) (connect.Channel, error)
	ResumeChannel(ctx context.Context, c connect.Caller, id int64) (connect.Channel, error)
	RenameChannel(ctx context.Context, c connect.Caller, id int64, label string) (connect.Channel, error)
	DisconnectChannel(ctx context.Context, c connect.Caller, id int64) (connect.Channel, error)
	MoveChannel(ctx context.Context, c connect.Caller, id, ownerID int64) (connect.Channel, error)

	AddGroup(ctx context.Context, c connect.Caller, g connect.Group, once connect.Once[connect.Group]) (connect.Group, error)
	Groups(ctx context.Context, c connect.Caller, ownerID int64) ([]connect.Group, error)
	Group(ctx context.Context, c connect.Caller, id int64) (connect.Group, error)
	ChangeGroup(ctx context.Context, c connect.Caller, id int64, change connect.GroupChange) (connect.Group, error)
	DeleteGroup(ctx context.Context, c connect.Caller, id int64) error
}

var _ Service = (*connect.Service)(nil)

// Limit counts a request of a key and tells it how it stands in RateLimit- headers; its
// error is the answer when there were too many. Nil: unlimited.
type Limit func(w http.ResponseWriter, r *http.Request, keyID int64) error

// API is the interface's calls.
type API struct {
	svc       Service
	publicURL string
	now       func() time.Time
	limit     Limit
	taken     *http.ServeMux // the addresses that exist, for 405
}

// New builds the interface. publicURL is this server's origin, where links lead; now is
// the clock that sessions and consents end by.
func New(svc Service, publicURL string, now func() time.Time, limit Limit) *API {
	a := &API{svc: svc, publicURL: strings.TrimSuffix(publicURL, "/"), now: now, limit: limit}
	a.taken = httpx.Mux(a.calls())
	return a
}

// The vendor's addresses, exactly.
const (
	root     = "/v1/social"
	accounts = root + "/accounts"
	account  = accounts + "/{id}"
	groups   = root + "/account-groups"
	group    = groups + "/{group_id}"
)

// Routes lists every address of the interface. What does not exist does not exist for
// anybody; so too the bare root, which would be redirected otherwise.
func (a *API) Routes() []httpx.Route {
	routes := a.calls()
	for _, path := range []string{root, root + "/"} {
		routes = append(routes, httpx.Route{Path: path, Auth: httpx.AuthNone, Format: httpx.FormatSmartlyQ, Handler: httpx.Handle(a.writeError, a.stray)})
	}
	return routes
}

func (a *API) calls() []httpx.Route {
	get := func(path string, needs need, do action) httpx.Route {
		return a.route(http.MethodGet, path, a.serve(http.StatusOK, needs, do))
	}
	change := func(method, path string, do action) httpx.Route {
		return a.route(method, path, a.serve(http.StatusOK, mayChange, a.once(do)))
	}
	return []httpx.Route{
		get(accounts, mayRead, a.listAccounts),
		get(accounts+"/health", mayRead, a.bulkHealth),
		get(account+"/health", mayRead, a.accountHealth),
		get(account+"/reconnect-url", mayRead, a.reconnectURL),
		get(account+"/connect-options", mayRead, a.connectOptions),
		change(http.MethodPost, account+"/connect-select", a.connectSelect),
		change(http.MethodPost, account+"/pause", a.pause),
		change(http.MethodPost, account+"/resume", a.resume),
		change(http.MethodPost, account+"/move", a.move),
		change(http.MethodPatch, account, a.rename),
		change(http.MethodDelete, account, a.disconnect),
		// One path with two meanings.
		a.route(http.MethodPost, root+"/connect/{platform}", a.serve(http.StatusCreated, mayConnect, a.connect)),
		get(root+"/connect/{state_token}", mayPoll, a.poll),
		get(groups, mayRead, a.listGroups),
		get(group, mayRead, a.getGroup),
		a.route(http.MethodPost, groups, a.serve(http.StatusCreated, mayChange, a.createGroup)),
		change(http.MethodPut, group, a.changeGroup),
		change(http.MethodDelete, group, a.deleteGroup),
	}
}

func (a *API) route(method, path string, h httpx.HandlerFunc) httpx.Route {
	return httpx.Route{Method: method, Path: path, Auth: httpx.AuthKey, Format: httpx.FormatSmartlyQ, Handler: httpx.Handle(a.writeError, h)}
}

// stray answers what no call of the interface has taken: 405 with the methods at an
// address that exists, else 404.
func (a *API) stray(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, pattern := a.taken.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); strings.HasPrefix(pattern, method+" ") ||
			method == http.MethodHead && strings.HasPrefix(pattern, "GET ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return errNoRoute
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return errMethod
}
