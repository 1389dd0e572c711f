package badinput_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/httpx"
)

// tablesOf tells where the ids of a collection of the native API come from.
var tablesOf = map[string]string{
	"sessions": "sessions", "channels": "channels", "owners": "owners", "apps": "apps", "keys": "api_keys", "workspaces": "workspaces",
	"endpoints": "endpoints", "deliveries": "deliveries", "replays": "replays",
}

// nobody has this id.
const nobody = "8999999999999"

// nativeAttempts are derived from the OpenAPI document alone. A route that it does not
// have is no native route.
func (w *world) nativeAttempts(t *testing.T, r httpx.Route) (all []attempt, found bool) {
	op := w.native.at(r.Method, r.Path)
	if op == nil {
		return nil, false
	}
	all = append(all, w.badKeys(r, op)...)
	all = append(all, w.badPathValues(r)...)
	all = append(all, w.foreignIDs(t, r, op)...)
	all = append(all, w.badQueries(r, op)...)
	if op.RequestBody != nil {
		all = append(all, w.badBodies(t, r, op)...)
		all = append(all, w.badOnceKeys(t, r, op)...)
	}
	return all, true
}

func (w *world) bearer(key string) http.Header {
	return http.Header{"Authorization": {"Bearer " + key}}
}

// address is the route's path with every value the same.
func address(r httpx.Route, value string) string {
	return placeholder.ReplaceAllString(r.Path, strings.ReplaceAll(value, "$", "$$"))
}

// better are values for which the document's examples do not do: they are shortened for
// the reader, or taken here.
var better = map[string]any{
	"createApp.client_secret": "canary-client-secret", "updateApp.client_secret": "canary-client-secret", "createOwner.external_id": "user_77", "confirmSession.code": "canary-confirmation-code",
	"leaseToken.newer_than": 0,   // any
	"createReplay.since":    nil, // in place of after
	"importChannels.server": nil, "importChannels.access_token": "canary-access-token", "importChannels.refresh_token": "canary-refresh-token",
}

// example is a body that the route would take, but for what is made wrong in it.
func (w *world) example(op *operation) map[string]any {
	whole, _ := w.native.valid(w.native.body(op)).(map[string]any)
	for name := range whole {
		if value, ok := better[op.OperationID+"."+name]; ok {
			whole[name] = value
		}
	}
	return whole
}

// validBody is the example as text; nil where the route reads no body.
func (w *world) validBody(op *operation) []byte {
	if w.native.body(op) == nil {
		return nil
	}
	text, _ := json.Marshal(w.example(op))
	return text
}

func (w *world) badKeys(r httpx.Route, op *operation) (all []attempt) {
	a := attempt{method: r.Method, target: address(r, "1"), body: w.validBody(op), want: http.StatusUnauthorized}
	headers := map[string][]string{
		"no key": nil, "an empty key": {"Bearer "}, "another scheme": {"Basic " + w.Key}, "no scheme": {w.Key}, "a key and more": {"Bearer " + w.Key + " x"},
		"two keys": {"Bearer x", "Bearer " + w.Key}, "a long key": {"Bearer pb_" + strings.Repeat("a", 20_000)},
	}
	for what, key := range w.dead {
		headers["a key that is "+what] = []string{"Bearer " + key}
	}
	for what, values := range headers {
		b := a
		b.what, b.header = what, http.Header{"Authorization": values}
		for _, v := range values {
			_, key, _ := strings.Cut(v, " ")
			if len(key) > 8 {
				b.secrets = append(b.secrets, key)
			}
		}
		all = append(all, b)
	}
	return all
}

// junk is what a path value never is. In a path all of it is escaped once more where it
// has to be.
var junk = []string{
	"0", "-1", "+" + nobody, "1.5", "1e3", "0x1", "1_000", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "NaN", "null", "undefined",
	"abc", "%20", "%00", "1%00", "%0a", "%0d%0aX-Evil:%201", "%ff", "%c0%ae", "%ef%bc%91", "%e2%80%8b1", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%2f", "%2f",
	"%5c", "%252f", "%2500", "{id}", "*", ";", "1;2", "1,2", "'%20OR%201=1--", "%22", "%3Cscript%3E", "$(id)", "~", "%7B%7D", strings.Repeat("9", 3000), strings.Repeat("a", 3000),
}

func (w *world) badPathValues(r httpx.Route) (all []attempt) {
	if !placeholder.MatchString(r.Path) {
		return nil
	}
	op := w.native.at(r.Method, r.Path)
	for _, value := range junk {
		all = append(all, attempt{what: "a path value that is " + cut(value), method: r.Method, target: address(r, value), header: w.bearer(w.Key), body: w.validBody(op)})
	}
	return all
}

