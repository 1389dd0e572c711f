package api

import (
	"context"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

type createSessionInput struct {
	Body *newSessionJSON // optional in the document; readBody makes it an object
}

func (a *API) createSession(ctx context.Context, in *createSessionInput, once connect.Once[connect.CreatedSession]) (connect.CreatedSession, error) {
	return a.svc.CreateSession(ctx, callerOf(ctx), in.Body.core(), once)
}

func (a *API) toCreatedSession(made connect.CreatedSession) sessionJSON {
	body := toSession(connect.SessionView{Session: made.Session, Owner: made.Owner})
	body.ConnectURL = a.publicURL + "/connect/s/" + made.Link.Reveal()
	return body
}

type getSessionInput struct {
	ID   int64 `path:"id" doc:"The session's id." example:"17"`
	Wait int   `query:"wait" minimum:"0" maximum:"60" doc:"Seconds to wait for the session to leave pending; it answers at once when it does, and with the session as it stands when the time is over." example:"30"`
}

func (a *API) getSession(ctx context.Context, in *getSessionInput) (sessionJSON, error) {
	view, err := a.svc.WaitSession(ctx, callerOf(ctx), in.ID, time.Duration(in.Wait)*time.Second)
	return toSession(view), err
}

type listAttemptsInput struct {
	ID int64 `path:"id" doc:"The session's id." example:"17"`
}

func (a *API) listAttempts(ctx context.Context, in *listAttemptsInput) (attemptsJSON, error) {
	lines, err := a.svc.Attempts(ctx, callerOf(ctx), in.ID)
	return attemptsJSON{Data: each(lines, toAttempt)}, err
}

type cancelSessionInput struct {
	ID int64 `path:"id" doc:"The session's id." example:"17"`
}

func (a *API) cancelSession(ctx context.Context, in *cancelSessionInput) (sessionJSON, error) {
	view, err := a.svc.CancelSession(ctx, callerOf(ctx), in.ID)
	return toSession(view), err
}

type confirmSessionInput struct {
	ID   int64 `path:"id" doc:"The session's id." example:"17"`
	Body confirmSessionJSON
}

func (a *API) confirmSession(ctx context.Context, in *confirmSessionInput) (sessionJSON, error) {
	view, err := a.svc.ConfirmSession(ctx, callerOf(ctx), in.ID, vault.NewSecret(in.Body.Code))
	return toSession(view), err
}
