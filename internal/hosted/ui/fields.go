package ui

// typedField is one line to type, every text of it ready.
type typedField struct {
	ID, Name, Value          string
	Label, Hint, Placeholder string
	Error                    string
	Autocomplete             string
	Enter                    string // what the enter key of a phone says
	Focus                    bool
	Pattern, Mismatch        string // of a secret
}

// part names an element that belongs to the field. The only field of a page is
// called "field", and its parts by their plain names.
func (f typedField) part(name string) string {
	if f.ID == "field" {
		return name
	}
	return f.ID + "-" + name
}

func (f typedField) describedBy() string {
	if f.Error == "" {
		return f.part("hint")
	}
	return f.part("error") + " " + f.part("hint")
}

// autocomplete is what a browser may offer: an account's name, or for a server what
// was typed before. "url" would offer the person's own home page.
func (k FieldKind) autocomplete() string {
	if k == Server {
		return "on"
	}
	return "username"
}

// say prints one of the texts that the kind of the field chooses.
func (v InputView) say(part string) string {
	kind := v.Field.Kind
	if kind != Server {
		kind = Handle
	}
	return v.about(v.Platform, "connect.input."+string(kind)+"."+part)
}

func (v InputView) typed() typedField {
	return typedField{
		ID: "field", Name: v.Field.Name, Value: v.Field.Value, Label: v.say("label"), Hint: v.say("hint"), Placeholder: v.say("placeholder"),
		Error: v.Field.Error, Autocomplete: v.Field.Kind.autocomplete(), Enter: "go", Focus: true,
	}
}

func (v PasswordView) wrong() bool { return v.Account.Error != "" || v.Error != "" }

// account asks as the page that needs no password does.
func (v PasswordView) account() typedField {
	f := InputView{Frame: v.Frame, Platform: v.Platform, Field: v.Account}.typed()
	f.ID, f.Enter, f.Focus = "account", "next", v.focusAccount()
	return f
}

func (v PasswordView) focusAccount() bool { return v.Account.Value == "" || v.Account.Error != "" }

func (v PasswordView) password() typedField {
	return typedField{
		ID: "password", Name: "password", Label: v.about(v.Platform, "connect.password.label"), Hint: v.about(v.Platform, "connect.password.hint"),
		Error: v.Error, Enter: "go", Focus: !v.focusAccount(), Pattern: v.Pattern, Mismatch: v.Mismatch,
	}
}
