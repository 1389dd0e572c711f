package lab

import (
	"encoding/json"
	"errors"
	"net/http"
)

// reply is a finished answer, and its one word for the truth log.
type reply struct {
	status  int
	header  http.Header
	body    []byte
	outcome string
}

// refusal is a reply that ends an endpoint early: the platform says no.
type refusal struct{ reply }

func (r refusal) Error() string { return r.outcome }

// labError is what the Lab itself says, where no platform's shape applies.
type labError struct {
	Error     string   `json:"error"`
	Expected  string   `json:"expected_host,omitempty"`
	Got       string   `json:"got_host,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
}

func refusalReply(err error) reply {
	var no refusal
	if errors.As(err, &no) {
		return no.reply
	}
	return jsonReply(http.StatusInternalServerError, "internal", labError{Error: err.Error()})
}

func jsonReply(status int, outcome string, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		status, outcome, body = http.StatusInternalServerError, "internal", []byte(`{"error":"the Lab cannot encode its answer"}`)
	}
	return reply{
		status: status, outcome: outcome, body: body,
		header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}},
	}
}

// redirectReply is a 302: what both platforms send a browser back with.
func redirectReply(outcome, location string) reply {
	return reply{status: http.StatusFound, outcome: outcome, header: http.Header{"Location": {location}}}
}

func (r reply) write(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // the browser went away: there is nobody left to tell
}
