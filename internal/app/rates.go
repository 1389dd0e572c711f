package app

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/httpx"
	"patchbay/internal/metrics"
)

// defaultRate is how many requests a second one API key may make where nothing else is
// configured: MarketingBlocks documents 100 for itself.
const defaultRate = 100

// rates are the limits on what callers may do. Those of open pages count by address,
// but not for addresses on loopback that are not trusted proxies': that is this machine
// itself, or a proxy on it that nobody declared, behind which everybody would share one count.
type rates struct {
	metrics   *metrics.Metrics
	keys      *httpx.Rate
	attempts  *httpx.Rate
	passwords *httpx.Rate
	servers   *httpx.Rate
	proxies   []netip.Prefix
}

func newRates(cfg config.Config, m *metrics.Metrics) *rates {
	r := &rates{
		metrics:   m,
		proxies:   cfg.TrustedProxies,
		attempts:  httpx.NewRate(60, 10*time.Minute, 30),
		passwords: httpx.NewRate(20, time.Hour, 10),
		servers:   httpx.NewRate(20, time.Hour, 10),
	}
	switch {
	case cfg.RateLimit == 0:
		r.keys = httpx.NewRate(defaultRate, time.Second, defaultRate)
	case cfg.RateLimit > 0:
		r.keys = httpx.NewRate(cfg.RateLimit, time.Second, cfg.RateLimit)
	}
	return r
}

// key counts a request of an API key and tells it how it stands.
func (r *rates) key(w http.ResponseWriter, _ *http.Request, keyID int64) error {
	return r.counted("key", r.keys.TakeShown(w, strconv.FormatInt(keyID, 10)))
}

// Attempt counts a trip to a platform, Password an app password, and NewServer a
// registration at a server that we did not know: hosted.Limits.
func (r *rates) Attempt(req *http.Request) error { return r.address("attempts", r.attempts, req) }

func (r *rates) Password(req *http.Request) error  { return r.address("passwords", r.passwords, req) }
func (r *rates) NewServer(req *http.Request) error { return r.address("servers", r.servers, req) }

func (r *rates) address(name string, limit *httpx.Rate, req *http.Request) error {
	addr := httpx.ClientIP(req)
	trusted := slices.ContainsFunc(r.proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
	if !addr.IsValid() || (addr.IsLoopback() && !trusted) {
		return nil
	}
	return r.counted(name, limit.Take(subscriber(addr)))
}

func (r *rates) counted(limit string, err error) error {
	if err != nil {
		r.metrics.Limited(limit)
	}
	return err
}

// subscriber is whom an address stands for: in IPv6 a /64 is one household's.
func subscriber(addr netip.Addr) string {
	addr = addr.Unmap()
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}
