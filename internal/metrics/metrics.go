// Package metrics owns what the program counts about itself and the page on which
// Prometheus reads it. It decides nothing, and no label holds what a caller can choose:
// routes are patterns, platforms are ours, outcomes are a short list.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is one program's counters.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	calls     *prometheus.HistogramVec
	attempts  *prometheus.CounterVec
	refreshes *prometheus.CounterVec
	messages  *prometheus.HistogramVec
	limited   *prometheus.CounterVec
	rounds    *prometheus.CounterVec
	lastRound *prometheus.GaugeVec
}

// New makes counters that all stand at zero. version is the program's.
func New(version, engine string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "patchbay_http_request_duration_seconds", Help: "Requests served, by route pattern and class of status.", Buckets: buckets,
	}, []string{"route", "status"})
	m.inFlight = prometheus.NewGauge(prometheus.GaugeOpts{Name: "patchbay_http_requests_in_flight", Help: "Requests being served, waits included."})
	m.calls = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "patchbay_platform_call_duration_seconds", Help: "Calls to platforms, by platform and how they ended: class of status, or unsent or broken.", Buckets: buckets,
	}, []string{"platform", "outcome"})
	m.attempts = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "patchbay_attempts_total", Help: "Trips to a platform that ended here, by platform, final state and reason.",
	}, []string{"platform", "state", "reason"})
	m.refreshes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "patchbay_refreshes_total", Help: "Refreshes of grants, by platform and what the answer meant: fine, transient, rate_limited, configuration, permanent.",
	}, []string{"platform", "class"})
	m.messages = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "patchbay_webhook_request_duration_seconds", Help: "Requests to webhook endpoints, by how they ended: delivered, refused (another answer), unanswered.", Buckets: buckets,
	}, []string{"outcome"})
	m.limited = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "patchbay_limited_total", Help: "Requests refused by a limit, by which.",
	}, []string{"limit"})
	m.rounds = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "patchbay_loop_rounds_total", Help: "Rounds of the loops beside the requests, by loop and how they ended.",
	}, []string{"loop", "outcome"})
	m.lastRound = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "patchbay_loop_last_success_timestamp_seconds", Help: "When a loop last went well.",
	}, []string{"loop"})
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "patchbay_info", Help: "1, with the program's version and the database's engine.",
		ConstLabels: prometheus.Labels{"version": version, "engine": engine},
	})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.inFlight, m.calls, m.attempts, m.refreshes, m.messages, m.limited, m.rounds, m.lastRound, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Page is what Prometheus reads.
func (m *Metrics) Page() http.Handler { return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}) }

// Gauge adds a value that is asked for when the page is read.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// RequestBegan counts a request as being served until the answer is called.
func (m *Metrics) RequestBegan() (ended func()) {
	m.inFlight.Inc()
	return m.inFlight.Dec
}

// Request counts a request that was served.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, class(status)).Observe(took.Seconds())
}

// Call counts a call to a platform; status is 0 when there was no whole answer.
func (m *Metrics) Call(platform string, status int, sent bool, took time.Duration) {
	outcome := class(status)
	switch {
	case status == 0 && sent:
		outcome = "broken"
	case status == 0:
		outcome = "unsent"
	}
	m.calls.WithLabelValues(platform, outcome).Observe(took.Seconds())
}

// AttemptEnded counts a trip to a platform.
func (m *Metrics) AttemptEnded(platform, state, reason string) {
	m.attempts.WithLabelValues(platform, state, reason).Inc()
}

// Refreshed counts a refresh of a grant by what the platform's answer meant.
func (m *Metrics) Refreshed(platformID, class string) {
	m.refreshes.WithLabelValues(platformID, class).Inc()
}

// MessageSent counts a request to a webhook endpoint by its outcome.
func (m *Metrics) MessageSent(outcome string, took time.Duration) {
	m.messages.WithLabelValues(outcome).Observe(took.Seconds())
}

// Limited counts a request that a limit refused.
func (m *Metrics) Limited(limit string) { m.limited.WithLabelValues(limit).Inc() }

// Watched is a loop's work, counted.
func (m *Metrics) Watched(loop string, do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := do(ctx)
		if err != nil {
			m.rounds.WithLabelValues(loop, "failed").Inc()
			return err
		}
		m.rounds.WithLabelValues(loop, "done").Inc()
		m.lastRound.WithLabelValues(loop).SetToCurrentTime()
		return nil
	}
}

func class(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}
