package api

import "time"

// troubleJSON is how a platform treats an app, where it does not treat it well.
type troubleJSON struct {
	_      struct{} `nullable:"true"`
	Reason string   `json:"reason" enum:"platform_unavailable,rate_limited,app_rejected" example:"platform_unavailable" doc:"platform_unavailable: it does not answer properly; rate_limited: it asks us to come less often; app_rejected: it refuses the app, and whoever registered it must look."`
	Since  string   `json:"since" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"Since when."`
}

func toTrouble(reason string, since time.Time) *troubleJSON {
	if reason == "" {
		return nil
	}
	return &troubleJSON{Reason: reason, Since: stamp(since)}
}
