package api

import (
	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

type newAppJSON struct {
	Platform     string `json:"platform" example:"facebook" doc:"Where the app is registered."`
	Name         string `json:"name,omitempty" maxLength:"255" example:"Our Facebook app" doc:"What you call it. Without it: the platform's name."`
	ClientID     string `json:"client_id" minLength:"1" maxLength:"1024" example:"1029384756" doc:"As the platform shows it."`
	ClientSecret string `json:"client_secret" minLength:"1" maxLength:"1024" writeOnly:"true" example:"a1b2c3…" doc:"As the platform shows it. It is sealed and never told again."`
}

func (n *newAppJSON) core() connect.NewApp {
	return connect.NewApp{Platform: n.Platform, Name: n.Name, ClientID: n.ClientID, ClientSecret: vault.NewSecret(n.ClientSecret)}
}

type appChangeJSON struct {
	Name         *string `json:"name,omitempty" minLength:"1" maxLength:"255" example:"Our Facebook app" doc:"What you call it."`
	ClientSecret *string `json:"client_secret,omitempty" minLength:"1" maxLength:"1024" writeOnly:"true" example:"a1b2c3…" doc:"The new one, after it was changed at the platform."`
}

func (c *appChangeJSON) core() connect.AppChange {
	change := connect.AppChange{Name: c.Name}
	if c.ClientSecret != nil {
		change.ClientSecret = new(vault.NewSecret(*c.ClientSecret))
	}
	return change
}

type appJSON struct {
	ID          int64        `json:"id" example:"9" doc:"The app's id."`
	Platform    string       `json:"platform" example:"facebook" doc:"Where it is registered."`
	Name        string       `json:"name" example:"Our Facebook app" doc:"What you call it."`
	ClientID    string       `json:"client_id" example:"1029384756" doc:"As the platform shows it."`
	RedirectURI string       `json:"redirect_uri" example:"https://connect.example/oauth/callback/facebook/9" doc:"The address to register at the platform, exactly. It never changes."`
	CreatedAt   string       `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was made."`
	UpdatedAt   string       `json:"updated_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it last changed."`
	Trouble     *troubleJSON `json:"trouble" doc:"What keeps the platform from serving it; null: nothing."`
	RetiredAt   *string      `json:"retired_at" format:"date-time" example:"2026-05-01T09:30:00.000Z" doc:"Since when no consent begins with it any more; null while it is in use."`
}

type appPageJSON struct {
	Data       []appJSON `json:"data" nullable:"false" doc:"The workspace's own apps by ascending id."`
	NextCursor *string   `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

func (a *API) toApp(app connect.App) appJSON {
	return appJSON{
		ID: app.ID, Platform: app.Platform, Name: app.Name, ClientID: app.ClientID, RedirectURI: a.svc.RedirectURI(app),
		Trouble: toTrouble(app.Trouble, app.TroubleAt), CreatedAt: stamp(app.CreatedAt), UpdatedAt: stamp(app.UpdatedAt), RetiredAt: stampOrNil(app.RetiredAt),
	}
}
