package api

import "context"

type listAuditInput struct {
	After int64 `query:"after" minimum:"0" doc:"The next of the answer before; 0 or nothing to begin with the first entry." example:"128"`
	Limit int   `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many entries to answer with at most."`
}

func (a *API) listAuditEntries(ctx context.Context, in *listAuditInput) (auditPageJSON, error) {
	list, err := a.svc.AuditLog(ctx, callerOf(ctx), in.After, in.Limit)
	page := auditPageJSON{Data: each(list, toAuditEntry), Next: in.After}
	if len(list) > 0 {
		page.Next = list[len(list)-1].ID
	}
	return page, err
}
