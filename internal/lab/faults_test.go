package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/net/netutil"

	"patchbay/internal/lab"
)

// refreshRequest is X's, on a connection of its own.
func (b *bench) refreshRequest(ctx context.Context, token any) (*http.Response, error) {
	b.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+xTokenPath, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	basic(req)
	transport := &http.Transport{DisableKeepAlives: true}
	b.t.Cleanup(transport.CloseIdleConnections)
	return (&http.Client{Transport: transport}).Do(req)
}

func (b *bench) outcomes(kind lab.RedeemKind) string {
	var out []string
	for _, r := range b.lab.Redeems() {
		if r.Kind == kind {
			out = append(out, fmt.Sprintf("%s%s", r.Outcome, strings.TrimSuffix("/"+string(r.Fault), "/")))
		}
	}
	return strings.Join(out, " ")
}

func TestFaultsThatAnswerInThePlatformsPlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault       string
		status      int
		contentType string
		retryAfter  string
		body        string // part of it
		redeemed    string
	}{
		"status":              {`"kind":"status"`, 500, "", "", "", ""},
		"status as told":      {`"kind":"status","status":429,"retry_after":"17","body":"slow down"`, 429, "text/plain; charset=utf-8", "17", "slow down", ""},
		"html":                {`"kind":"html"`, 502, "text/html; charset=UTF-8", "", "<h1>502", ""},
		"html with 200":       {`"kind":"html","status":200,"body":"<p>hello"`, 200, "text/html; charset=UTF-8", "", "<p>hello", ""},
		"error in 200":        {`"kind":"error_200"`, 200, "application/json; charset=UTF-8", "", `"error":"temporarily_unavailable"`, ""},
		"error in 200, told":  {`"kind":"error_200","body":"{\"error\":\"invalid_grant\"}"`, 200, "application/json; charset=UTF-8", "", `{"error":"invalid_grant"}`, ""},
		"reply, form-encoded": {`"kind":"reply","status":201,"body":"a=b","content_type":"application/x-www-form-urlencoded"`, 201, "application/x-www-form-urlencoded", "", "a=b", ""},
		"nothing at all":      {`"kind":"reply"`, 200, "", "", "", ""},
		"reply after acting":  {`"kind":"reply","acts":true,"body":"{}"`, 200, "application/json; charset=UTF-8", "", "{}", "ok/reply"},
		"delay":               {`"kind":"delay","delay_s":0.01`, 200, "application/json; charset=UTF-8", "", "access_token", "ok/delay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			token := b.xTokens(xAuthorize(), "creator")["refresh_token"]
			b.tell("/lab/faults", `{"platform":"x","grant_type":"refresh_token",`+tt.fault+`}`)
			got := b.xRefresh(token)
			if got.status != tt.status || got.header.Get("Content-Type") != tt.contentType || got.header.Get("Retry-After") != tt.retryAfter || !strings.Contains(got.body, tt.body) {
				t.Errorf("got %d %v %q, want %d, %q, %q and a body with %q", got.status, got.header, got.body, tt.status, tt.contentType, tt.retryAfter, tt.body)
			}
			if redeemed := b.outcomes(lab.RedeemRefresh); redeemed != tt.redeemed {
				t.Errorf("got refreshes %q, want %q", redeemed, tt.redeemed)
			}
			if left := b.lab.Faults(); len(left) != 0 {
				t.Errorf("got %v left, want none", left)
			}
		})
	}
}

func TestFaultsThatBreakTheConnection(t *testing.T) {
	t.Parallel()
	for kind, tt := range map[string]struct {
		broke    func(error) bool
		redeemed string
		next     int // status of the same refresh afterwards
	}{
		"reset_before": {isReset, "", 200},
		"reset_after":  {isReset, "ok/reset_after", 400},
		"truncated":    {func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }, "ok/truncated", 400},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			token := b.xTokens(xAuthorize(), "creator")["refresh_token"]
			b.tell("/lab/faults", `{"kind":"`+kind+`","path":"/2/oauth2/token"}`)
			res, err := b.refreshRequest(t.Context(), token)
			if err == nil {
				body, readErr := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err = readErr; json.Valid(body) {
					t.Errorf("got the whole body %q", body)
				}
			}
			if !tt.broke(err) {
				t.Errorf("got error %v, want the connection broken by %s", err, kind)
			}
			if got := b.outcomes(lab.RedeemRefresh); got != tt.redeemed {
				t.Errorf("got refreshes %q, want %q", got, tt.redeemed)
			}
			if got := b.xRefresh(token); got.status != tt.next {
				t.Errorf("got status %d for the next, want %d", got.status, tt.next)
			}
		})
	}
}

