package ui

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"patchbay/internal/i18n"
)

const (
	icon    = `<svg viewBox="0 0 24 24"><title>Brand</title><path d="M0 0h24v24z"/></svg>`
	hostile = "\"'><script>alert(1)</script>\u202Eevil\u2066 & co"
)

func frame(lang string) Frame {
	return Frame{P: i18n.For(lang), Nonce: "n0nce", App: "Northwind", Lab: true}
}

// gallery renders every component, in its usual and its odd states, with name
// wherever somebody else chooses the text.
func gallery(f Frame, name string) map[string]templ.Component {
	post := &Post{Action: "/again", FormToken: "form-token", Fields: map[string]string{"platform": name, "b": "2"}}
	pages := map[string]templ.Component{
		"choose": Choose(ChooseView{
			Frame: f, Action: "/connect/s/1", FormToken: "form-token", CancelAction: "/cancel",
			Notice: &Notice{Tone: Problem, Text: name},
			Tiles: []Tile{
				{ID: "facebook", Name: "Facebook", Icon: icon, Note: "note"},
				{ID: name, Name: name},
				{ID: "x", Name: "X", Icon: icon, Disabled: true, Reason: "not set up"},
			},
		}),
		"choose nothing": Choose(ChooseView{Frame: f}),
		"handle":         Input(InputView{Frame: f, Platform: "Bluesky", Icon: icon, Action: "/i", FormToken: "form-token", Back: "/", Field: Field{Name: "input", Kind: Handle}}),
		"server wrong": Input(InputView{
			Frame: f, Platform: name, Action: "/i", FormToken: "form-token",
			Field: Field{Name: "input", Kind: Server, Value: name, Error: "wrong"},
		}),
		"handle, lab and password": Input(InputView{
			Frame: f, Platform: "Bluesky", Action: "/i", Password: "/password", Servers: []string{"one.example", name},
			Field: Field{Name: "input", Kind: Handle},
		}),
		"password":          Password(password(f, name, "", "")),
		"password wrong":    Password(password(f, name, "no account", "wrong")),
		"confirm":           Confirm(ConfirmView{Frame: f, Platform: name, BackURL: "https://app.example/back?code=1", StartOver: "/over"}),
		"confirm elsewhere": Confirm(ConfirmView{Frame: f, Platform: name, RefreshURL: "/p?a=1&b=2"}),
		"wait":              Outcome(OutcomeView{Frame: f, Tone: Problem, Reason: "rate_limited", Wait: 3}),
		"many":              Targets(targets(f, name, true)),
		"one":               Targets(targets(f, name, false)),
		"progress":          Progress(ProgressView{Frame: f, Platform: name, RefreshURL: "/p?a=1&b=2"}),
		"bare":              Outcome(OutcomeView{Frame: Frame{Nonce: "n0nce"}, Reason: "never heard of"}),
	}
	account := Account{Name: name, Detail: "@" + name}
	pages["start"] = Start(StartView{Frame: f, ID: "x", Platform: name, Icon: icon, Action: "/connect/s/1", FormToken: "form-token", CancelAction: "/cancel"})
	pages["start asks"] = Start(StartView{Frame: f, ID: "x", Platform: name, Asks: true, Again: &Again{Account: account}})
	pages["start unavailable"] = Start(StartView{Frame: f, Platform: name, Unavailable: "not set up"})
	pages["start again"] = Start(StartView{
		Frame: f, ID: "x", Platform: "Facebook", Icon: icon, Action: "/connect/s/1", FormToken: "form-token", CancelAction: "/cancel",
		Again: &Again{Account: account, Coach: "leave all ticked", Disconnected: true},
	})
	pages["handle again"] = Input(InputView{
		Frame: f, Platform: "Bluesky", Action: "/i", FormToken: "form-token", Account: &account, Switch: true,
		Field: Field{Name: "input", Kind: Handle, Value: name},
	})
	pages["warn"] = Warn(WarnView{Frame: f, Platform: name, Icon: icon, Rows: []Account{account, {Name: "Other"}}, Coach: "leave all ticked", Again: post, Accept: *post, Back: post})
	pages["warn late"] = Warn(WarnView{Frame: f, Rows: []Account{account}, Accept: *post})
	pages["warn nothing"] = Warn(WarnView{Frame: f, Accept: *post})
	pages["wrong account"] = Outcome(OutcomeView{
		Frame: f, Tone: Problem, Reason: "wrong_account", Platform: name, Account: &account, Retry: post, Switch: true, SignOut: "https://www.example.com/logout", Back: post,
	})
	pages["target missing"] = Outcome(OutcomeView{Frame: f, Tone: Problem, Reason: "target_missing", Platform: name, Account: &account, Retry: post, Coach: "leave all ticked"})
	pages["over"] = Outcome(OutcomeView{Frame: f, Tone: Problem, Reason: "denied", Platform: name, Over: true})
	outcome := func(reason string, tone Tone) {
		pages["outcome "+reason+" "+string(tone)] = Outcome(OutcomeView{
			Frame: f, Tone: tone, Reason: reason, Platform: name, Icon: icon, Detail: name,
			Channels: []Account{{Name: name, Detail: name}}, Missing: []string{"publish posts"},
			Retry: post, Restart: "/restart", Back: post, More: "/more",
		})
	}
	for _, reason := range Reasons() {
		outcome(reason, Problem)
	}
	outcome("connected", Success)
	outcome("denied", Neutral)
	return pages
}

