package ui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChoosePostsAPlatform(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, gallery(frame("en"), "Other")["choose"]))
	var got []string
	for _, form := range root.named("form") {
		if form.attrs["method"] != "post" || len(form.inputs("form_token")) != 1 {
			t.Errorf("form %v: want post with a form_token", form.attrs)
		}
		button := form.named("button")[0]
		got = append(got, form.attrs["action"]+" "+button.attrs["name"]+"="+button.attrs["value"])
	}
	want := []string{"/connect/s/1 platform=facebook", "/connect/s/1 platform=Other", "/cancel ="}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
	if text := root.named("ul")[0].text(); !contains(text, "X Not available not set up") {
		t.Errorf("%q does not tell why X is missing", text)
	}
}

func TestInputDescribesItsError(t *testing.T) {
	t.Parallel()
	pages := gallery(frame("de"), "Name")
	fine := parse(t, render(t, pages["handle"])).inputs("input")[0]
	wrong := parse(t, render(t, pages["server wrong"]))
	field := wrong.inputs("input")[0]
	if got := fine.attrs["aria-describedby"]; got != "hint" {
		t.Errorf("aria-describedby = %q, want hint", got)
	}
	if got := fine.attrs["autocomplete"]; got != "username" {
		t.Errorf("autocomplete of a handle = %q, want username", got)
	}
	for attr, want := range map[string]string{
		"aria-describedby": "error hint", "aria-invalid": "true", "value": "Name", "autocapitalize": "none", "autocorrect": "off",
		"spellcheck": "false", "autocomplete": "on", "inputmode": "url", "type": "text",
	} {
		if got := field.attrs[attr]; got != want {
			t.Errorf("%s = %q, want %q", attr, got, want)
		}
	}
	if got := wrong.named("title")[0].text(); !contains(got, "Fehler: ") {
		t.Errorf("title = %q, want it to begin with the error", got)
	}
}

func TestPasswordIsNeverWrittenOut(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, Password(password(frame("en"), "alice.example", "", "wrong"))))
	field := root.inputs("password")[0]
	for attr, want := range map[string]string{
		"type": "password", "value": "", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false",
		"aria-describedby": "password-error password-hint", "aria-invalid": "true", "pattern": "[a-z]{4}", "data-mismatch": "no app password",
	} {
		if got := field.attrs[attr]; got != want {
			t.Errorf("%s = %q, want %q", attr, got, want)
		}
	}
	account := root.inputs("account")[0]
	if account.attrs["value"] != "alice.example" || account.attrs["autocomplete"] != "username" {
		t.Errorf("account: %v, want what was typed", account.attrs)
	}
	if _, focused := account.attrs["autofocus"]; focused {
		t.Error("the account has the focus, want the wrong password to have it")
	}
	if form := root.named("form")[0]; form.attrs["method"] != "post" || len(form.inputs("form_token")) != 1 {
		t.Errorf("form %v: want post with a form_token", form.attrs)
	}
}

func TestConfirmLeadsOnlyWhoCameBack(t *testing.T) {
	t.Parallel()
	pages := gallery(frame("en"), "X")
	here, elsewhere := parse(t, render(t, pages["confirm"])), parse(t, render(t, pages["confirm elsewhere"]))
	link := here.named("a")[0]
	if got, want := link.attrs["href"], "https://app.example/back?code=1"; got != want || link.text() != "Go back to the application to finish" {
		t.Errorf("link = %q %q, want the way to %q", link.text(), got, want)
	}
	if len(here.all(func(n *node) bool { return n.attrs["data-refresh"] != "" })) != 0 {
		t.Error("the page that leads on looks again by itself, want it to stay")
	}
	link = elsewhere.named("a")[0]
	if link.attrs["href"] != "/p?a=1&b=2" || link.attrs["data-refresh"] != "5" {
		t.Errorf("link = %v, want it to lead to the same page", link.attrs)
	}
}

