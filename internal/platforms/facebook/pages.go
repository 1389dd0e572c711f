package facebook

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// maxTokenCalls bounds how many pages are asked for their token one by one; an agency
// with more pages than that behind a portfolio sees the rest as blocked.
const maxTokenCalls = 200

const pageFields = "id,name,username,access_token,picture.type(large),category,followers_count,tasks"

// page is a row of /me/accounts, owned_pages or client_pages.
type page struct {
	ID          string
	Name        string
	Username    string
	AccessToken string `json:"access_token"`
	Picture     picture
	Category    string
	Followers   *int64    `json:"followers_count"`
	Tasks       *[]string // what the person may do there; nil: not told
}

type picture struct{ Data struct{ URL string } }

// granted is what the person allowed; never nil.
func (g graph) granted(ctx context.Context) ([]string, error) {
	type permission struct{ Permission, Status string }
	rows, err := list[permission](ctx, g, "/me/permissions", nil)
	scopes := []string{}
	for _, r := range rows {
		if r.Status == "granted" { // else declined or expired
			scopes = append(scopes, r.Permission)
		}
	}
	return scopes, err
}

func (g graph) me(ctx context.Context) (platform.Identity, error) {
	var me struct {
		ID      string
		Name    string
		Picture picture
	}
	err := g.get(ctx, "/me", url.Values{"fields": {"id,name,picture"}}, &me)
	return platform.Identity{
		Subject: me.ID,
		Facts:   platform.Facts{Name: me.Name, AvatarURL: me.Picture.Data.URL},
	}, err
}

// pages lists the pages the person can reach. /me/accounts answers an empty list, with
// status 200, to people who reach their pages only through a business portfolio.
func (g graph) pages(ctx context.Context, granted []string) ([]platform.Target, error) {
	rows, err := list[page](ctx, g, "/me/accounts", pageQuery())
	if err == nil && len(rows) == 0 && slices.Contains(granted, "business_management") {
		rows, err = g.portfolioPages(ctx)
	}
	if err == nil {
		err = g.addTokens(ctx, rows)
	}
	if err != nil {
		return nil, err
	}
	targets := make([]platform.Target, len(rows))
	for i, p := range rows {
		targets[i] = p.target()
	}
	return targets, nil
}

func pageQuery() url.Values { return url.Values{"fields": {pageFields}, "limit": {"100"}} }

// portfolioPages walks over the person's business portfolios and merges what they own
// and what they manage for others, by id, preferring the row that has a token.
func (g graph) portfolioPages(ctx context.Context) ([]page, error) {
	type business struct{ ID string }
	businesses, err := visible[business](ctx, g, "/me/businesses", url.Values{"fields": {"id,name"}, "limit": {"100"}})
	if err != nil {
		return nil, err
	}
	var merged []page
	for _, b := range businesses {
		for _, edge := range []string{"/owned_pages", "/client_pages"} {
			rows, err := visible[page](ctx, g, "/"+url.PathEscape(b.ID)+edge, pageQuery())
			if err != nil {
				return nil, err
			}
			merged = merge(merged, rows)
		}
	}
	return merged, nil
}

// visible is list, where a list that the person may not see is empty: a member of a
// portfolio need not be allowed to look at all of it.
func visible[T any](ctx context.Context, g graph, path string, q url.Values) ([]T, error) {
	rows, err := list[T](ctx, g, path, q)
	var refused graphError
	if errors.As(err, &refused) && refused.permission() {
		return nil, nil
	}
	return rows, err
}

func merge(merged, rows []page) []page {
	for _, row := range rows {
		i := slices.IndexFunc(merged, func(p page) bool { return p.ID == row.ID })
		switch {
		case i < 0:
			merged = append(merged, row)
		case merged[i].AccessToken == "" && row.AccessToken != "":
			merged[i] = row
		}
	}
	return merged
}

// addTokens asks for the tokens of pages that came without one, where it would be used.
func (g graph) addTokens(ctx context.Context, rows []page) error {
	calls := 0
	for i := range rows {
		p := &rows[i]
		if p.AccessToken != "" || !p.publishes() || p.ID == "" || calls == maxTokenCalls {
			continue
		}
		calls++
		var node struct {
			AccessToken string `json:"access_token"`
		}
		err := g.get(ctx, "/"+url.PathEscape(p.ID), url.Values{"fields": {"access_token"}}, &node)
		if err != nil && !hidden(err) {
			return err
		}
		p.AccessToken = node.AccessToken
	}
	return nil
}

// hidden tells whether an object is missing or not visible to this token: a permission
// code, or code 100 (with subcode 33).
func hidden(err error) bool {
	var refused graphError
	return errors.As(err, &refused) && (refused.permission() || refused.Code == codeParameter)
}

// publishes tells whether the person may post there. A list without tasks does not
// say, and then the page is not held back.
func (p page) publishes() bool {
	if p.Tasks == nil {
		return true
	}
	return slices.Contains(*p.Tasks, "CREATE_CONTENT") || slices.Contains(*p.Tasks, "MANAGE")
}

func (p page) target() platform.Target {
	t := platform.Target{
		Kind: "page", Role: platform.RoleAccount, ExternalID: p.ID,
		Facts: platform.Facts{
			Name: p.Name, Username: p.Username, URL: p.url(), AvatarURL: p.Picture.Data.URL,
			Category: p.Category, Followers: p.Followers,
		},
	}
	switch {
	case !p.publishes():
		t.Blocked = "no_task"
	case p.AccessToken == "":
		t.Blocked = "no_token"
	default: // a page token that is not used is not kept; this kind does not expire
		t.Credentials.Access = vault.NewSecret(p.AccessToken)
	}
	return t
}

func (p page) url() string {
	if p.Username != "" {
		return dialogOrigin + "/" + url.PathEscape(p.Username)
	}
	return dialogOrigin + "/" + url.PathEscape(p.ID)
}
