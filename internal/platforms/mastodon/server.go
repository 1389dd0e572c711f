package mastodon

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"patchbay/internal/platform"
)

// maxTyped is longer than any address of a profile that people paste, in bytes.
const maxTyped = 500

// Server reads what people type or paste: a name, an https address of whatever page
// there, a handle. The answer is an https origin without a port, unless it is a
// trusted one. Other spellings are refused rather than guessed.
func (p *Platform) Server(typed string) (string, error) {
	typed = strings.TrimFunc(typed, invisible)
	if trusted := strings.TrimRight(typed, "/"); slices.Contains(p.trusted, trusted) {
		return trusted, nil
	}
	host, err := hostOf(typed)
	if err != nil {
		return "", platform.ErrServerInvalid.Because(err) // never quotes what was typed
	}
	return "https://" + host, nil
}

// invisible is what copying from a page leaves around a name: spaces and direction
// marks (Unicode Cf), which people cannot see.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

var (
	// handle is @alice@mastodon.social, the first @ often left out.
	handle = regexp.MustCompile(`^@?[A-Za-z0-9_.-]+@([^@]+)$`)
	// hostname has at least two labels. The last one begins with a letter, as all of
	// the world do: what looks like a number is an IP address to some resolvers.
	hostname = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
)

// nowhere are the top-level names under which no public server can be
// (RFC 6761, RFC 7686, RFC 9476, and ICANN's choice for private use).
var nowhere = []string{"alt", "arpa", "internal", "invalid", "local", "localhost", "onion"}

func hostOf(typed string) (string, error) {
	if len(typed) > maxTyped || !utf8.ValidString(typed) {
		return "", errors.New("too long, or not UTF-8")
	}
	const https = "https://"
	name, _, _ := strings.Cut(typed, "/")
	if len(typed) > len(https) && strings.EqualFold(typed[:len(https)], https) {
		name, _, _ = strings.Cut(typed[len(https):], "/")
	} else if m := handle.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	// Lookup lower-cases, knows the other full stops and full-width letters, and
	// refuses everything but letters, digits and hyphens: ports, user names, spaces.
	name, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", errors.New("not a host name") // err would quote it
	}
	name = strings.TrimRight(name, ".")
	if len(name) > 253 || !hostname.MatchString(name) {
		return "", errors.New("not a public host name")
	}
	if slices.Contains(nowhere, name[strings.LastIndexByte(name, '.')+1:]) {
		return "", errors.New("no public server has such a name")
	}
	return name, nil
}
