package httpx

import "net/http"

// Auth says how a route knows its caller. Tests enumerate routes by it.
type Auth string

const (
	AuthNone   Auth = "none"   // open: health, metadata, the Lab
	AuthKey    Auth = "key"    // Authorization: Bearer pb_…
	AuthCookie Auth = "cookie" // the hosted pages' browser cookie, and a form token on every POST
)

// Format names the shape in which a route answers, errors included.
type Format string

const (
	FormatProblem         Format = "problem"         // RFC 9457 application/problem+json
	FormatPage            Format = "page"            // HTML for a person
	FormatText            Format = "text"            // a line of plain text
	FormatJSON            Format = "json"            // a document whose shape another standard fixes
	FormatMarketingBlocks Format = "marketingblocks" // {"status":false,"message":"…"}
	FormatSmartlyQ        Format = "smartlyq"        // {"success":…,"data":…,"meta":{…}}
	FormatFile            Format = "file"            // a static file of the program, such as the reference page's script
	FormatLab             Format = "lab"             // whatever the imitated platform answers
)

// Route is one entry of the program's address table. Every room returns a slice
// of them, app joins the slices, and tests walk the result, so that a route
// cannot exist without being tested.
type Route struct {
	Method  string // GET, POST, …; empty for a prefix that answers every method
	Path    string // a net/http.ServeMux path pattern, without method and host
	Auth    Auth
	Format  Format
	Handler http.Handler
}

// Pattern is the ServeMux pattern of the route, and what request logs call it.
func (r Route) Pattern() string {
	if r.Method == "" {
		return r.Path
	}
	return r.Method + " " + r.Path
}
