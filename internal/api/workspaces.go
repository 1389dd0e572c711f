package api

import (
	"context"

	"patchbay/internal/connect"
)

type createWorkspaceInput struct{ Body newWorkspaceJSON }

func (a *API) createWorkspace(ctx context.Context, in *createWorkspaceInput, once connect.Once[connect.CreatedWorkspace]) (connect.CreatedWorkspace, error) {
	return a.svc.AddWorkspace(ctx, callerOf(ctx), in.Body.core(), once)
}

func (a *API) listWorkspaces(ctx context.Context, in *pageInput) (workspacePageJSON, error) {
	list, next, err := pageOf(in, func(after int64, limit int) ([]connect.Workspace, error) {
		return a.svc.Workspaces(ctx, callerOf(ctx), after, limit)
	}, func(w connect.Workspace) int64 { return w.ID })
	return workspacePageJSON{Data: each(list, toWorkspace), NextCursor: next}, err
}

type workspaceInput struct {
	ID int64 `path:"id" doc:"The workspace's id." example:"1"`
}

func (a *API) getWorkspace(ctx context.Context, in *workspaceInput) (workspaceJSON, error) {
	w, err := a.svc.WorkspaceByID(ctx, callerOf(ctx), in.ID)
	return toWorkspace(w), err
}

type updateWorkspaceInput struct {
	ID   int64 `path:"id" doc:"The workspace's id." example:"1"`
	Body workspaceChangeJSON
}

func (a *API) updateWorkspace(ctx context.Context, in *updateWorkspaceInput) (workspaceJSON, error) {
	w, err := a.svc.ChangeWorkspace(ctx, callerOf(ctx), in.ID, in.Body.core())
	return toWorkspace(w), err
}
