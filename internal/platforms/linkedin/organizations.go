package linkedin

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"patchbay/internal/platform"
)

const maxRolePages = 50 // of 20 roles: a list that goes on for ever ends here

// role is a row of /rest/organizationAcls: one role of the member in one organization.
// The organization is named in one of two fields, by version.
type role struct {
	Role         string
	Organization string
	Target       string `json:"organizationTarget"`
}

// organization is one where the member has a role, or several.
type organization struct {
	id           string
	posts        bool // a role that may publish
	administered bool // details of the others are told by another address
	details      details
}

// organizations lists where the member has an approved role. Those where the role does
// not let them publish are listed as blocked, so that they are not missed.
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-access-control-by-role
func (a api) organizations(ctx context.Context) ([]platform.Target, error) {
	rows, err := a.roles(ctx)
	if err != nil {
		return nil, err
	}
	list := merge(rows)
	if err := a.addDetails(ctx, list); err != nil {
		return nil, err
	}
	logos, err := a.logos(ctx, list)
	if err != nil {
		return nil, err
	}
	targets := make([]platform.Target, len(list))
	for i, o := range list {
		targets[i] = o.target(logos)
	}
	return targets, nil
}

// roles reads every page. Without a role in the query all roles come; a role that was
// revoked or only asked for is left out by the state.
func (a api) roles(ctx context.Context) (all []role, err error) {
	for start, n := 0, 0; start >= 0 && n < maxRolePages; n++ {
		var page struct {
			Elements *[]role
			Paging   struct{ Links []link }
		}
		if err := a.get(ctx, "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=20&start="+strconv.Itoa(start), &page); err != nil {
			return nil, err
		}
		if page.Elements == nil {
			return nil, platform.ErrUnavailable.Because(errors.New("organizationAcls without elements"))
		}
		all = append(all, *page.Elements...)
		start = next(page.Paging.Links, start)
	}
	return all, nil
}

type link struct{ Rel, Href string }

// next is where the next page starts, by the link to it; negative when there is none.
// Of the link only the number is used.
func next(links []link, start int) int {
	for _, l := range links {
		u, err := url.Parse(l.Href)
		if l.Rel != "next" || err != nil {
			continue
		}
		if n, err := strconv.Atoi(u.Query().Get("start")); err == nil && n > start {
			return n
		}
	}
	return -1
}

// organizationURN: showcase pages were organizationBrand in older versions; their ids
// are of the same series.
var organizationURN = regexp.MustCompile(`^urn:li:organization(?:Brand)?:([0-9]+)$`)

// merge makes one organization of its roles, in the order in which they came.
func merge(rows []role) []organization {
	var list []organization
	for _, r := range rows {
		m := organizationURN.FindStringSubmatch(r.Organization)
		if m == nil {
			m = organizationURN.FindStringSubmatch(r.Target)
		}
		if m == nil {
			continue
		}
		i := slices.IndexFunc(list, func(o organization) bool { return o.id == m[1] })
		if i < 0 {
			i, list = len(list), append(list, organization{id: m[1]})
		}
		list[i].administered = list[i].administered || r.Role == "ADMINISTRATOR"
		list[i].posts = list[i].posts || r.Role == "ADMINISTRATOR" || r.Role == "CONTENT_ADMINISTRATOR"
	}
	return list
}

func (o organization) target(logos map[string]string) platform.Target {
	t := platform.Target{
		Kind: "organization", Role: platform.RoleAccount, ExternalID: o.id,
		Facts: platform.Facts{Name: o.details.Name, Username: o.details.Vanity, AvatarURL: logos[o.id]},
	}
	if t.Name == "" {
		t.Name = o.id
	}
	if t.Username != "" {
		t.URL = authOrigin + "/company/" + url.PathEscape(t.Username)
	}
	if !o.posts {
		t.Blocked = "no_task"
	}
	return t
}
