package marketingblocks

import (
	"cmp"
	"strings"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// linkReply answers connect-channel. The order of members is the document's, here
// and below.
type linkReply struct {
	Status       bool   `json:"status"`
	ConnectURL   string `json:"connect_url"`
	ConnectToken string `json:"connect_token"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
}

// statusReply answers connect-status. What a status does not tell is null, never absent.
type statusReply struct {
	Status        bool    `json:"status"`
	Expired       bool    `json:"expired"`
	ConnectStatus string  `json:"connect_status"` // pending, success, failed
	Platform      *string `json:"platform"`
	ChannelID     *int64  `json:"channel_id"`  // when one was connected
	ChannelIDs    []int64 `json:"channel_ids"` // when several were
	AccountName   *string `json:"account_name"`
	Message       *string `json:"message"`
	UpdatedAt     string  `json:"updated_at"` // UTC, "+00:00"
}

// expiredReply answers connect-status when there is nothing (any more) to tell.
type expiredReply struct {
	Status        bool   `json:"status"`
	Expired       bool   `json:"expired"`
	ConnectStatus string `json:"connect_status"`
}

// timeLayout writes seconds and "+00:00"; the vendor has no fraction and no "Z".
const timeLayout = "2006-01-02T15:04:05+00:00"

const connectedMessage = "Connection successful"

func (a *API) toLink(s connect.Session, link vault.Secret) linkReply {
	return linkReply{
		Status:       true,
		ConnectURL:   a.publicURL + linkPath + "?" + linkParam + "=" + link.Reveal(),
		ConnectToken: link.Reveal(),
		ExpiresIn:    int64(s.ExpiresAt.Sub(s.CreatedAt) / time.Second),
	}
}

func toStatus(v connect.SessionView) statusReply {
	s := v.Session
	reply := statusReply{Status: true, ConnectStatus: statusWord(s.Status), UpdatedAt: s.UpdatedAt.UTC().Format(timeLayout)}
	switch s.Status {
	case connect.SessionPending:
	case connect.SessionSucceeded:
		reply.Platform, reply.AccountName, reply.Message = told(platformWord(s.Platform)), told(accountName(v.Channels)), told(connectedMessage)
		reply.ChannelID, reply.ChannelIDs = channelIDs(v.Channels)
	default:
		reply.Platform, reply.Message = told(platformWord(s.Platform)), told(failureMessage(s))
	}
	return reply
}

// told is null for what is not known.
func told(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func statusWord(s connect.SessionStatus) string {
	switch s {
	case connect.SessionPending:
		return "pending"
	case connect.SessionSucceeded:
		return "success"
	default:
		return "failed"
	}
}

// failureMessage is why a session did not succeed, in English.
func failureMessage(s connect.Session) string {
	switch s.Status {
	case connect.SessionCanceled:
		return "User canceled the connection"
	case connect.SessionExpired:
		return connect.ErrLinkExpired.Message
	default:
		return s.Message
	}
}

// channelIDs is channel_id for one channel, channel_ids for several.
func channelIDs(channels []connect.Channel) (one *int64, several []int64) {
	if len(channels) == 1 {
		return &channels[0].ID, nil
	}
	for _, c := range channels {
		several = append(several, c.ID)
	}
	return nil, several
}

func accountName(channels []connect.Channel) string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = cmp.Or(c.Facts.Name, c.Facts.Username)
	}
	return strings.Join(names, ", ")
}

// platforms are what the document's "Supported Platforms" lists, by our ids, with
// the vendor's word for each. Instagram has two ways in and is one outside.
var platforms = []struct{ id, word string }{
	{"facebook", "facebook"},
	{"instagram", "instagram"},
	{"instagram_login", "instagram"},
	{"x", "twitter"},
	{"linkedin", "linkedin"},
	{"youtube", "youtube"},
	{"tiktok", "tiktok"},
}

// platformWord is the vendor's word for a platform; our own id where it has none.
func platformWord(id string) string {
	for _, p := range platforms {
		if p.id == id {
			return p.word
		}
	}
	return id
}

// offered is those of the document's platforms that this program has.
func offered(r *platform.Registry) []string {
	var ids []string
	for _, p := range platforms {
		if _, ok := r.Get(p.id); ok {
			ids = append(ids, p.id)
		}
	}
	return ids
}
