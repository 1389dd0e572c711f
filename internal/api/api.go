package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/webhook"
)

// Config is what the interface is made of.
type Config struct {
	PublicURL string // this server's origin without a trailing slash
	Version   string // the program's
	// Limit counts a request of a key and sets the rate-limit headers; its error is the
	// answer when there were too many. Nil: unlimited.
	Limit func(w http.ResponseWriter, r *http.Request, keyID int64) error
}

// API is the native interface over the core and what sends its events.
type API struct {
	svc       *connect.Service
	hooks     *webhook.Service
	publicURL string
	limit     func(w http.ResponseWriter, r *http.Request, keyID int64) error
	routes    []httpx.Route
}

// New builds the native interface.
func New(svc *connect.Service, hooks *webhook.Service, cfg Config) *API {
	a := &API{svc: svc, hooks: hooks, publicURL: cfg.PublicURL, limit: cfg.Limit}
	recorded := &recorder{}
	api := humago.New(recorded, config(cfg.PublicURL, cfg.Version))
	api.UseMiddleware(a.authenticate)
	a.mount(api)
	a.routes = append(recorded.routes, a.fallback(recorded.routes), document(api.OpenAPI()))
	a.routes = append(a.routes, reference()...)
	return a
}

// Routes lists every route of the native interface.
func (a *API) Routes() []httpx.Route { return a.routes }

func (a *API) mount(api huma.API) {
	create(api, "/v1/sessions", "sessions", connect.ScopeSessionsWrite, createSessionDoc, a.createSession, a.toCreatedSession)
	get(api, "/v1/sessions/{id}", "sessions", connect.ScopeSessionsRead, getSessionDoc, a.getSession)
	get(api, "/v1/sessions/{id}/attempts", "sessions", connect.ScopeSessionsRead, listAttemptsDoc, a.listAttempts)
	post(api, "/v1/sessions/{id}/cancel", "sessions", connect.ScopeSessionsWrite, cancelSessionDoc, a.cancelSession)
	post(api, "/v1/sessions/{id}/confirm", "sessions", connect.ScopeSessionsWrite, confirmSessionDoc, a.confirmSession)
	get(api, "/v1/channels", "channels", connect.ScopeChannelsRead, listChannelsDoc, a.listChannels)
	get(api, "/v1/channels/{id}", "channels", connect.ScopeChannelsRead, getChannelDoc, a.getChannel)
	get(api, "/v1/channels/{id}/health", "channels", connect.ScopeChannelsRead, getChannelHealthDoc, a.getChannelHealth)
	post(api, "/v1/channels/{id}/check", "channels", connect.ScopeChannelsWrite, checkChannelDoc, a.checkChannel)
	post(api, "/v1/channels/{id}/token", "channels", connect.ScopeTokensLease, leaseTokenDoc, a.leaseToken)
	a.mountCare(api)
	create(api, "/v1/owners", "owners", connect.ScopeOwnersWrite, createOwnerDoc, a.createOwner, toOwnerDetail)
	get(api, "/v1/owners", "owners", connect.ScopeOwnersRead, listOwnersDoc, a.listOwners)
	get(api, "/v1/owners/{id}", "owners", connect.ScopeOwnersRead, getOwnerDoc, a.getOwner)
	patch(api, "/v1/owners/{id}", "owners", connect.ScopeOwnersWrite, updateOwnerDoc, a.updateOwner)
	post(api, "/v1/owners/{id}/erase", "owners", connect.ScopeOwnersWrite, eraseOwnerDoc, a.eraseOwner)
	get(api, "/v1/platforms", "platforms", connect.ScopePlatformsRead, listPlatformsDoc, a.listPlatforms)
	get(api, "/v1/platforms/{id}", "platforms", connect.ScopePlatformsRead, getPlatformDoc, a.getPlatform)
	create(api, "/v1/apps", "apps", connect.ScopeAppsWrite, createAppDoc, a.createApp, a.toApp)
	get(api, "/v1/apps", "apps", connect.ScopeAppsRead, listAppsDoc, a.listApps)
	get(api, "/v1/apps/{id}", "apps", connect.ScopeAppsRead, getAppDoc, a.getApp)
	patch(api, "/v1/apps/{id}", "apps", connect.ScopeAppsWrite, updateAppDoc, a.updateApp)
	remove(api, "/v1/apps/{id}", "apps", connect.ScopeAppsWrite, retireAppDoc, a.retireApp)
	create(api, "/v1/keys", "keys", connect.ScopeKeysWrite, createKeyDoc, a.createKey, toCreatedKey)
	get(api, "/v1/keys", "keys", connect.ScopeKeysRead, listKeysDoc, a.listKeys)
	get(api, "/v1/keys/{id}", "keys", connect.ScopeKeysRead, getKeyDoc, a.getKey)
	remove(api, "/v1/keys/{id}", "keys", connect.ScopeKeysWrite, revokeKeyDoc, a.revokeKey)
	create(api, "/v1/workspaces", "workspaces", connect.ScopeWorkspacesAdmin, createWorkspaceDoc, a.createWorkspace, toCreatedWorkspace)
	get(api, "/v1/workspaces", "workspaces", connect.ScopeWorkspacesRead, listWorkspacesDoc, a.listWorkspaces)
	get(api, "/v1/workspaces/{id}", "workspaces", connect.ScopeWorkspacesRead, getWorkspaceDoc, a.getWorkspace)
	patch(api, "/v1/workspaces/{id}", "workspaces", connect.ScopeWorkspacesWrite, updateWorkspaceDoc, a.updateWorkspace)
	get(api, "/v1/events", "events", connect.ScopeEventsRead, listEventsDoc, a.listEvents)
	get(api, "/v1/audit", "audit", connect.ScopeAuditRead, listAuditEntriesDoc, a.listAuditEntries)
	get(api, "/v1/audit/verify", "audit", connect.ScopeAuditRead, verifyAuditDoc, a.verifyAudit)
	a.mountWebhooks(api)
}

