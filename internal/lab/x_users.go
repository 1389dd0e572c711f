package lab

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// usersMe is the account of the token, with the fields that were asked for.
func (x *twitter) usersMe(r *http.Request) (reply, error) {
	t := x.lab.token("x", bearer(r), userToken)
	if t == nil || t.revoked || t.grant.ended != "" || t.expired(x.lab.now()) {
		return reply{}, refusal{jsonReply(http.StatusUnauthorized, "401", xProblem{"Unauthorized", "about:blank", http.StatusUnauthorized, "Unauthorized"})}
	}
	for _, need := range []string{"users.read", "tweet.read"} {
		if !slices.Contains(t.scopes, need) {
			return reply{}, refusal{jsonReply(http.StatusForbidden, "403", xProblem{"Forbidden", "https://api.x.com/2/problems/not-authorized-for-resource", http.StatusForbidden, "The token lacks the scope " + need + "."})}
		}
	}
	data, bad := x.fields(t.grant.persona, r.Form.Get("user.fields"))
	if bad != "" {
		return reply{}, refusal{jsonReply(http.StatusBadRequest, "400", xProblem{"Invalid Request", "https://api.x.com/2/problems/invalid-request", http.StatusBadRequest, "The user.fields value [" + bad + "] is not one that X has."})}
	}
	out := jsonReply(http.StatusOK, "ok", map[string]any{"data": data})
	x.countDown(out.header, t.grant.persona.ID)
	return out, nil
}

// xProblem is the error of the API proper, where the token endpoint has tokenError.
type xProblem struct {
	Title  string `json:"title"`
	Type   string `json:"type"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// fields is the account's data, and the first field that X does not have. Fields that
// X has and the Lab's accounts lack are left out, as X leaves out empty ones.
func (x *twitter) fields(p persona, asked string) (map[string]any, string) {
	data := map[string]any{"id": p.ID, "name": p.Name, "username": p.Account.Username}
	if asked == "" {
		return data, ""
	}
	for name := range strings.SplitSeq(asked, ",") {
		switch name {
		case "id", "name", "username":
		case "profile_image_url":
			data[name] = x.lab.pictureURL(p.Name)
		case "verified":
			data[name] = p.Account.Verified
		case "public_metrics":
			data[name] = map[string]int{
				"followers_count": p.Account.Followers, "following_count": p.Account.Following,
				"tweet_count": p.Account.Posts, "listed_count": p.Account.Listed,
			}
		case "affiliation", "connection_status", "created_at", "description", "entities", "is_identity_verified", "location", "most_recent_tweet_id",
			"parody", "pinned_tweet_id", "profile_banner_url", "protected", "receives_your_dm", "subscription", "subscription_type", "url", "verified_type", "withheld":
		default:
			return nil, name
		}
	}
	return data, ""
}

// countDown tells what is left of the account's 75 calls in 15 minutes.
func (x *twitter) countDown(h http.Header, account string) {
	w := x.windows[account]
	if now := x.lab.now(); w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Add(xUsersMeWindow)}
		x.windows[account] = w
	}
	w.calls++
	h.Set("x-rate-limit-limit", strconv.Itoa(xUsersMeLimit))
	h.Set("x-rate-limit-remaining", strconv.Itoa(max(0, xUsersMeLimit-w.calls)))
	h.Set("x-rate-limit-reset", strconv.FormatInt(w.ends.Unix(), 10))
}