func password(f Frame, account, accountError, passwordError string) PasswordView {
	return PasswordView{
		Frame: f, Platform: "Bluesky", Icon: icon, Action: "/connect/s/1/platform/bluesky/password", FormToken: "form-token", Other: "/other",
		Account: Field{Name: "account", Kind: Handle, Value: account, Error: accountError}, Error: passwordError, Pattern: "[a-z]{4}", Mismatch: "no app password",
	}
}

func targets(f Frame, name string, many bool) TargetsView {
	return TargetsView{
		Frame: f, Platform: "Facebook", Icon: icon, Account: name, Action: "/t", FormToken: "form-token", Many: many,
		Error: "choose one", Missing: []string{"read statistics"}, StartOver: "/over",
		Rows: []TargetRow{
			{ID: "1", Name: "First page", Detail: "Page", Selectable: true, Checked: true},
			{ID: name, Name: name, Selectable: true},
			{ID: "3", Name: "Third page", Detail: "Page", Reason: "no task", Checked: true},
		},
	}
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatalf("render: %v", err)
	}
	return b.String()
}

// each runs check on every page of the gallery in every language.
func each(t *testing.T, check func(t *testing.T, page string, root *node)) {
	t.Helper()
	for _, lang := range i18n.Languages() {
		pages := gallery(frame(lang), hostile)
		for _, name := range slices.Sorted(maps.Keys(pages)) {
			t.Run(lang+"/"+name, func(t *testing.T) {
				t.Parallel()
				page := render(t, pages[name])
				check(t, page, parse(t, page))
			})
		}
	}
}

func TestPagesHaveOneOutline(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, root *node) {
		html := root.named("html")[0]
		if html.attrs["lang"] == "" || html.attrs["dir"] != "ltr" {
			t.Errorf("html has lang %q, dir %q, want both", html.attrs["lang"], html.attrs["dir"])
		}
		if root.named("title")[0].text() == "" {
			t.Error("title is empty")
		}
		for _, landmark := range []string{"main", "footer", "h1"} {
			if got := len(root.named(landmark)); got != 1 {
				t.Errorf("%d <%s>, want 1", got, landmark)
			}
		}
		if first := root.named("h1", "h2", "h3")[0].name; first != "h1" {
			t.Errorf("first heading is %s, want h1", first)
		}
	})
}