// foreignIDs are ids of another workspace, of nobody, and for a bound key of another owner.
func (w *world) foreignIDs(t *testing.T, r httpx.Route, op *operation) (all []attempt) {
	if !strings.Contains(r.Path, "{id}") || !integerID(op) {
		return nil
	}
	collection, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/v1/"), "/")
	table := tablesOf[collection]
	if table == "" {
		t.Errorf("%s: no table is known for the ids of %q: add it to tablesOf", r.Pattern(), collection)
		return nil
	}
	column := "workspace_id"
	if table == "workspaces" {
		column = "id"
	}
	foreign := w.number(t, fmt.Sprintf(`SELECT max(id) FROM %s WHERE %s = %d`, table, column, w.foreign.Workspace.ID))
	a := attempt{method: r.Method, body: w.validBody(op), want: http.StatusNotFound}
	for what, id := range map[string]string{"of another workspace": strconv.FormatInt(foreign, 10), "of nobody": nobody, "of nobody, the largest": "9223372036854775807"} {
		b := a
		b.what, b.target, b.header = "an id "+what, address(r, id), w.bearer(w.plain)
		all = append(all, b)
	}
	if collection == "owners" {
		a.what, a.target, a.header, a.want = "an id of another owner", address(r, strconv.FormatInt(w.owner2, 10)), w.bearer(w.bound), 0
		all = append(all, a)
	}
	return all
}

func integerID(op *operation) bool {
	for _, p := range op.Parameters {
		if p.In == "path" && p.Schema.is("integer") {
			return true
		}
	}
	return false
}

// ownAddress is the route's address of a thing that is there, so that only what is
// tried is wrong. For a route without a body it is of nobody: it would be taken.
func (w *world) ownAddress(t *testing.T, r httpx.Route) string {
	if !strings.Contains(r.Path, "{id}") {
		return r.Path
	}
	collection, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/v1/"), "/")
	column := "workspace_id"
	if collection == "workspaces" {
		column = "id"
	}
	own := w.number(t, fmt.Sprintf(`SELECT min(id) FROM %s WHERE %s = %d`, tablesOf[collection], column, w.Workspace.ID))
	return address(r, strconv.FormatInt(own, 10))
}

func (w *world) badQueries(r httpx.Route, op *operation) (all []attempt) {
	if op.RequestBody != nil || r.Method == http.MethodDelete || r.Method == http.MethodPost {
		return nil // what reads no query ignores it, and would be taken
	}
	try := func(what, query string, mild bool) {
		all = append(all, attempt{what: what, method: r.Method, target: address(r, "1") + "?" + query, header: w.bearer(w.Key), mild: mild})
	}
	for _, query := range []string{"unknown=1", "%zz=1", "a;b=c", "%00=%00", "&&&=", "=", strings.Repeat("a=b&", 5000), "x=" + strings.Repeat("a", 30_000)} {
		try("a query of "+cut(query), query, true)
	}
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		whole := p.Schema.is("integer")
		for _, value := range []string{"%00", "%ff", "a%00b", "%F0%9F%98%80", "'--", strings.Repeat("z", 5000), "%22%7D", "../.."} {
			try(p.Name+" = "+cut(value), p.Name+"="+value, !whole && len(p.Schema.Enum) == 0 && p.Name != "cursor")
		}
		if whole {
			for _, value := range []string{"abc", "1.5", "-1", "1e2", "0x1", "9223372036854775808", "-9223372036854775808", strings.Repeat("9", 400), "1,2", "1%2C2", "NaN", "true"} {
				try(p.Name+" = "+cut(value), p.Name+"="+value, false)
			}
		}
		if p.Name == "cursor" {
			for _, value := range []string{"x", "MTc%3D", "LTE", "MA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "bnVsbA", "AAAA", "%2B%2F"} {
				try("cursor = "+value, "cursor="+value, false)
			}
		}
	}
	return all
}

func (w *world) badOnceKeys(t *testing.T, r httpx.Route, op *operation) (all []attempt) {
	if !slices.ContainsFunc(op.Parameters, func(p parameter) bool { return p.Name == "Idempotency-Key" }) {
		return nil
	}
	a := attempt{method: r.Method, target: w.ownAddress(t, r), body: w.validBody(op)}
	for what, values := range map[string][]string{
		"empty": {""}, "too long": {strings.Repeat("k", 256)}, "twice": {"a", "b"}, "of blanks": {"a b"}, "not ASCII": {"schlüssel"}, "of high bytes": {"\xff\xfe"},
	} {
		b := a
		b.what, b.header = "an Idempotency-Key that is "+what, w.bearer(w.Key)
		b.header["Idempotency-Key"] = values
		all = append(all, b)
	}
	return all
}
