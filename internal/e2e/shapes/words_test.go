package shapes_test

import (
	"encoding/json"
	"net/url"
	"strings"
)

// hollow are answers with status 200 or near it that hold nothing of use.
func hollow() []shape {
	page := "<!doctype html><title>canary</title><h1>canary</h1><p>error=invalid_grant</p>"
	body := func(name, kind, body string) shape {
		return shape{name: name, kind: kind, acted: perhaps, body: text(body)}
	}
	return []shape{
		body("html-200", "text/html; charset=utf-8", page),
		body("empty-200", "", ""),
		body("text-200", "text/plain", "canary OK"),
		body("array-200", "", `["canary"]`),
		body("null-200", "", "null"),
		body("string-200", "", `"canary"`),
		body("number-200", "", "4242424242"),
		body("empty-object-200", "", "{}"),
		{name: "status-204", status: 204, kind: "-", acted: perhaps, body: text("")},
		{name: "status-202", status: 202, acted: perhaps, body: text("{}")},
		{name: "half-json", acted: perhaps, body: func(a answer) string { return a.text(nil)[:len(a.text(nil))-2] }},
		{name: "two-objects", acted: perhaps, body: func(a answer) string { return a.text(nil) + a.text(nil) }},
		{name: "utf-16", acted: perhaps, body: func(a answer) string {
			return "\xff\xfe" + strings.Join(strings.Split(a.text(nil), ""), "\x00") + "\x00"
		}},
	}
}

// inside are errors with status 200.
func inside() []shape {
	form := func(word string) string {
		return url.Values{"error": {word}, "error_description": {"canary description"}, "error_uri": {"https://canary.example/"}}.Encode()
	}
	const asForm = "application/x-www-form-urlencoded; charset=utf-8"
	return []shape{
		{name: "200-invalid-grant", body: text(oauthError("invalid_grant"))}, // Reddit
		{name: "200-invalid-grant-form", kind: asForm, body: text(form("invalid_grant"))},
		{name: "200-invalid-client", body: text(oauthError("invalid_client"))},
		{name: "200-bad-refresh-token-form", kind: asForm, body: text(form("bad_refresh_token"))}, // GitHub
		{name: "200-server-error", body: text(oauthError("server_error"))},
		{name: "200-unknown-word", body: text(oauthError("canary_error"))},
		{name: "200-error-number", body: text(`{"error":401,"message":"canary"}`)},
		{name: "200-error-object", body: text(`{"error":{"message":"canary","status":"CANARY"}}`)},
		{name: "200-error-true", body: text(`{"error":true}`)},
		{name: "200-errors-list", body: text(`{"errors":[{"message":"canary","type":"canary"}]}`)},
		{name: "200-ok-false", body: text(`{"ok":false,"error":"invalid_refresh_token"}`)}, // Slack
		{name: "200-graph-190-460", body: text(graphError(190, 460))},
		{name: "200-graph-2", body: text(graphError(2, 0))},
	}
}

func oauthError(word string) string {
	b, _ := json.Marshal(map[string]string{"error": word, "error_description": "canary description of " + word, "error_uri": "https://canary.example/?code=canary"})
	return string(b)
}

// words are the error words of RFC 6749 §5.2 and its relatives, with their status and others.
func words() []shape {
	var out []shape
	for _, word := range []string{
		"invalid_grant", "invalid_client", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type", "access_denied", "expired_token",
		"server_error", "temporarily_unavailable", "slow_down", "authorization_pending", "insufficient_scope", "invalid_target", "invalid_token", "canary_error",
	} {
		name := strings.ReplaceAll(strings.ReplaceAll(word, "canary_error", "unknown_word"), "_", "-")
		out = append(out, shape{name: "400-" + name, status: 400, body: text(oauthError(word))})
	}
	return append(out,
		shape{name: "400-invalid-grant-form", status: 400, kind: "application/x-www-form-urlencoded", body: text("error=invalid_grant&error_description=canary")},
		shape{name: "400-invalid-grant-bom", status: 400, body: text("\xef\xbb\xbf" + oauthError("invalid_grant"))},
		shape{name: "400-invalid-grant-called-html", status: 400, kind: "text/html", body: text(oauthError("invalid_grant"))},
		shape{name: "400-invalid-grant-in-text", status: 400, kind: "text/plain", body: text("canary: invalid_grant")},
		shape{name: "400-invalid-grant-upper-case", status: 400, body: text(oauthError("INVALID_GRANT"))},
		shape{name: "400-invalid-grant-half-json", status: 400, body: text(`{"error":"invalid_grant","error_descr`)},
		shape{name: "400-word-in-description", status: 400, body: text(`{"error":"canary_error","error_description":"invalid_grant"}`)},
		shape{name: "400-word-elsewhere", status: 400, body: text(`{"message":"invalid_grant","canary":{"error":"invalid_grant"}}`)},
		shape{name: "400-empty", status: 400, body: text("")},
		shape{name: "400-empty-object", status: 400, body: text("{}")},
		shape{name: "400-html", status: 400, kind: "text/html", body: text("<h1>Bad canary</h1>")},
		shape{name: "400-tokens", status: 400},
		shape{name: "401-invalid-grant", status: 401, body: text(oauthError("invalid_grant"))},
		shape{name: "401-invalid-client", status: 401, header: []string{`WWW-Authenticate: Basic realm="canary"`}, body: text(oauthError("invalid_client"))},
		shape{name: "401-unknown-word", status: 401, body: text(oauthError("canary_error"))},
		shape{name: "403-invalid-grant", status: 403, body: text(oauthError("invalid_grant"))},
		shape{name: "403-access-denied", status: 403, body: text(oauthError("access_denied"))},
		shape{name: "429-invalid-grant", status: 429, body: text(oauthError("invalid_grant"))},
		shape{name: "500-invalid-grant", status: 500, acted: perhaps, body: text(oauthError("invalid_grant"))},
		shape{name: "503-invalid-client", status: 503, acted: perhaps, body: text(oauthError("invalid_client"))},
	)
}