func TestPagesPrintTheLanguage(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Languages() {
		root := parse(t, render(t, gallery(frame(lang), "x")["handle"]))
		if got := root.named("html")[0].attrs["lang"]; got != lang {
			t.Errorf("lang = %q, want %q", got, lang)
		}
	}
}

func TestReferencesResolve(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, root *node) {
		ids := map[string]bool{}
		for _, n := range root.all(func(n *node) bool { return n.attrs["id"] != "" }) {
			if ids[n.attrs["id"]] {
				t.Errorf("id %q is there twice", n.attrs["id"])
			}
			ids[n.attrs["id"]] = true
		}
		for _, n := range root.all(func(*node) bool { return true }) {
			for _, attr := range []string{"for", "aria-labelledby", "aria-describedby"} {
				for _, id := range strings.Fields(n.attrs[attr]) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> points nowhere", n.name, attr, id)
					}
				}
			}
		}
	})
}

func TestControlsHaveNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, root *node) {
		labels := map[string]string{}
		for _, l := range root.named("label") {
			labels[l.attrs["for"]] = l.text()
		}
		for _, in := range root.named("input") {
			if in.attrs["type"] != "hidden" && labels[in.attrs["id"]] == "" {
				t.Errorf("input %v has no label", in.attrs)
			}
		}
		for _, b := range root.named("button", "a", "legend") {
			if b.text() == "" {
				t.Errorf("<%s> %v has no text", b.name, b.attrs)
			}
		}
		for _, b := range root.named("button") {
			if b.attrs["type"] != "submit" {
				t.Errorf("button type = %q, want submit", b.attrs["type"])
			}
		}
	})
}

// The policy that the caller sends allows style and script by nonce only.
func TestPagesFitAStrictPolicy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, page string, root *node) {
		for _, n := range root.named("style", "script") {
			if n.attrs["nonce"] != "n0nce" {
				t.Errorf("<%s> has nonce %q, want the frame's", n.name, n.attrs["nonce"])
			}
		}
		for _, n := range root.all(func(*node) bool { return true }) {
			for attr := range n.attrs {
				if attr == "style" || attr == "src" || strings.HasPrefix(attr, "on") {
					t.Errorf("<%s> has the attribute %s", n.name, attr)
				}
			}
		}
		if strings.Contains(css, "url(") || strings.Contains(css, "@import") || len(root.named("img", "iframe")) > 0 {
			t.Error("the page loads something")
		}
		for _, n := range root.named("link") { // the icon is in the page itself
			if !strings.HasPrefix(n.attrs["href"], "data:image/svg+xml,") {
				t.Errorf("<link> loads %q", n.attrs["href"])
			}
		}
	})
}

func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, page string, root *node) {
		if got := len(root.named("script")); got != 1 {
			t.Errorf("%d scripts, want our one", got)
		}
		if got := strings.Count(page, "alert(1)"); got > 0 && !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Error("a name is not escaped")
		}
	})
}

func TestNamesCannotTurnTheLine(t *testing.T) {
	t.Parallel()
	f := frame("en")
	f.App = "North\u202Ewind\x00"
	root := parse(t, render(t, Targets(targets(f, "Corner\u202E bakery\u2066", true))))
	words := root.named("body")[0].text()
	if strings.ContainsAny(words, "\u202E\u2066\x00") {
		t.Errorf("a control character is left in %q", words)
	}
	for _, want := range []string{"Choose what Northwind may use", "Corner bakery"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing in %q", want, words)
		}
	}
}

func TestNoTextIsMissing(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`\b(connect|reason|field|target|tile|feature)\.[a-z_]+(\.[a-z_]+)*\b`)
	each(t, func(t *testing.T, page string, root *node) {
		words := root.named("title")[0].text() + " " + root.named("main")[0].text() + root.named("footer")[0].text()
		if found := key.FindString(words); found != "" {
			t.Errorf("the key %q is printed", found)
		}
		if strings.Contains(page, "no value") || strings.Contains(page, "{{") {
			t.Errorf("a placeholder was not filled: %s", words)
		}
	})
}
