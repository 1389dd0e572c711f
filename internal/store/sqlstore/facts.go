package sqlstore

import (
	"strconv"
	"strings"
)

// readFacts reads what factsText wrote, where it is as plain as it nearly always is:
// one flat object of known members without escapes. ok is false where it is not:
// encoding/json can read it then. A page of 50 channels holds 50 such texts, and a
// general decoder takes longer for them than SQLite takes for the rows.
func readFacts(text string) (f factsJSON, ok bool) {
	rest, ok := strings.CutPrefix(text, "{")
	if !ok || strings.IndexByte(text, '\\') >= 0 {
		return f, false
	}
	for rest != "}" {
		var name, value string
		if name, rest, ok = cutString(rest); !ok || !strings.HasPrefix(rest, ":") {
			return f, false
		}
		if value, rest, ok = cutValue(rest[1:]); !ok || !f.set(name, value) {
			return f, false
		}
		if after, more := strings.CutPrefix(rest, ","); more && after != "}" {
			rest = after
		} else if rest != "}" {
			return f, false
		}
	}
	return f, true
}

// cutString takes a string without escapes off the front, its quotes left out.
func cutString(text string) (s, rest string, ok bool) {
	text, ok = strings.CutPrefix(text, `"`)
	if !ok {
		return "", "", false
	}
	return strings.Cut(text, `"`)
}

// cutValue takes a value off the front: a string with its opening quote, or a literal.
func cutValue(text string) (v, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		s, rest, ok := cutString(text)
		if !ok {
			return "", "", false
		}
		return text[:len(s)+1], rest, true
	}
	end := strings.IndexAny(text, ",}")
	if end < 0 {
		return "", "", false
	}
	return text[:end], text[end:], true
}

// set sets a member to a value as cutValue gave it; false: it is none that we know.
func (f *factsJSON) set(name, value string) bool {
	switch name {
	case "followers":
		n, err := strconv.ParseInt(value, 10, 64)
		f.Followers = &n
		return err == nil
	case "verified":
		yes := value == "true"
		f.Verified = &yes
		return yes || value == "false"
	}
	s, isString := strings.CutPrefix(value, `"`)
	switch name {
	case "name":
		f.Name = s
	case "username":
		f.Username = s
	case "url":
		f.URL = s
	case "avatar_url":
		f.AvatarURL = s
	case "category":
		f.Category = s
	default:
		return false
	}
	return isString
}
