package api

import "context"

type channelInput struct {
	ID int64 `path:"id" doc:"The channel's id." example:"5"`
}

func (a *API) getChannelHealth(ctx context.Context, in *channelInput) (healthReportJSON, error) {
	report, err := a.svc.ChannelHealth(ctx, callerOf(ctx), in.ID)
	return toHealthReport(report), err
}

func (a *API) checkChannel(ctx context.Context, in *channelInput) (healthReportJSON, error) {
	report, err := a.svc.CheckChannel(ctx, callerOf(ctx), in.ID)
	body := toHealthReport(report)
	body.CheckedNow = new(report.CheckedNow)
	return body, err
}
