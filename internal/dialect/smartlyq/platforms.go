package smartlyq

import (
	"cmp"

	"patchbay/internal/connect"
)

// offer is one of the vendor's platforms: its word, and our ids in the order in which they
// are tried. What has no id is not built here yet.
type offer struct {
	word string
	ids  []string
}

// offers are the sixteen platforms of the published list, in its order. Instagram has two
// ways in and is one outside; a link leads to the first that this server has an app for.
var offers = []offer{
	{"facebook", []string{"facebook"}},
	{"instagram", []string{"instagram", "instagram_login"}},
	{"twitter", []string{"x"}},
	{"linkedin", []string{"linkedin"}},
	{"youtube", []string{"youtube"}},
	{"tiktok", []string{"tiktok"}},
	{"threads", []string{"threads"}},
	{"bluesky", []string{"bluesky"}},
	{"pinterest", []string{"pinterest"}},
	{"reddit", []string{"reddit"}},
	{"snapchat", []string{"snapchat"}},
	{"tumblr", []string{"tumblr"}},
	{"gmb", []string{"google_business"}},
	{"discord", []string{"discord"}},
	{"telegram", []string{"telegram"}},
	{"whatsapp", []string{"whatsapp"}},
}

// aliases are further words in a path.
var aliases = map[string]string{"google_business": "gmb", "googlebusiness": "gmb"}

// words lists what UNSUPPORTED_PLATFORM tells.
func words() []string {
	list := make([]string, len(offers))
	for i, o := range offers {
		list[i] = o.word
	}
	return list
}

func offerOf(word string) (offer, bool) {
	if alias, ok := aliases[word]; ok {
		word = alias
	}
	for _, o := range offers {
		if o.word == word {
			return o, true
		}
	}
	return offer{}, false
}

// platformWord is the vendor's word for a platform of ours; our own id where it has none.
func platformWord(id string) string {
	for _, o := range offers {
		for _, known := range o.ids {
			if known == id {
				return o.word
			}
		}
	}
	return id
}

// sessionWord is the platform of a session: a link here leads to one.
func sessionWord(s connect.Session) string {
	first := ""
	if len(s.Platforms) > 0 {
		first = s.Platforms[0]
	}
	return platformWord(cmp.Or(s.Platform, first))
}