func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

// A listener that counts its connections hides what they can do.
func TestResetThroughALimitedListener(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: netutil.LimitListener(inner, 10), Config: &http.Server{Handler: b.lab.Handler()}}
	srv.Start()
	t.Cleanup(srv.Close)
	b.url = srv.URL
	b.tell("/lab/faults", `{"kind":"reset_before","path":"/2/oauth2/token"}`)
	if res, err := b.refreshRequest(t.Context(), "any"); !isReset(err) {
		t.Errorf("got %v, %v, want a reset", res, err)
	}
}

func TestFaultsMatchInOrderAndAreCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbToken("creator", nil)
	b.tell("/lab/faults", `{"platform":"facebook","grant_type":"fb_exchange_token","kind":"status","status":502}`)
	b.tell("/lab/faults", `{"platform":"facebook","path":"/v26.0/me*","kind":"status","status":503,"n":2}`)
	b.tell("/lab/faults", `{"platform":"facebook","host":"graph.facebook.com","kind":"status","status":418}`)
	b.tell("/lab/faults", `{"platform":"x","kind":"status","status":504}`)
	b.tell("/lab/faults", `{"host":"nowhere.example","kind":"status","status":505}`)
	var got []int
	for _, path := range []string{"/me", "/" + bakery, "/me/accounts", "/me", "/me"} {
		got = append(got, b.fbGet(token, path).status)
	}
	if want := "[503 418 503 200 200]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s: the first that matches, as often as told", got, want)
	}
	left := b.control(http.MethodGet, "/lab/faults", "", http.StatusOK).json(t)["faults"].([]any)
	if len(left) != 3 || left[1].(map[string]any)["n"] != 1.0 || left[1].(map[string]any)["platform"] != "x" {
		t.Errorf("got left %v, want the three that met no call", left)
	}
	b.control(http.MethodDelete, "/lab/faults", "", http.StatusNoContent)
	if left := b.control(http.MethodGet, "/lab/faults", "", http.StatusOK).body; left != `{"faults":[]}` {
		t.Errorf("got %s after clearing", left)
	}
	if calls := b.lab.Calls(); calls[len(calls)-1].Fault != "" || calls[len(calls)-3].Outcome != "fault" || calls[len(calls)-3].Fault != lab.FaultStatus {
		t.Errorf("got calls %+v, want those told that met a fault", calls[len(calls)-3:])
	}
}

func TestFaultsThatCannotBe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, body := range []string{
		`{}`, `{"kind":"explode"}`, `{"kind":"delay","delay_s":-1}`, `{"kind":"delay","delay_s":601}`, `{"kind":"status","status":99}`, `{"kind":"status","status":600}`,
		`{"kind":"status","n":-1}`, `{"kind":"status","path":"/*/a*"}`, `{"kind":"status","colour":"red"}`,
	} {
		b.control(http.MethodPost, "/lab/faults", body, http.StatusBadRequest)
	}
	if left := b.lab.Faults(); len(left) != 0 {
		t.Errorf("got %v, want none taken", left)
	}
}

// A caller that has given up before the delay is over asked nothing of the platform,
// unless it acts first.
func TestDelayAndACallerThatGivesUp(t *testing.T) {
	t.Parallel()
	for acts, want := range map[string]string{"false": "", "true": "ok/delay"} {
		b := newBench(t)
		token := b.xTokens(xAuthorize(), "creator")["refresh_token"]
		if acts == "true" {
			b.tell("/lab/faults", `{"kind":"delay","delay_s":600,"acts":true}`)
		} else {
			b.tell("/lab/faults", `{"kind":"delay","delay_s":600}`)
		}
		ctx, giveUp := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := b.refreshRequest(ctx, token) //nolint:bodyclose // there is none
			done <- err
		}()
		for len(b.lab.Faults()) > 0 || b.outcomes(lab.RedeemRefresh) != want {
			if t.Context().Err() != nil {
				t.Fatal("the call never arrived")
			}
		}
		giveUp()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("acts %s: got %v, want the caller to have given up", acts, err)
		}
		if got := b.outcomes(lab.RedeemRefresh); got != want {
			t.Errorf("acts %s: got refreshes %q, want %q", acts, got, want)
		}
	}
}
