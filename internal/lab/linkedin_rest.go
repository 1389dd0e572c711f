package lab

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// caller is the live token of a request.
func (li *linkedIn) caller(r *http.Request) (*token, error) {
	t := li.lab.token("linkedin", bearer(r), userToken)
	switch {
	case bearer(r) == "":
		return nil, liError(http.StatusUnauthorized, "EMPTY_ACCESS_TOKEN", 65604, "Empty oauth2 access token")
	case t == nil:
		return nil, liError(http.StatusUnauthorized, "INVALID_ACCESS_TOKEN", 65600, "Invalid access token")
	case t.revoked || t.grant.ended != "":
		return nil, liError(http.StatusUnauthorized, "REVOKED_ACCESS_TOKEN", 65601, "The token used in the request has been revoked by the user")
	case t.expired(li.lab.now()):
		return nil, liError(http.StatusUnauthorized, "EXPIRED_ACCESS_TOKEN", 65602, "The token used in the request has expired")
	}
	return t, nil
}

func (li *linkedIn) userinfo(r *http.Request) (reply, error) {
	t, err := li.caller(r)
	if err != nil {
		return reply{}, err
	}
	if !slices.Contains(t.scopes, "openid") || !slices.Contains(t.scopes, "profile") {
		return reply{}, liForbidden("userinfo.GET.NO_VERSION")
	}
	p := t.grant.persona
	given, family, _ := strings.Cut(p.Name, " ")
	return jsonReply(http.StatusOK, "ok", map[string]any{
		"sub": p.ID, "name": p.Name, "given_name": given, "family_name": family, "picture": li.lab.pictureURL(p.Name),
		"locale": map[string]string{"country": "US", "language": "en"},
	}), nil
}

// rest is the door of the versioned API: a live token, a living version, protocol 2.0.0
// (every address here has a finder or a List).
func (li *linkedIn) rest(serve func(*http.Request, *token) (reply, error)) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		t, err := li.caller(r)
		if err != nil {
			return reply{}, err
		}
		if err := li.checkVersion(r.Header.Get("LinkedIn-Version")); err != nil {
			return reply{}, err
		}
		if r.Header.Get("X-Restli-Protocol-Version") != "2.0.0" {
			return reply{}, liBadRequest("Syntax exception in query parameters: finders and List(…) need X-Restli-Protocol-Version: 2.0.0")
		}
		return serve(r, t)
	}
}

func (li *linkedIn) checkVersion(version string) error {
	until, known := li.versions[version]
	switch {
	case version == "":
		return liError(http.StatusUpgradeRequired, "VERSION_MISSING", 0, "A version must be present. Please specify a version by adding the LinkedIn-Version header.")
	case !known || until != "" && li.lab.now().UTC().Format(time.DateOnly) >= until:
		return liError(http.StatusUpgradeRequired, "NONEXISTENT_VERSION", 0, "Requested version "+version+"01 is not active")
	}
	return nil
}

func number(form url.Values, name string, standard, most int) (int, error) {
	raw := form.Get(name)
	if raw == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 || n > most || name == "count" && n == 0 {
		return 0, liBadRequest("Invalid value for parameter " + name)
	}
	return n, nil
}

// batchGet answers ids=List(…), each id by itself.
func batchGet(r *http.Request, get func(id string) (any, int)) (reply, error) {
	ids, err := listOf(r, "ids")
	if err != nil {
		return reply{}, err
	}
	results, statuses, problems := map[string]any{}, map[string]int{}, map[string]any{}
	for _, id := range ids {
		entry, status := get(id)
		statuses[id] = status
		switch status {
		case http.StatusOK:
			results[id] = entry
		case http.StatusForbidden:
			problems[id] = map[string]any{"status": status, "code": "ACCESS_DENIED", "serviceErrorCode": 100, "message": "Viewer don't have permission to the ADMIN_ONLY VisibilityReduction"}
		default:
			problems[id] = map[string]any{"status": status, "code": "NOT_FOUND", "message": "Could not find entity"}
		}
	}
	return jsonReply(http.StatusOK, "ok", map[string]any{"results": results, "statuses": statuses, "errors": problems}), nil
}

// listOf reads List(a,b) as it was sent: parentheses and commas are syntax, and must not
// be encoded; in an entry they, colons and apostrophes must be.
func listOf(r *http.Request, name string) ([]string, error) {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		raw, ok := strings.CutPrefix(pair, name+"=List(")
		if !ok || !strings.HasSuffix(raw, ")") {
			continue
		}
		var list []string
		for entry := range strings.SplitSeq(strings.TrimSuffix(raw, ")"), ",") {
			plain, err := url.QueryUnescape(entry)
			if err != nil || entry == "" || strings.ContainsAny(entry, "():'") {
				return nil, liBadRequest("Syntax exception in query parameter " + name)
			}
			list = append(list, plain)
		}
		return list, nil
	}
	return nil, liBadRequest(fmt.Sprintf("Parameter '%s' is required, as %s=List(…)", name, name))
}

func liForbidden(what string) error {
	return liError(http.StatusForbidden, "ACCESS_DENIED", 100, "Not enough permissions to access: "+what)
}

func liBadRequest(message string) error {
	return liError(http.StatusBadRequest, "ILLEGAL_ARGUMENT", 0, message)
}

// liError is the error of the API proper; code 0 is left out.
func liError(status int, code string, serviceErrorCode int, message string) error {
	return refusal{jsonReply(status, code, struct {
		Status           int    `json:"status"`
		ServiceErrorCode int    `json:"serviceErrorCode,omitempty"`
		Code             string `json:"code"`
		Message          string `json:"message"`
	}{status, serviceErrorCode, code, message})}
}
