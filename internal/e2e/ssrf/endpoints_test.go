package ssrf_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/platform"
	"patchbay/internal/webhook"
)

// name is what could be the name of a public server: labels, of which the last is no
// number. Nothing else may be saved, but an address of the stranger's.
var name = regexp.MustCompile(`(?i)^([a-z0-9_-]+\.)+[a-z][a-z0-9-]*\.?(:443|:80)?$`)

// front is the whole program, in which nothing runs by itself.
type front struct {
	*e2e.World
	stranger *stranger
	honest   int64 // an endpoint of the stranger's
}

func newFront(t *testing.T) *front {
	t.Helper()
	f := &front{stranger: newStranger(t)}
	f.World = e2e.Start(t, e2e.Options{NoLab: true, Still: true, Change: func(c *config.Config) {
		c.TrustedOrigins, c.RateLimit = []string{f.stranger.url}, -1
	}})
	var made struct{ ID int64 }
	f.post(t, f.stranger.url+"/hook").Into(t, http.StatusCreated, &made)
	f.honest = made.ID
	return f
}

func (f *front) post(t *testing.T, address string) e2e.Answer {
	t.Helper()
	return f.Call(t, http.MethodPost, "/v1/endpoints", map[string]string{"url": address})
}

// refuses holds both ways to save an address to refusing one, and to saying so.
func (f *front) refuses(t *testing.T, address string) {
	t.Helper()
	for _, a := range []e2e.Answer{
		f.post(t, address), f.Call(t, http.MethodPatch, fmt.Sprintf("/v1/endpoints/%d", f.honest), map[string]string{"url": address}),
	} {
		var problem struct {
			Errors []struct{ Field, Pointer, Message string }
		}
		a.Into(t, http.StatusUnprocessableEntity, &problem)
		if len(problem.Errors) != 1 || !strings.Contains(string(a.Body), "url") || problem.Errors[0].Message == "" {
			t.Errorf("%q: got %s, want the field and what is wrong with it", address, a.Body)
		}
	}
}

// saves tells whether an address is saved, and takes it away again.
func (f *front) saves(t *testing.T, address string) bool {
	t.Helper()
	a := f.post(t, address)
	if a.Status != http.StatusCreated {
		return false
	}
	var made struct{ ID int64 }
	a.Into(t, http.StatusCreated, &made)
	if a := f.Call(t, http.MethodDelete, fmt.Sprintf("/v1/endpoints/%d", made.ID), nil); a.Status/100 != 2 {
		t.Fatalf("delete: got %d %s", a.Status, a.Body)
	}
	return true
}

// odd are addresses that are wrong as a whole.
var odd = []string{
	"", " ", "/", "//127.0.0.1/hook", "https:", "https:///hook", "https:127.0.0.1/hook", "https:/127.0.0.1/hook", "https://?", "https://#", "https://@/hook", "https://:443/hook",
	"https://hooks.example:/hook", "https://hooks.example:8443/hook", "https://hooks.example:22/hook", "https://hooks.example:0443/hook", "https://hooks.example:+443/hook",
	"https://user@hooks.example/hook", "https://user:pass@hooks.example/hook", "https://hooks.example/hook#fragment", "https://hooks.example\\@127.0.0.1/hook", "https://hooks.example\t/hook",
	"https://hooks.example/ho ok", "https://hooks.example/\nHost: 127.0.0.1", " https://hooks.example/hook", "https://hooks.example/hook ", "https://[::1/hook", "https://[::1]x/hook",
	"https://[hooks.example]/hook", "https://..example/hook", "https://hooks..example/hook", "https://-/hook", "https://hooks.example." + strings.Repeat("a", 64) + "/hook", "https://" + strings.Repeat("a.", 130) + "example/hook",
	"https://hooks.example/" + strings.Repeat("a", 2048), "https://hooks.exämple/hook", "https://hooks.example/hööks", "http://hooks.example/hook", "http://127.0.0.1/hook", "http://localhost:8080/hook", "ftp://hooks.example/hook",
	"file:///etc/passwd", "gopher://127.0.0.1/_", "unix:///run/docker.sock", "javascript:alert(1)", "data:text/plain,hook", "mailto:hooks@hooks.example", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "jar:https://hooks.example!/",
}

