package connect

import (
	"time"

	"patchbay/internal/platform"
)

// Act is who must do something about a channel.
type Act string

const (
	ActNobody   Act = "nobody"
	ActPerson   Act = "person"             // who consented
	ActPage     Act = "page_administrator" // who gives the person their role there
	ActOperator Act = "operator"           // of this server
	ActPlatform Act = "platform"           // it passes by itself
)

// Reasons of a channel's health beside those that a platform's answers name
// (platform.ReasonRevoked and its relatives).
const (
	ReasonEnding        = "consent_ending"       // only a new consent will go on
	ReasonLostRotation  = "lost_rotation"        // a rotating platform's answer was lost on the way to us
	ReasonUnavailable   = "platform_unavailable" // it has not answered properly since the token ran out
	ReasonAppRejected   = "app_rejected"         // it refuses our app
	ReasonNotConfigured = "platform_not_configured"
	ReasonUnreadable    = "credentials_unreadable" // sealed with a key that is not here
	ReasonHeld          = "refreshing_held"        // after a restore, until the operator goes on
)

// Diagnosis is what a reason means for people.
type Diagnosis struct {
	Health   Health
	Act      Act
	Sentence string // what is the matter
	Todo     string // what to do about it
}

// HealthReport is a channel's health, explained.
type HealthReport struct {
	Channel Channel // with Health and HealthReason
	Diagnosis
	ScopesWanted   []string
	ScopesGranted  []string
	ScopesTold     bool      // false: the platform does not say what it granted
	ProvenAt       time.Time // when a refresh or a probe last succeeded; zero: never
	TokenExpiresAt time.Time // of the access token in use; zero: it does not expire, or there is none any more
	EndsAt         time.Time // when the person must consent anew; zero: not known, or never
	CheckedNow     bool      // a check that asked the platform just now
}

// diagnoses is every reason a health can have.
var diagnoses = map[string]Diagnosis{
	"": {HealthHealthy, ActNobody, "The channel works.", ""},
	ReasonEnding: {
		HealthExpiring, ActPerson, "The consent ends soon and this platform lets nobody but the person renew it.",
		"Send the person a connect link before it ends.",
	},
	platform.ReasonRevoked: {
		HealthNeedsReauth, ActPerson, "The platform no longer accepts the consent: it was withdrawn, or ended there.",
		"Send the person a connect link to consent again.",
	},
	platform.ReasonConsentExpired: {
		HealthNeedsReauth, ActPerson, "The consent has run out.", "Send the person a connect link to consent again.",
	},
	platform.ReasonPasswordChanged: {
		HealthNeedsReauth, ActPerson, "The person changed their password, which ended the consent.", "Send the person a connect link to consent again.",
	},
	platform.ReasonCheckpoint: {
		HealthNeedsReauth, ActPerson, "The platform wants the person to confirm something in its own app first.",
		"Ask the person to sign in at the platform and follow what it asks, then to connect again.",
	},
	platform.ReasonAccountInactive: {
		HealthNeedsReauth, ActPerson, "The account is deactivated or suspended at the platform.",
		"Ask the person to restore the account there, then to connect again.",
	},
	platform.ReasonScopesMissing: {
		HealthNeedsReauth, ActPerson, "A permission that the channel needs was withdrawn.",
		"Send the person a connect link and ask them to leave every permission ticked.",
	},
	platform.ReasonTokenRefused: {
		HealthNeedsReauth, ActPerson, "The platform refuses the access token.", "Send the person a connect link to consent again.",
	},
	platform.ReasonTokenKind: {
		HealthNeedsReauth, ActPerson, "The credentials are of the wrong kind, or belong to another account.",
		"Send the person a connect link to consent again.",
	},
	ReasonLostRotation: {
		HealthNeedsReauth, ActPerson, "An answer of the platform was lost on its way to this server, and with it the only valid refresh token. As far as this server knows nobody withdrew anything.",
		"Send the person a connect link to consent again.",
	},
	ReasonUnreadable: {
		HealthNeedsReauth, ActOperator, "The stored credentials cannot be opened with the keys of this server.",
		"Bring back the key with which they were sealed, or ask the person to connect again.",
	},
	platform.ReasonTargetGone: {
		HealthError, ActPage, "The person no longer sees this at the platform: it was deleted, hidden, or their role there was taken away.",
		"Ask somebody who administers it to give the person their role back, then check again.",
	},
	platform.ReasonTargetPermission: {
		HealthError, ActPage, "The person may no longer act for it.",
		"Ask somebody who administers it to give the person the right to publish, then check again.",
	},
	ReasonUnavailable: {
		HealthError, ActPlatform, "The platform has not answered properly since the access token ran out.",
		"Nothing: it is asked again and again, and the channel recovers by itself.",
	},
	ReasonAppRejected: {
		HealthError, ActOperator, "The platform refuses this server's app, and the access token has run out meanwhile.",
		"Look at the app's client id and secret, and at its state at the platform: `patchbay doctor` checks them.",
	},
	ReasonHeld: {
		HealthError, ActOperator, "The database was restored or copied, and refreshing is held back: another server may have newer tokens. The access token has run out meanwhile.",
		"When no other server works with this database any more, run `patchbay refreshing resume`.",
	},
	ReasonNotConfigured: {
		HealthError, ActOperator, "The app with which the person consented is no longer configured on this server.",
		"Bring its client id and secret back.",
	},
}

// Diagnose explains a reason of a channel's health, such as "revoked". One that nobody
// knows (of a newer version) is explained as an error of the platform's.
func Diagnose(reason string) Diagnosis {
	if d, ok := diagnoses[reason]; ok {
		return d
	}
	return diagnoses[ReasonUnavailable]
}

// HealthReasons is every reason there is, for the rooms' tables.
func HealthReasons() []string {
	var all []string
	for reason := range diagnoses {
		if reason != "" {
			all = append(all, reason)
		}
	}
	return all
}

// ofTarget tells whether a reason is about one target and not about the consent.
func ofTarget(reason string) bool {
	return reason == platform.ReasonTargetGone || reason == platform.ReasonTargetPermission
}
