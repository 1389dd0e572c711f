package api

import (
	"context"

	"patchbay/internal/connect"
)

type createAppInput struct{ Body newAppJSON }

func (a *API) createApp(ctx context.Context, in *createAppInput, once connect.Once[connect.App]) (connect.App, error) {
	return a.svc.AddApp(ctx, callerOf(ctx), in.Body.core(), once)
}

func (a *API) listApps(ctx context.Context, in *pageInput) (appPageJSON, error) {
	list, next, err := pageOf(in, func(after int64, limit int) ([]connect.App, error) {
		return a.svc.Apps(ctx, callerOf(ctx), after, limit)
	}, func(app connect.App) int64 { return app.ID })
	return appPageJSON{Data: each(list, a.toApp), NextCursor: next}, err
}

type appInput struct {
	ID int64 `path:"id" doc:"The app's id." example:"9"`
}

func (a *API) getApp(ctx context.Context, in *appInput) (appJSON, error) {
	app, err := a.svc.App(ctx, callerOf(ctx), in.ID)
	return a.toApp(app), err
}

type updateAppInput struct {
	ID   int64 `path:"id" doc:"The app's id." example:"9"`
	Body appChangeJSON
}

func (a *API) updateApp(ctx context.Context, in *updateAppInput) (appJSON, error) {
	app, err := a.svc.ChangeApp(ctx, callerOf(ctx), in.ID, in.Body.core())
	return a.toApp(app), err
}

func (a *API) retireApp(ctx context.Context, in *appInput) (appJSON, error) {
	app, err := a.svc.RetireApp(ctx, callerOf(ctx), in.ID)
	return a.toApp(app), err
}