// At the first gate: what is no address of a public server is not saved, and the answer
// says so. Names are not asked for: what they lead to may be another thing tomorrow.
func TestEndpointAddressesAreRefusedWhenTheyAreSaved(t *testing.T) {
	t.Parallel()
	f, refused, names := newFront(t), 0, 0
	for _, form := range forms() {
		address := "https://" + form + "/hook"
		if f.saves(t, address) {
			if names++; !name.MatchString(form) {
				t.Errorf("%q was saved", form)
			}
			continue
		}
		f.refuses(t, address)
		if refused++; strings.HasSuffix(form, ".probe.test") {
			t.Errorf("%q was refused: it could be public", form)
		}
	}
	for _, address := range odd {
		f.refuses(t, address)
	}
	if refused < 300 || names < 50 {
		t.Errorf("got %d forms refused and %d names saved, want 300 and 50", refused, names)
	}
	for _, address := range []string{"https://hooks.example/a?b=c", "https://HOOKS.example:443", "https://hooks.example:80/", "https://xn--bcher-kva.example./", "https://93.184.215.14/hook", "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook"} {
		if !f.saves(t, address) {
			t.Errorf("%q was refused", address)
		}
	}
	var e struct{ URL string }
	f.Call(t, http.MethodGet, fmt.Sprintf("/v1/endpoints/%d", f.honest), nil).Into(t, http.StatusOK, &e)
	if e.URL != f.stranger.url+"/hook" || len(f.stranger.visits()) > 0 {
		t.Errorf("got the honest endpoint at %s, called before anything happened: want it as it was", e.URL)
	}
	nobodyCame(t)
}

// At the second gate, with the whole program: names that were public when they were saved.
func TestTheDeliveryTellsThatANameHasTurned(t *testing.T) {
	t.Parallel()
	f, record := newFront(t), &dials{}
	const denied, unknown = "Its address may not be called: it is not public, or not at the port 80 or 443.", "Its host name could not be resolved."
	for host, want := range map[string]string{
		"4-7f000001-turned.probe.test": denied, "4-a9fea9fe-turned.probe.test:80": denied, "cname-9-0a000001-turned.probe.test": denied, "6-fd000ec2000000000000000000000254-turned.probe.test": denied,
		"nobody.probe.test": unknown,
	} {
		var e struct{ ID int64 }
		f.post(t, "https://"+host+"/hook").Into(t, http.StatusCreated, &e)
		if n := dns.questions(host); n > 0 {
			t.Errorf("%s was resolved when it was saved", host)
		}
		f.Call(t, http.MethodPost, "/v1/sessions", struct{}{}).Into(t, http.StatusCreated, new(struct{ ID int64 }))
		claims, _, _, err := f.App.Webhooks.ClaimDue(t.Context(), e.ID, 1)
		must(t, err)
		for _, c := range claims {
			must(t, f.App.Webhooks.Deliver(record.watch(t.Context()), c))
		}
		var page struct {
			Data []struct {
				State, Error string
				Status       *int
				Attempts     int
			}
		}
		f.Call(t, http.MethodGet, fmt.Sprintf("/v1/deliveries?endpoint=%d", e.ID), nil).Into(t, http.StatusOK, &page)
		if d := page.Data[0]; len(page.Data) != 1 || d.Error != want || d.State != "pending" || d.Status != nil || d.Attempts != 1 {
			t.Errorf("%s: got %+v, want one that says %q", host, page.Data, want)
		}
		var tested struct {
			Delivered     bool
			Error, Answer string
		}
		f.Call(t, http.MethodPost, fmt.Sprintf("/v1/endpoints/%d/test", e.ID), nil).Into(t, http.StatusOK, &tested)
		if tested.Delivered || tested.Error != want || tested.Answer != "" {
			t.Errorf("%s, tested: got %+v, want %q", host, tested, want)
		}
	}
	if begun, refused := record.take(); len(begun) > 0 || refused < 4 {
		t.Errorf("connected to %v and was refused %d times, want to nobody and 4", begun, refused)
	}
	nobodyCame(t)
}

// Where somebody develops their own machine may be called by its own names, and nothing
// else that is not public: not even it by a name that leads there.
func TestDevelopersReachTheirOwnMachineAlone(t *testing.T) {
	t.Parallel()
	own := regexp.MustCompile(`(?i)127|localhost|::1|:0*1[\]%]|:7f`)
	client, record, asked := webhook.NewClient(nil, true), &dials{}, 0
	t.Cleanup(client.CloseIdle)
	for _, form := range forms() {
		if own.MatchString(form) && !strings.Contains(form, ".probe.test") {
			continue
		}
		asked++
		callClient(record.watch(t.Context()), nil, platform.Env{HTTP: client}, form)
		if begun, _ := record.take(); len(begun) > 0 {
			t.Errorf("%q: connected to %s", form, begun)
		}
	}
	if asked < 300 {
		t.Errorf("got %d forms, want 300", asked)
	}
	nobodyCame(t)
}
