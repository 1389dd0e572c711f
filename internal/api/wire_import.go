package api

import (
	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

type importRequestJSON struct {
	Platform     string   `json:"platform" minLength:"1" maxLength:"255" example:"x" doc:"Where the tokens are from."`
	Owner        string   `json:"owner,omitempty" minLength:"1" maxLength:"255" example:"user_42" doc:"External id of the owner whose channels they become; an unknown one is made. Without it: the key's owner, or else the workspace's default owner."`
	OwnerName    string   `json:"owner_name,omitempty" maxLength:"255" example:"Corner bakery" doc:"How the owner is called when it is made."`
	Server       string   `json:"server,omitempty" maxLength:"2048" example:"https://mastodon.example" doc:"Origin of the account's server, where each account has its own (Mastodon); for others leave it out."`
	AccessToken  string   `json:"access_token" minLength:"1" maxLength:"8192" writeOnly:"true" example:"2YotnFZFEjr1zCsicMWpAA" doc:"The access token. It is sealed and told again only by leasing."`
	RefreshToken string   `json:"refresh_token,omitempty" maxLength:"8192" writeOnly:"true" example:"tGzv3JOkF0XG5Qx2TlKWIA" doc:"The refresh token, where there is one. Whoever else holds it must not use it any more once it was imported."`
	ExpiresAt    string   `json:"expires_at,omitempty" format:"date-time" example:"2036-03-01T11:31:12.480Z" doc:"When the access token runs out. Without it: not known, and the platform or a refresh tells."`
	Scopes       []string `json:"scopes,omitempty" maxItems:"64" example:"[\"tweet.read\",\"users.read\",\"offline.access\"]" doc:"The permissions granted, as far as you know, as the platform calls them. What the platform says itself counts for more."`
	Targets      []string `json:"targets,omitempty" maxItems:"500" example:"[\"108204\"]" doc:"The platform's ids of what becomes channels. Without it: everything that can be chosen."`
	DryRun       bool     `json:"dry_run,omitempty" example:"true" doc:"Asks the platform what the tokens are, and changes nothing, here or there: they are not refreshed either."`
}

func (r *importRequestJSON) core() (connect.ImportRequest, error) {
	expires, err := timeOf("expires_at", r.ExpiresAt)
	return connect.ImportRequest{
		OwnerExternalID: r.Owner, OwnerName: r.OwnerName, Platform: r.Platform, Server: r.Server, Access: vault.NewSecret(r.AccessToken),
		Refresh: vault.NewSecret(r.RefreshToken), ExpiresAt: expires, Scopes: r.Scopes, Targets: r.Targets, DryRun: r.DryRun,
	}, err
}

type importedJSON struct {
	Platform      string               `json:"platform" example:"x" doc:"Where the tokens are from."`
	Subject       string               `json:"subject" example:"2244994945" doc:"The platform's id of the account that consented."`
	Name          *string              `json:"name" example:"Corner bakery" doc:"How that account is called there."`
	App           string               `json:"app" enum:"proven,by_use,unproven" example:"proven" doc:"How it is known that the tokens were issued to your app. proven: the platform said so. by_use: its refresh token works with your app's credentials (in a dry run: it will be tried). unproven: the platform does not say, and there is nothing to refresh with. Tokens of another app are refused."`
	ScopesGranted []string             `json:"scopes_granted" example:"[\"tweet.read\",\"users.read\"]" doc:"The permissions granted; null where the platform does not tell and you did not."`
	ScopesMissing []string             `json:"scopes_missing" nullable:"false" example:"[\"tweet.write\"]" doc:"Those that a new consent would ask for and that these tokens lack."`
	Targets       []importedTargetJSON `json:"targets" nullable:"false" doc:"What the tokens reach."`
	Channels      []channelJSON        `json:"channels" nullable:"false" doc:"What was connected; empty in a dry run."`
	DryRun        bool                 `json:"dry_run" example:"false" doc:"Whether nothing was changed."`
}

type importedTargetJSON struct {
	Kind       string  `json:"kind" example:"page" doc:"What it is there."`
	ExternalID string  `json:"external_id" example:"108204" doc:"The platform's id of it, as text."`
	Name       *string `json:"name" example:"Corner bakery" doc:"How the platform calls it."`
	Blocked    *string `json:"blocked" example:"no_publish_role" doc:"Stable slug of why it cannot become a channel; null: it can."`
	Wanted     bool    `json:"wanted" example:"true" doc:"Whether it was asked for: named in targets, or nothing was."`
	ChannelID  *int64  `json:"channel_id" example:"5" doc:"The owner's channel that it is, or became; null: none."`
}

func toImported(i connect.Imported) importedJSON {
	return importedJSON{
		Platform: i.Platform, Subject: i.Subject, Name: orNil(i.Name), App: string(i.App), ScopesGranted: i.ScopesGranted,
		ScopesMissing: listed(i.ScopesMissing), Targets: each(i.Targets, toImportedTarget), DryRun: i.DryRun,
	}
}

func toImportedTarget(t connect.ImportedTarget) importedTargetJSON {
	return importedTargetJSON{
		Kind: t.Kind, ExternalID: t.ExternalID, Name: orNil(t.Name), Blocked: orNil(t.Blocked), Wanted: t.Wanted, ChannelID: orNil(t.ChannelID),
	}
}
