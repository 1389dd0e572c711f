// Package ui owns how the hosted connect pages look: view models in, HTML out.
// Every page works without JavaScript, loads nothing from anywhere, and takes its
// texts from i18n. It knows no request, session or platform, and decides nothing.
//
// The caller answers with a Content-Security-Policy that allows styles and
// scripts by Frame.Nonce alone; the pages carry no style attribute and no
// external address.
package ui

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import "patchbay/internal/i18n"

// Frame is what every page needs.
type Frame struct {
	P     i18n.Printer
	Nonce string // of the Content-Security-Policy, for the style and the script
	App   string // who asked: the name of the workspace; "" when not known
	Lab   bool   // say that the accounts are pretended
}

// Tone is the colour and the symbol of an outcome or a notice.
type Tone string

const (
	Success Tone = "success"
	Problem Tone = "problem"
	Neutral Tone = "neutral"
)

// Notice is a translated sentence above a page's content. A Problem interrupts
// screen readers, the others wait for their turn.
type Notice struct {
	Tone Tone
	Text string
}

// Post is a form without visible fields: one button that posts.
type Post struct {
	Action    string
	FormToken string            // sent as form_token where not empty
	Fields    map[string]string // further hidden fields, sent in the order of their names
}

// ChooseView is the page on which a person chooses a platform. Each tile posts
// form_token and platform=ID to Action.
type ChooseView struct {
	Frame
	Action, FormToken string
	Tiles             []Tile
	Notice            *Notice
	CancelAction      string // posts form_token; "" hides the button
}

// Tile is one platform to choose.
type Tile struct {
	ID, Name string
	Icon     string // trusted inline SVG; it is drawn in currentColor where it sets no fill
	Note     string // translated, below the name
	Disabled bool
	Reason   string // translated: why it is disabled
}

// InputView asks for the one thing a platform needs before its own page.
type InputView struct {
	Frame
	Platform, Icon    string
	Action, FormToken string
	Back              string   // address of the page before; "" hides the link
	Password          string   // address of the page that asks for an app password; "" hides the link
	Servers           []string // names that the Lab plays, to type
	Field             Field
	Account           *Account // that is connected again; nil: any
	Switch            bool     // posted as switch=1: the platform is to ask which account
}

// StartView is the first page of a link to one platform. Its button posts form_token
// and platform=ID to Action.
type StartView struct {
	Frame
	ID, Platform, Icon string
	Action, FormToken  string
	Asks               bool   // a page of ours follows, which asks for something to type
	Again              *Again // the account that is connected again; nil: any
	Unavailable        string // translated: why there is no button
	CancelAction       string // posts form_token; "" hides the button
}

// Again is an account that was connected before, and is to be connected again.
type Again struct {
	Account      Account
	Coach        string // translated: what is easily missed at the platform
	Disconnected bool   // it is disconnected at the moment
}

// Account is one account as its platform calls it.
type Account struct{ Name, Detail string }

// WarnView is shown before a consent disconnects accounts. Again posts as a tile does.
type WarnView struct {
	Frame
	Platform, Icon string
	Rows           []Account
	Coach          string // translated: how to keep them
	Again          *Post  // nil: it is too late to ask again
	Accept         Post
	Back           *Post
}

// PasswordView asks for an app password, and whose it is.
type PasswordView struct {
	Frame
	Platform, Icon    string
	Action, FormToken string
	Other             string // address of the page that needs none
	Account           Field
	Error             string // translated: what is wrong with the password
	Pattern           string // regular expression of an app password; "" anything
	Mismatch          string // translated: what a page with scripts says of anything else
}

// Field is one text input. Kind chooses its texts.
type Field struct {
	Name, Value string
	Kind        FieldKind
	Error       string // translated; "" while nothing is wrong
}

// FieldKind is what a Field asks for.
type FieldKind string

const (
	Handle FieldKind = "handle"
	Server FieldKind = "server"
)

// TargetsView is the page on which a person chooses what becomes a channel. The
// form posts form_token and target=ID, once for each choice.
type TargetsView struct {
	Frame
	Platform, Icon    string
	Account           string // as whom the person signed in; "" hides the line
	Action, FormToken string
	Many              bool // checkboxes instead of radio buttons
	Rows              []TargetRow
	Error             string   // translated
	Missing           []string // features that were not granted, translated
	StartOver         string   // address; "" hides the link
}

// TargetRow is one target. One that cannot be chosen stays visible.
type TargetRow struct {
	ID, Name, Detail string
	Selectable       bool
	Reason           string // translated: why it is not selectable
	Checked          bool
}

// OutcomeView is the page at an end: success, denial, or any failure. Reason is
// one of Reasons(); an unknown one shows as "internal".
type OutcomeView struct {
	Frame
	Tone           Tone
	Reason         string
	Platform, Icon string
	Account        *Account // that was wanted; nil: any
	Channels       []Account
	Missing        []string // features that were not granted, translated
	Retry          *Post    // "Try again"
	Switch         bool     // the platform will ask which account then
	SignOut        string   // address at the platform; "" hides the link
	Coach          string   // translated: what is easily missed at the platform
	Over           bool     // the link is of no more use: what to do is to ask for another
	Restart        string   // address of "Start again here"
	More           string   // address of "Connect another account"
	Back           *Post    // "Back to …", where going back ends the session
	BackURL        string   // the same as a plain link; any scheme but those that run code
	Wait           int      // minutes until trying again makes sense; 0: not known
	Seconds        int      // the same in seconds, told below a minute; 0: not known
	Detail         string   // what support needs: the request id
}

// ProgressView is shown while the work behind a callback has not ended. The page
// opens RefreshURL again after Seconds, 3 when not positive.
type ProgressView struct {
	Frame
	Platform, Icon string
	RefreshURL     string
	Seconds        int
	StartOver      string // address; "" hides the link
}

// ConfirmView is shown while the application has to confirm who finished.
type ConfirmView struct {
	Frame
	Platform, Icon string
	BackURL        string // the application's address with its code; "" in every other browser
	RefreshURL     string // of this page
	StartOver      string // address; "" hides the link
}
