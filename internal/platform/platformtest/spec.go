package platformtest

import (
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/platform"
)

var slug = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Spec checks the filled-in form and the guide for people, without any call. Day is
// when the API version in use must be alive; zero: today.
func Spec(t *testing.T, p platform.Platform, day time.Time) {
	if day.IsZero() {
		day = time.Now()
	}
	s := p.Spec()
	for name, f := range map[string]func(*testing.T, platform.Platform, platform.Spec){
		"id and name":               identity,
		"addresses are real":        addresses,
		"origins cover addresses":   origins,
		"client authentication":     clientAuth,
		"PKCE":                      pkceMode,
		"scopes":                    scopes,
		"a scope is required":       requiredScope,
		"scopes have features":      features,
		"granted scopes are told":   granted,
		"denial has words":          denial,
		"refresh model":             refresh,
		"revocation":                revocation,
		"way to another account":    switching,
		"targets":                   targetKinds,
		"sources":                   sources,
		"icon is a safe SVG":        icon,
		"guide names the callback":  guide,
		"the same form every time":  sameEveryTime,
		"versions are newest first": versionOrder,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); f(t, p, s) })
	}
	t.Run("version in use is alive", func(t *testing.T) { t.Parallel(); versionAlive(t, s, day) })
}

func identity(t *testing.T, _ platform.Platform, s platform.Spec) {
	if !slug.MatchString(s.ID) || s.Name == "" {
		t.Errorf("got id %q and name %q", s.ID, s.Name)
	}
}

func addresses(t *testing.T, p platform.Platform, s platform.Spec) {
	if _, own := p.(platform.Authorizer); !own && s.AuthorizeURL == "" {
		t.Error("no authorize address")
	}
	if _, own := p.(platform.Exchanger); !own && s.TokenURL == "" {
		t.Error("no token address")
	}
	for _, raw := range append([]string{s.AuthorizeURL, s.TokenURL, s.RevokeURL}, s.Origins...) {
		if raw != "" && !realAddress(raw) {
			t.Errorf("%q is no real https address", raw)
		}
	}
}

// realAddress: https, a public name, nothing after the path.
func realAddress(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https" && u.User == nil && u.Port() == "" && u.RawQuery == "" && u.Fragment == "" &&
		strings.Contains(u.Hostname(), ".") && net.ParseIP(u.Hostname()) == nil && u.Host == strings.ToLower(u.Host) && !strings.Contains(u.Path, "/lab/")
}

