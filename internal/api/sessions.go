package api

import (
	"context"
	"time"

	"patchbay/internal/connect"
)

type createSessionInput struct {
	Body *newSessionJSON // optional in the document; readBody makes it an object
}

func (a *API) createSession(ctx context.Context, in *createSessionInput) (sessionJSON, error) {
	caller := callerOf(ctx)
	made, link, err := a.svc.CreateSession(ctx, caller, in.Body.core())
	if err != nil {
		return sessionJSON{}, err
	}
	owner, err := a.svc.Owner(ctx, caller, made.OwnerID)
	if err != nil {
		return sessionJSON{}, err
	}
	body := toSession(connect.SessionView{Session: made, Owner: owner})
	body.ConnectURL = a.publicURL + "/connect/s/" + link.Reveal()
	return body, nil
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
