package hosted

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/connect"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// Service is what the pages need of the core.
type Service interface {
	OpenLink(ctx context.Context, link, browser vault.Secret) (connect.LinkView, error)
	Nudge(ctx context.Context, a connect.Attempt) error
	Begin(ctx context.Context, r connect.BeginRequest) (string, error)
	SignIn(ctx context.Context, r connect.SignInRequest) (connect.Session, error)
	Callback(ctx context.Context, r connect.CallbackRequest) (connect.Arrival, error)
	Choose(ctx context.Context, r connect.ChooseRequest) (connect.Session, error)
	AcceptLoss(ctx context.Context, r connect.AcceptLossRequest) (connect.Session, error)
	Leave(ctx context.Context, link vault.Secret) (connect.Session, error)
	Platforms() *platform.Registry
	Document(platformID, name string) (any, error)
}

// Config is what the pages are made of.
type Config struct {
	Service    Service
	Faces      []Face
	Limits     Limits // nil: none
	PublicURL  string
	LabURL     string   // origin of the Lab; empty without one
	InLab      []string // the platforms that the Lab plays: pages say so
	LabServers []string // names that the Lab plays of platforms with many servers: pages tell them
}

// Hosted is the room.
type Hosted struct {
	svc       Service
	faces     map[string]Face
	linked    []Face
	cookies   httpx.Cookies
	limits    Limits
	publicURL *url.URL
	origin    string
	labURL    string
	inLab     []string
	servers   []string // of the Lab
	crossSite *http.CrossOriginProtection
}

// New builds the pages. PublicURL must be an origin without a path.
func New(cfg Config) (*Hosted, error) {
	u, err := url.Parse(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	h := &Hosted{
		svc: cfg.Service, faces: map[string]Face{}, cookies: httpx.NewCookies(cfg.PublicURL), limits: cfg.Limits, publicURL: u,
		origin: strings.TrimSuffix(cfg.PublicURL, "/"), labURL: cfg.LabURL, inLab: cfg.InLab, servers: cfg.LabServers,
		crossSite: http.NewCrossOriginProtection(),
	}
	if h.limits == nil {
		h.limits = unlimited{}
	}
	for _, f := range cfg.Faces {
		h.faces[f.Origin()] = f
		h.linked = append(h.linked, f)
	}
	return h, h.crossSite.AddTrustedOrigin(h.origin)
}

// Routes lists every address of the room.
func (h *Hosted) Routes() []httpx.Route {
	get := func(path string, f httpx.HandlerFunc) httpx.Route {
		return httpx.Route{Method: http.MethodGet, Path: path, Auth: httpx.AuthCookie, Format: httpx.FormatPage, Handler: h.page(f)}
	}
	post := func(path string, f httpx.HandlerFunc) httpx.Route {
		return httpx.Route{Method: http.MethodPost, Path: path, Auth: httpx.AuthCookie, Format: httpx.FormatPage, Handler: h.page(h.form(f))}
	}
	routes := []httpx.Route{
		get("/{$}", h.home),
		get("/connect/s/{token}", h.showSession),
		post("/connect/s/{token}/platform", h.pickPlatform),
		get("/connect/s/{token}/platform/{platform}", h.askInput),
		post("/connect/s/{token}/platform/{platform}", h.takeInput),
		get("/connect/s/{token}/platform/{platform}/password", h.askPassword),
		post("/connect/s/{token}/platform/{platform}/password", h.takePassword),
		post("/connect/s/{token}/targets", h.pickTargets),
		post("/connect/s/{token}/losses", h.acceptLosses),
		post("/connect/s/{token}/leave", h.leave),
		get("/connect/s/{token}/platform", h.backToSession),
		get("/connect/s/{token}/targets", h.backToSession),
		get("/connect/s/{token}/losses", h.backToSession),
		get("/connect/s/{token}/leave", h.backToSession),
		get("/oauth/callback/{platform}", h.callback),
		get("/oauth/callback/{platform}/{app}", h.callback),
		{
			Method: http.MethodGet, Path: "/oauth/{platform}/{document}", Auth: httpx.AuthNone, Format: httpx.FormatJSON,
			Handler: httpx.Handle(h.writeError, h.document),
		},
		{Path: "/", Auth: httpx.AuthNone, Format: httpx.FormatPage, Handler: h.page(h.nothingHere)},
	}
	for _, f := range h.linked {
		for _, path := range f.LinkPaths() {
			routes = append(routes, get(path, h.showLinked(f)))
		}
	}
	return routes
}

// home answers who typed the server's bare address.
func (h *Hosted) home(w http.ResponseWriter, r *http.Request) error {
	view := ui.HomeView{Frame: h.frame(w, r, "", ""), Reference: "/docs"}
	if h.labURL != "" {
		view.LabURL = h.labURL + "/lab/"
	}
	return render(w, r, http.StatusOK, ui.Home(view))
}

// sessionPath is the address of a link's own page.
// It goes into headers, whatever stood in the address that was asked for.
func (h *Hosted) sessionPath(link vault.Secret) string {
	return "/connect/s/" + url.PathEscape(link.Reveal())
}