func TestTargetsKeepWhatCannotBeChosen(t *testing.T) {
	t.Parallel()
	for many, kind := range map[bool]string{true: "checkbox", false: "radio"} {
		root := parse(t, render(t, Targets(targets(frame("en"), "Second page", many))))
		inputs := root.named("fieldset")[0].inputs("target")
		if len(inputs) != 3 {
			t.Fatalf("%d target inputs, want 3", len(inputs))
		}
		for n, in := range inputs {
			_, disabled := in.attrs["disabled"]
			_, checked := in.attrs["checked"]
			if in.attrs["type"] != kind || disabled != (n == 2) || checked != (n == 0) {
				t.Errorf("input %d: %v, want a %s, the first checked, the last disabled", n, in.attrs, kind)
			}
		}
		if got := inputs[2].attrs["aria-describedby"]; got != "target-2-detail target-2-why" {
			t.Errorf("aria-describedby = %q, want detail and reason", got)
		}
	}
}

func TestTargetsWithoutAChoiceCannotBeSent(t *testing.T) {
	t.Parallel()
	v := targets(frame("en"), "x", true)
	v.Rows = v.Rows[2:]
	button := parse(t, render(t, Targets(v))).named("button")[0]
	if _, disabled := button.attrs["disabled"]; !disabled {
		t.Error("the button is enabled, want it disabled")
	}
}

func TestOutcomeOffersTheLikeliestWayFirst(t *testing.T) {
	t.Parallel()
	post := &Post{Action: "/go", FormToken: "token", Fields: map[string]string{"b": "2", "a": "1"}}
	for name, c := range map[string]struct {
		view OutcomeView
		want []string
	}{
		"retry":   {OutcomeView{Retry: post, BackURL: "/back"}, []string{"primary Try again", "Back to Northwind"}},
		"restart": {OutcomeView{Restart: "/restart"}, []string{"primary Start again here"}},
		"back":    {OutcomeView{Back: post, More: "/more"}, []string{"primary Back to Northwind", "quiet Choose another platform"}},
		"none":    {OutcomeView{}, nil},
	} {
		c.view.Frame, c.view.Reason, c.view.Platform = frame("en"), "denied", "X"
		root := parse(t, render(t, Outcome(c.view)))
		var got []string
		for _, b := range root.named("button", "a") {
			got = append(got, classes(b)+b.text())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	var fields []string
	for _, in := range parse(t, render(t, Outcome(OutcomeView{Frame: frame("en"), Retry: post}))).named("input") {
		fields = append(fields, in.attrs["name"]+"="+in.attrs["value"])
	}
	if diff := cmp.Diff([]string{"form_token=token", "a=1", "b=2"}, fields); diff != "" {
		t.Errorf("hidden fields (-want +got):\n%s", diff)
	}
}

func TestAddressesKeepAppSchemesAndRefuseCode(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"/back?a=1": "/back?a=1", "https://app.example/x": "https://app.example/x", "myapp://done?status=failed": "myapp://done?status=failed",
		"javascript:alert(1)": "#", "JavaScript:alert(1)": "#", " javascript:alert(1)": "#", "java\tscript:alert(1)": "#", "data:text/html,x": "#",
	} {
		if got := string(address(link)); got != want {
			t.Errorf("address(%q) = %q, want %q", link, got, want)
		}
	}
}

func TestProgressLooksAgain(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, gallery(frame("en"), "X")["progress"]))
	meta := root.named("noscript")[0].named("meta")[0]
	if got, want := meta.attrs["content"], "3;url=/p?a=1&b=2"; got != want {
		t.Errorf("refresh = %q, want %q", got, want)
	}
	link := root.named("a")[0]
	if link.attrs["href"] != "/p?a=1&b=2" || link.attrs["data-refresh"] != "3" {
		t.Errorf("link = %v, want it to lead to the same page", link.attrs)
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"northwind": "N", "Night Market Hall": "NM", "@42 ways": "4W", "überall": "Ü", "🎈": "•", "": "•"} {
		if got := initials(name); got != want {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
}

// A long "@name@server" may break before the server, and stays text.
func TestAccountsBreakBeforeTheirServer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"@lab_creator@mastodon.example · Profile": "@lab_creator<wbr>@mastodon.example · Profile",
		"@labnightmarket · Event":                 "@labnightmarket · Event",
		"a@b@c":                                   "a<wbr>@b@c",
		"<b>@<i>":                                 "&lt;b&gt;<wbr>@&lt;i&gt;",
		"@":                                       "@",
		"":                                        "",
	} {
		if got := breakable(text); got != want {
			t.Errorf("breakable(%q) = %q, want %q", text, got, want)
		}
	}
}
