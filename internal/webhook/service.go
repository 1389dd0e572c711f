package webhook

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"patchbay/internal/batch"
	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// Service is the use cases and the sender.
type Service struct {
	store    Store
	core     *connect.Service
	vault    *vault.Vault
	client   *httpx.Client
	schemes  map[string]Scheme
	now      func() time.Time
	log      *slog.Logger
	nudge    func(endpointIDs ...int64)
	sent     func(outcome string, took time.Duration)
	outcomes *batch.Batches[int64, *outcome] // by endpoint
	seen     atomic.Int64                    // the latest time of the clock, in UTC milliseconds
}

// Config is what a Service is made of. All fields but Schemes, Nudge and Sent are required.
type Config struct {
	Store   Store
	Core    *connect.Service
	Vault   *vault.Vault
	Client  *httpx.Client // NewClient's
	Version string        // of the program, for User-Agent
	Schemes []Scheme      // beside the standard one
	Now     func() time.Time
	Log     *slog.Logger
	// Nudge is told endpoints that have something due at once. Nil: they are found when
	// somebody looks.
	Nudge func(endpointIDs ...int64)
	// Sent is told each request: "delivered", "refused" (another answer than one that
	// counts as received) or "unanswered". Nil: nobody asks.
	Sent func(outcome string, took time.Duration)
}

// New builds the service.
func New(cfg Config) *Service {
	s := &Service{
		store: cfg.Store, core: cfg.Core, vault: cfg.Vault, client: cfg.Client, schemes: map[string]Scheme{},
		now: cfg.Now, log: cfg.Log, nudge: cfg.Nudge, sent: cfg.Sent,
	}
	s.outcomes = batch.New(s.finishAll)
	if s.nudge == nil {
		s.nudge = func(...int64) {}
	}
	if s.sent == nil {
		s.sent = func(string, time.Duration) {}
	}
	for _, scheme := range append([]Scheme{standard{cmp.Or(cfg.Version, "0")}}, cfg.Schemes...) {
		s.schemes[scheme.Name()] = scheme
	}
	return s
}

// requestTime bounds one request: from the look-up of the name to the last byte of the
// answer that is read.
const requestTime = 15 * time.Second

// NewClient is the client for receivers: guarded, without redirects, and with connections
// kept so shortly that few receivers hang up first.
func NewClient(trusted []string, loopback bool) *httpx.Client {
	return httpx.NewClient(httpx.ClientConfig{
		Trusted: trusted, Loopback: loopback, Timeout: requestTime, IdleConns: InFlightCap, IdleTime: 2 * time.Second,
	})
}

// schemeOf is the scheme of an endpoint.
func (s *Service) schemeOf(e Endpoint) (Scheme, error) {
	if scheme, ok := s.schemes[e.Scheme]; ok {
		return scheme, nil
	}
	return nil, fault.Newf(fault.Unsupported, "scheme_unknown", "This server does not know the scheme %q.", e.Scheme)
}

// record writes a use case into the audit log, in its transaction.
func (s *Service) record(tx connect.Tx, c connect.Caller, action string, about map[string]any) error {
	data, err := EncodeJSON(about)
	if err != nil {
		return err
	}
	s.core.Record(tx, c, connect.AuditEntry{Action: action, Data: data})
	return nil
}

// inTx runs fn in a transaction that can write webhooks.
func (s *Service) inTx(ctx context.Context, fn func(Tx) error) error {
	return s.store.InTx(ctx, func(tx connect.Tx) error { return fn(writer(tx)) })
}