func origins(t *testing.T, _ platform.Platform, s platform.Spec) {
	table := platform.LabOrigins("http://lab.test", []platform.Spec{s})
	for _, raw := range append([]string{s.AuthorizeURL, s.TokenURL, s.RevokeURL}, s.Origins...) {
		if raw == "" {
			continue
		}
		u, _ := url.Parse(raw)
		if got, want := table["https://"+u.Host], "http://lab.test/lab/"+s.ID+"/"+u.Host; got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

func clientAuth(t *testing.T, _ platform.Platform, s platform.Spec) {
	if !slices.Contains([]platform.ClientAuth{platform.AuthBasic, platform.AuthPost, platform.AuthNone, platform.AuthJWT}, s.ClientAuth) {
		t.Errorf("got %q", s.ClientAuth)
	}
}

func pkceMode(t *testing.T, _ platform.Platform, s platform.Spec) {
	if s.PKCE != platform.PKCENone && s.PKCE != platform.PKCES256 {
		t.Errorf("got %q", s.PKCE)
	}
	if s.ClientAuth == platform.AuthNone && s.PKCE == platform.PKCENone {
		t.Error("a public client without PKCE")
	}
}

func scopes(t *testing.T, _ platform.Platform, s platform.Spec) {
	if s.ScopeSeparator != " " && s.ScopeSeparator != "," {
		t.Errorf("separator: got %q", s.ScopeSeparator)
	}
	seen := map[string]bool{}
	for _, sc := range s.Scopes {
		if sc.Name == "" || seen[sc.Name] || strings.ContainsAny(sc.Name, ", \t\n") {
			t.Errorf("scope %q is empty, twice there, or holds a separator", sc.Name)
		}
		seen[sc.Name] = true
	}
}

func requiredScope(t *testing.T, _ platform.Platform, s platform.Spec) {
	if !slices.ContainsFunc(s.Scopes, func(sc platform.Scope) bool { return sc.Required }) {
		t.Error("no scope is required")
	}
	if !s.LacksRequired([]string{}) || s.LacksRequired(s.ScopeNames()) {
		t.Error("nothing granted must lack a required scope, everything granted must not")
	}
}

func features(t *testing.T, _ platform.Platform, s platform.Spec) {
	for _, sc := range s.Scopes {
		if !slug.MatchString(sc.Feature) {
			t.Errorf("scope %s: feature %q is no slug", sc.Name, sc.Feature)
		}
	}
}

func granted(t *testing.T, _ platform.Platform, s platform.Spec) {
	if s.GrantedScopes != platform.GrantedInToken && s.GrantedScopes != platform.GrantedByEndpoint {
		t.Errorf("got %q", s.GrantedScopes)
	}
}

func denial(t *testing.T, _ platform.Platform, s platform.Spec) {
	if len(s.Denial.Errors) == 0 || slices.Contains(s.Denial.Errors, "") {
		t.Errorf("got %q", s.Denial.Errors)
	}
	for _, word := range []string{"", "server_error", "temporarily_unavailable", "invalid_scope"} {
		if platform.Denied(s, word) {
			t.Errorf("%q counts as a denial", word)
		}
	}
}

func refresh(t *testing.T, _ platform.Platform, s platform.Spec) {
	models := []platform.RefreshModel{platform.RefreshRotating, platform.RefreshRotatingGrace, platform.RefreshRenewing, platform.RefreshStable, platform.RefreshNone}
	if !slices.Contains(models, s.Refresh) {
		t.Errorf("model: got %q", s.Refresh)
	}
	if s.AccessLifetime < 0 || s.RefreshLifetime < 0 || s.CodeLifetime < 0 {
		t.Error("negative lifetime")
	}
	if s.RefreshOptional && s.Refresh == platform.RefreshNone {
		t.Error("some apps are given a refresh token, and nothing says what it does")
	}
	if s.Refresh != platform.RefreshNone && s.AccessLifetime == 0 {
		t.Error("tokens that do not expire are refreshed")
	}
}

func revocation(t *testing.T, p platform.Platform, s platform.Spec) {
	if !slices.Contains([]platform.Reach{platform.ReachNone, platform.ReachToken, platform.ReachUserApp}, s.Revocation) {
		t.Errorf("reach: got %q", s.Revocation)
	}
	if s.RevokeReplaced && s.Revocation != platform.ReachToken {
		t.Errorf("replaced consents are revoked with reach %q, which may end the new one", s.Revocation)
	}
	if _, own := p.(platform.Revoker); !own && s.RevokeURL == "" && s.Revocation != platform.ReachNone {
		t.Errorf("reach %q, and neither an address nor a way of its own", s.Revocation)
	}
	discovered := s.AuthorizeURL == ""
	if !discovered && (s.RevokeURL == "") != (s.Revocation == platform.ReachNone) {
		t.Errorf("address %q does not go with reach %q", s.RevokeURL, s.Revocation)
	}
}

func switching(t *testing.T, _ platform.Platform, s platform.Spec) {
	if s.Switch.SignOutURL != "" && !realAddress(s.Switch.SignOutURL) {
		t.Errorf("%q is no real https address", s.Switch.SignOutURL)
	}
}

func versionOrder(t *testing.T, _ platform.Platform, s platform.Spec) {
	for i, v := range s.Versions {
		if v.Name == "" || v.Released.IsZero() || !v.Until.IsZero() && !v.Until.After(v.Released) {
			t.Errorf("version %q: released %v, until %v", v.Name, v.Released, v.Until)
		}
		if i > 0 && !v.Released.Before(s.Versions[i-1].Released) {
			t.Errorf("version %q stands behind an older one", v.Name)
		}
	}
}

func versionAlive(t *testing.T, s platform.Spec, day time.Time) {
	i := slices.IndexFunc(s.Versions, func(v platform.Version) bool { return v.Name == s.Version })
	if s.Version == "" && len(s.Versions) == 0 {
		return // the platform has no versions
	}
	if i < 0 {
		t.Fatalf("version %q is not in the table", s.Version)
	}
	if v := s.Versions[i]; v.Released.After(day) || !v.Until.IsZero() && !day.Before(v.Until) {
		t.Errorf("version %s lives from %v to %v, not on %v", v.Name, v.Released, v.Until, day)
	}
	for _, raw := range []string{s.AuthorizeURL, s.TokenURL} {
		if s.VersionHeader == "" && !strings.Contains(raw, "/"+s.Version+"/") {
			t.Errorf("%s does not name version %s", raw, s.Version)
		}
	}
}

func targetKinds(t *testing.T, _ platform.Platform, s platform.Spec) {
	account := false
	for _, k := range s.Targets {
		account = account || k.Role == platform.RoleAccount
		if !slug.MatchString(k.Kind) || k.Role != platform.RoleAccount && k.Role != platform.RoleDestination {
			t.Errorf("kind %q with role %q", k.Kind, k.Role)
		}
	}
	if !account || s.Pick != platform.PickOne && s.Pick != platform.PickMany {
		t.Errorf("a kind that may become a channel: %t; pick: %q", account, s.Pick)
	}
}

func sources(t *testing.T, _ platform.Platform, s platform.Spec) {
	if len(s.Sources) == 0 {
		t.Error("no source")
	}
	for _, raw := range s.Sources {
		if !realAddress(raw) {
			t.Errorf("%q is no public https address", raw)
		}
	}
}

// icon: elements that only draw, in the colour of the text, nothing loaded, no script.
func icon(t *testing.T, p platform.Platform, _ platform.Spec) {
	svg := guideOf(t, p).Icon()
	drawing := []string{"svg", "g", "path", "circle", "rect", "ellipse", "polygon", "polyline", "line"}
	harmless := []string{
		"xmlns", "viewBox", "fill", "aria-hidden", "d", "cx", "cy", "r", "rx", "ry", "x", "y", "x1", "y1", "x2", "y2",
		"width", "height", "points", "transform", "fill-rule", "clip-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "opacity",
	}
	attrs := map[string]string{}
	depth := xml.NewDecoder(strings.NewReader(svg))
	for first := true; ; {
		token, err := depth.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		el, ok := token.(xml.StartElement)
		if _, text := token.(xml.CharData); !ok && !text {
			if _, end := token.(xml.EndElement); !end {
				t.Errorf("holds a %T", token)
			}
		}
		if !ok {
			continue
		}
		if !slices.Contains(drawing, el.Name.Local) || first && el.Name.Local != "svg" {
			t.Errorf("element %s", el.Name.Local)
		}
		for _, a := range el.Attr {
			if !slices.Contains(harmless, a.Name.Local) || a.Name.Local != "xmlns" && strings.ContainsAny(a.Value, ":<&") {
				t.Errorf("attribute %s of %s", a.Name.Local, el.Name.Local)
			}
			if first {
				attrs[a.Name.Local] = a.Value
			}
		}
		first = false
	}
	if attrs["fill"] != "currentColor" || attrs["aria-hidden"] != "true" || attrs["viewBox"] == "" {
		t.Errorf("fill %q, aria-hidden %q, viewBox %q", attrs["fill"], attrs["aria-hidden"], attrs["viewBox"])
	}
}

func guide(t *testing.T, p platform.Platform, s platform.Spec) {
	text := guideOf(t, p).Setup()
	if want := "{public}/oauth/callback/" + s.ID; !strings.Contains(text, want+"\n") && !strings.Contains(text, want+"`") {
		t.Errorf("does not name %s exactly", want)
	}
	_, published := p.(platform.Publisher) // then the operator registers nothing and ticks no permission
	for _, sc := range s.Scopes {
		if !published && !strings.Contains(text, "`"+sc.Name+"`") {
			t.Errorf("does not mention the scope %s", sc.Name)
		}
	}
	if s.Version != "" && !strings.Contains(text, s.Version) {
		t.Errorf("does not mention version %s", s.Version)
	}
}

func guideOf(t *testing.T, p platform.Platform) platform.Guide {
	t.Helper()
	g, ok := p.(platform.Guide)
	if !ok {
		t.Fatal("the platform is no platform.Guide")
	}
	return g
}

func sameEveryTime(t *testing.T, p platform.Platform, _ platform.Spec) {
	first, second := p.Spec(), p.Spec()
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("(-first +second):\n%s", d)
	}
	if &first.Scopes[0] == &second.Scopes[0] {
		t.Error("a caller can change the form for everybody")
	}
}
