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
		page.Next = list[len(list)-1].Number
	}
	return page, err
}

type verifyAuditInput struct {
	Head string `query:"head" maxLength:"100" doc:"The head of an earlier answer, which must be a part of the log." example:"128:9f2c5a0b7d3e4f61829a4c0d5e6f7182930a4b5c6d7e8f90123456789abcdef0"`
}

func (a *API) verifyAudit(ctx context.Context, in *verifyAuditInput) (auditVerdictJSON, error) {
	known, err := anchor(in.Head)
	if err != nil {
		return auditVerdictJSON{}, err
	}
	verdict, err := a.svc.VerifyAudit(ctx, callerOf(ctx), known)
	return toAuditVerdict(verdict), err
}
