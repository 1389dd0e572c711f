package custom

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// checker turns a form into a platform and keeps all that is wrong with it.
type checker struct {
	src   source
	opt   Options
	f     form
	wrong []problem
}

func (c *checker) bad(key, format string, args ...any) {
	c.wrong = append(c.wrong, c.src.at(key, format, args...))
}

// later are ids that platforms of this program may get, and words with a meaning.
var later = []string{
	"custom", "discord", "google_business", "instagram_login", "pinterest", "reddit", "slack", "snapchat", "telegram", "threads",
	"tiktok", "tumblr", "twitter", "whatsapp", "youtube",
}

var slug = regexp.MustCompile(`^[a-z][a-z0-9_]{1,30}$`)

func (c *checker) id() string {
	switch id := c.f.ID; {
	case id == "":
		c.bad("id", "is missing: a word such as acme, which never changes")
	case !slug.MatchString(id):
		c.bad("id", "must be 2 to 31 lower-case letters, digits and underscores, and begin with a letter")
	case slices.Contains(c.opt.Taken, id), slices.Contains(later, id):
		c.bad("id", "is the name of a platform that this program has or may get: choose another, such as %s_own", id)
	}
	return c.f.ID
}

func (c *checker) name() string {
	switch name := c.f.Name; {
	case name == "":
		c.bad("name", "is missing: the platform's name as people know it")
	case utf8.RuneCountInString(name) > 60 || strings.TrimSpace(name) != name || strings.ContainsAny(name, "\r\n\t"):
		c.bad("name", "must be one line of at most 60 characters")
	}
	return c.f.Name
}

// word is one of a few.
func word[T any](c *checker, key, value string, words map[string]T, names ...string) T {
	found, ok := words[value]
	if !ok {
		last := len(names) - 1
		c.bad(key, "must be %s or %s", strings.Join(names[:last], ", "), names[last])
	}
	return found
}

// duration reads "90m", "2h" and, which Go does not know, "60d". Empty is zero.
func (c *checker) duration(key, text string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		if n, err = strconv.Atoi(days); n > 36500 {
			err = errors.New("too long")
		}
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		c.bad(key, "must be a duration such as 90m, 2h or 60d")
	}
	return d
}

func (c *checker) pointer(key, text string) pointer {
	p, err := parsePointer(text)
	if err != nil {
		c.bad(key, "%s", err)
	}
	return p
}

// optional is a pointer that points nowhere when the key is left out.
func (c *checker) optional(key, text string) pointer {
	if text == "" {
		return nil
	}
	return c.pointer(key, text)
}

// needed is a pointer that must be there.
func (c *checker) needed(key, text, example string) pointer {
	if text == "" {
		c.bad(key, "is missing: a JSON pointer (RFC 6901) such as %s", example)
		return nil
	}
	return c.pointer(key, text)
}

func (c *checker) address(key, value string) string {
	if value == "" {
		return ""
	}
	if err := checkAddress(value, c.opt.Trusted); err != nil {
		c.bad(key, "%s", err)
	}
	return value
}

// checkAddress holds an address to what the guarded client will call. It quotes nothing.
func checkAddress(value string, trusted []string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return errors.New("must be an address such as https://accounts.example.com/oauth/token")
	case slices.Contains(trusted, u.Scheme+"://"+u.Host):
		return nil
	case u.Scheme != "https":
		return errors.New("must be https; a server of your own network is named in PATCHBAY_TRUSTED_ORIGINS")
	case u.Port() != "" && u.Port() != "443":
		return errors.New("is on another port than 443: name its origin in PATCHBAY_TRUSTED_ORIGINS")
	}
	return nil
}