func (a *API) mountCare(api huma.API) {
	patch(api, "/v1/channels/{id}", "channels", connect.ScopeChannelsWrite, updateChannelDoc, a.updateChannel)
	post(api, "/v1/channels/{id}/pause", "channels", connect.ScopeChannelsWrite, pauseChannelDoc, a.pauseChannel)
	post(api, "/v1/channels/{id}/resume", "channels", connect.ScopeChannelsWrite, resumeChannelDoc, a.resumeChannel)
	post(api, "/v1/channels/{id}/disconnect", "channels", connect.ScopeChannelsWrite, disconnectChannelDoc, a.disconnectChannel)
	create(api, "/v1/channels/{id}/reconnect", "channels", connect.ScopeSessionsWrite, reconnectChannelDoc, a.reconnectChannel, a.toCreatedSession)
	get(api, "/v1/channels/{id}/targets", "channels", connect.ScopeChannelsRead, listTargetsDoc, a.listTargets)
	post(api, "/v1/channels/{id}/target", "channels", connect.ScopeChannelsWrite, chooseTargetDoc, a.chooseTarget)
	post(api, "/v1/channels/{id}/move", "channels", connect.ScopeChannelsWrite, moveChannelDoc, a.moveChannel)
	post(api, "/v1/channels/import", "channels", connect.ScopeChannelsWrite, importChannelsDoc, a.importChannels)
}

func (a *API) mountWebhooks(api huma.API) {
	create(api, "/v1/endpoints", "endpoints", connect.ScopeEndpointsWrite, createEndpointDoc, a.createEndpoint, toCreatedEndpoint)
	get(api, "/v1/endpoints", "endpoints", connect.ScopeEndpointsRead, listEndpointsDoc, a.listEndpoints)
	get(api, "/v1/endpoints/{id}", "endpoints", connect.ScopeEndpointsRead, getEndpointDoc, a.getEndpoint)
	patch(api, "/v1/endpoints/{id}", "endpoints", connect.ScopeEndpointsWrite, updateEndpointDoc, a.updateEndpoint)
	destroy(api, "/v1/endpoints/{id}", "endpoints", connect.ScopeEndpointsWrite, deleteEndpointDoc, a.deleteEndpoint)
	post(api, "/v1/endpoints/{id}/rotate-secret", "endpoints", connect.ScopeEndpointsWrite, rotateSecretDoc, a.rotateSecret)
	post(api, "/v1/endpoints/{id}/test", "endpoints", connect.ScopeEndpointsWrite, testEndpointDoc, a.testEndpoint)
	create(api, "/v1/endpoints/{id}/replays", "endpoints", connect.ScopeEndpointsWrite, createReplayDoc, a.createReplay, toReplay)
	get(api, "/v1/replays/{id}", "endpoints", connect.ScopeEndpointsRead, getReplayDoc, a.getReplay)
	get(api, "/v1/deliveries", "endpoints", connect.ScopeEndpointsRead, listDeliveriesDoc, a.listDeliveries)
	get(api, "/v1/deliveries/{id}", "endpoints", connect.ScopeEndpointsRead, getDeliveryDoc, a.getDelivery)
	post(api, "/v1/deliveries/{id}/replay", "endpoints", connect.ScopeEndpointsWrite, replayDeliveryDoc, a.replayDelivery)
}
