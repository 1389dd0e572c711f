package api

import "patchbay/internal/connect"

type attemptsJSON struct {
	Data []attemptJSON `json:"data" nullable:"false" doc:"The session's attempts, oldest first."`
}

type attemptJSON struct {
	ID        int64      `json:"id" example:"21" doc:"The attempt's id."`
	Platform  string     `json:"platform" example:"facebook" doc:"Where it went."`
	Status    string     `json:"status" enum:"away,exchanging,verifying,choosing,warned,confirming,succeeded,denied,failed,interrupted,superseded,expired" example:"denied" doc:"How far it came; those from succeeded on are final."`
	Reason    *string    `json:"reason" example:"denied" doc:"Stable slug of why it failed; null otherwise."`
	Message   *string    `json:"message" example:"User denied permissions" doc:"The reason in English, for a person."`
	CreatedAt string     `json:"created_at" format:"date-time" example:"2026-03-01T09:30:20.000Z" doc:"When the person left for the platform."`
	UpdatedAt string     `json:"updated_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it last changed."`
	ExpiresAt string     `json:"expires_at" format:"date-time" example:"2026-03-01T09:55:00.000Z" doc:"Until when the person may come back."`
	Steps     []stepJSON `json:"steps" nullable:"false" doc:"What happened, in order."`
}

type stepJSON struct {
	Number int     `json:"number" example:"1" doc:"From 1 within the attempt."`
	Name   string  `json:"name" example:"begun" doc:"What happened: begun, exchanging, credentials_stored, choosing, succeeded, …"`
	Detail *string `json:"detail" example:"denied" doc:"A reason slug or a count."`
	At     string  `json:"at" format:"date-time" example:"2026-03-01T09:30:20.000Z" doc:"When."`
}

func toAttempt(t connect.Timeline) attemptJSON {
	a := t.Attempt
	return attemptJSON{
		ID: a.ID, Platform: a.Platform, Status: string(a.State), Reason: orNil(a.Reason), Message: orNil(a.Message),
		CreatedAt: stamp(a.CreatedAt), UpdatedAt: stamp(a.UpdatedAt), ExpiresAt: stamp(a.ExpiresAt), Steps: each(t.Steps, toStep),
	}
}

func toStep(s connect.Step) stepJSON {
	return stepJSON{Number: s.Number, Name: s.Name, Detail: orNil(s.Detail), At: stamp(s.At)}
}
