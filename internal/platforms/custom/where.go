package custom

import (
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/platform"
)

func itoa(i int) string { return strconv.Itoa(i) }

// facts is where it is told what an account is called.
type facts struct {
	name, username, link, avatar pointer
}

func (f facts) of(value any) platform.Facts {
	return platform.Facts{Name: f.name.text(value), Username: f.username.text(value), URL: f.link.link(value), AvatarURL: f.avatar.link(value)}
}

// identity is where it is told whose consent it is.
type identity struct {
	url     string // empty: the userinfo endpoint of the metadata
	kind    string // of the one target, where there are no targets
	subject pointer
	scopes  pointer
	facts
}

// targets is where it is told what a consent reaches.
type targets struct {
	url  string
	kind string
	list pointer
	next pointer // an address of the next page; nil: there is one page
	id   pointer
	// token is a token of the target's own; nil: the consent's is for all.
	token pointer
	facts
}

func (c *checker) identity(discovered bool) identity {
	f := c.f.Identity
	if f.URL == "" && !discovered {
		c.bad("identity.url", "is missing: where it is told whose consent it is")
	}
	return identity{
		url: c.address("identity.url", f.URL), kind: c.kind("identity.kind", f.Kind, "profile"),
		subject: c.needed("identity.subject", f.Subject, "/sub"), scopes: c.optional("identity.scopes", f.Scopes),
		facts: facts{
			name: c.optional("identity.name", f.Name), username: c.optional("identity.username", f.Username),
			link: c.optional("identity.link", f.Link), avatar: c.optional("identity.avatar", f.Avatar),
		},
	}
}

func (c *checker) targets() *targets {
	f := c.f.Targets
	if f == nil {
		return nil
	}
	if f.URL == "" {
		c.bad("targets.url", "is missing: where it is told what a consent reaches")
	}
	t := &targets{
		url: c.address("targets.url", f.URL), kind: c.kind("targets.kind", f.Kind, "page"), list: c.pointer("targets.list", f.List),
		id: c.needed("targets.id", f.ID, "/id"),
		facts: facts{
			name: c.optional("targets.name", f.Name), username: c.optional("targets.username", f.Username),
			link: c.optional("targets.link", f.Link), avatar: c.optional("targets.avatar", f.Avatar),
		},
	}
	if f.Next != nil {
		t.next = c.needed("targets.next", *f.Next, "/paging/next")
	}
	if f.Token != nil {
		t.token = c.needed("targets.token", *f.Token, "/access_token")
	}
	return t
}

func (c *checker) pick() platform.Pick {
	return word(c, "targets.pick", c.f.Targets.Pick, picks, "one", "many")
}

func (c *checker) kind(key, value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	c.listed(key, "", value, kinds)
	return value
}

// listed checks that a value is one of a list, which it tells.
func (c *checker) listed(key, what, value string, list []string) {
	if !slices.Contains(list, value) {
		c.bad(key, "%s", strings.TrimSpace(what+" must be one of "+strings.Join(list, ", ")))
	}
}
