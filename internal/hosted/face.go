package hosted

import "patchbay/internal/connect"

// Face is how one dialect's links look and what its redirects say.
type Face interface {
	Origin() string       // of the sessions it belongs to
	LinkPaths() []string  // "/connect/channels", or a pattern of net/http such as "/connect/{word}"; none: links are /connect/s/{token}
	LinkParams() []string // the query parameters that carry the link token there
	Return(connect.Outcome) []connect.Param
}

// NativeFace is how sessions of the native API return: what happened to which
// session, to be read back with the API.
type NativeFace struct{}

// Origin names native sessions.
func (NativeFace) Origin() string { return connect.OriginNative }

// LinkPaths is empty: native links are the session pages themselves.
func (NativeFace) LinkPaths() []string { return nil }

// LinkParams is empty for the same reason.
func (NativeFace) LinkParams() []string { return nil }

// Return tells the session's id and status, the reason of a failure, and the code of
// one that has to be confirmed.
func (NativeFace) Return(o connect.Outcome) []connect.Param {
	params := []connect.Param{
		{Name: "session_id", Value: formatID(o.Session.ID)},
		{Name: "status", Value: string(o.Session.Status)},
	}
	if o.Session.Reason != "" {
		params = append(params, connect.Param{Name: "reason", Value: o.Session.Reason})
	}
	if !o.Code.Empty() {
		params = append(params, connect.Param{Name: "code", Value: o.Code.Reveal()})
	}
	return params
}
