package lab

import (
	"bytes"
	"crypto/rand"
	"embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

func parsePages() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "pages/*.html"))
}

// csp lets a page load its own style and nothing else. There is no form-action: the
// form's redirect ends at the application's callback, on another origin.
const csp = "default-src 'none'; style-src 'nonce-%s'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"

// html renders a page. Every value given to a template has a Nonce for its style.
func (l *Lab) html(status int, outcome, name string, data map[string]any) reply {
	nonce := rand.Text()
	data["Nonce"] = nonce
	var body bytes.Buffer
	if err := l.templates.ExecuteTemplate(&body, name, data); err != nil {
		return refusalReply(fmt.Errorf("render %s: %w", name, err))
	}
	return reply{status: status, outcome: outcome, body: body.Bytes(), header: http.Header{
		"Content-Type":            {"text/html; charset=UTF-8"},
		"Content-Security-Policy": {fmt.Sprintf(csp, nonce)},
		"Referrer-Policy":         {"same-origin"}, // the address holds the state
	}}
}

func (l *Lab) consentPage(d *dialog, req *request) reply {
	goesTo := req.RedirectURI
	if u, err := url.Parse(goesTo); err == nil && u.Host != "" {
		goesTo = u.Host
	}
	return l.html(http.StatusOK, "shown", "consent.html", map[string]any{
		"Title": "Connect " + d.Name, "Dialog": d, "Request": req, "GoesTo": goesTo,
	})
}

func (l *Lab) errorPage(platform, outcome, message string) reply {
	return l.html(http.StatusBadRequest, outcome, "error.html", map[string]any{
		"Title": platform + " refused this request", "Platform": platform, "Param": outcome, "Message": message,
	})
}

// index explains the Lab to a person.
func (l *Lab) index(w http.ResponseWriter, r *http.Request) {
	base := l.baseURL
	if base == "" {
		base = "http://" + r.Host
	}
	l.html(http.StatusOK, "", "index.html", map[string]any{
		"Title": "The Lab", "Platforms": l.platforms, "Base": base,
	}).write(w)
}

// picture draws the avatar of a persona or page: its initials on a colour of its own.
func picture(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(r.PathValue("name"), ".svg")
	hash := fnv.New32a()
	hash.Write([]byte(name))
	initials := ""
	for _, word := range strings.FieldsFunc(name, func(c rune) bool { return c == '-' || c == ' ' || c == '_' }) {
		if first := []rune(word)[0]; len(initials) < 2 && first < 128 {
			initials += strings.ToUpper(template.HTMLEscapeString(string(first)))
		}
	}
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96"><rect width="96" height="96" fill="hsl(%d 45%% 36%%)"/>`+
		`<text x="48" y="61" font-family="system-ui,sans-serif" font-size="38" font-weight="600" text-anchor="middle" fill="#fff">%s</text></svg>`, hash.Sum32()%360, initials)
	reply{status: http.StatusOK, body: []byte(svg), header: http.Header{
		"Content-Type":            {"image/svg+xml"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'"},
	}}.write(w)
}

// pictureURL is where picture draws that name.
func (l *Lab) pictureURL(name string) string {
	return l.baseURL + "/lab/pictures/" + url.PathEscape(strings.ToLower(strings.ReplaceAll(name, " ", "-"))) + ".svg"
}
