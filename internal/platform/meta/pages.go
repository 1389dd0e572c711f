package meta

import (
	"context"
	"errors"
	"net/url"
	"slices"
)

// maxTokenCalls bounds how many pages are asked for their token one by one; an agency
// with more pages than that behind a portfolio sees the rest as blocked.
const maxTokenCalls = 200

// Pages lists the pages the person can reach, with the given fields. /me/accounts
// answers an empty list, with status 200, to people who reach their pages only through
// a business portfolio; portfolios are walked when it lists none that is wanted. Only
// wanted pages are asked for a token that their row lacks.
func (g Graph) Pages(ctx context.Context, granted []string, fields string, wanted func(Page) bool) ([]Page, error) {
	q := url.Values{"fields": {fields}, "limit": {"100"}}
	rows, err := list[Page](ctx, g, "/me/accounts", q)
	if err == nil && !slices.ContainsFunc(rows, wanted) && slices.Contains(granted, "business_management") {
		rows, err = g.addPortfolios(ctx, rows, q)
	}
	if err == nil {
		err = g.addTokens(ctx, rows, wanted)
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// addPortfolios walks over the person's business portfolios and merges what they own
// and what they manage for others, by id, preferring the row that has a token.
func (g Graph) addPortfolios(ctx context.Context, pages []Page, q url.Values) ([]Page, error) {
	type business struct{ ID string }
	businesses, err := visible[business](ctx, g, "/me/businesses", url.Values{"fields": {"id,name"}, "limit": {"100"}}, forbidden)
	if err != nil {
		return nil, err
	}
	for _, b := range businesses {
		for _, edge := range []string{"/owned_pages", "/client_pages"} {
			rows, err := visible[Page](ctx, g, "/"+url.PathEscape(b.ID)+edge, q, hidden)
			if err != nil {
				return nil, err
			}
			pages = merge(pages, rows)
		}
	}
	return pages, nil
}

// visible is list, where one that is refused as pass tells is empty: a member of a
// portfolio need not be allowed to look at all of it, and it may be deleted meanwhile.
func visible[T any](ctx context.Context, g Graph, path string, q url.Values, pass func(error) bool) ([]T, error) {
	rows, err := list[T](ctx, g, path, q)
	if pass(err) {
		return nil, nil
	}
	return rows, err
}

// forbidden tells whether a permission is missing.
func forbidden(err error) bool {
	var refused graphError
	return errors.As(err, &refused) && refused.permission()
}

func merge(merged, rows []Page) []Page {
	for _, row := range rows {
		i := slices.IndexFunc(merged, func(p Page) bool { return p.ID == row.ID })
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
func (g Graph) addTokens(ctx context.Context, pages []Page, wanted func(Page) bool) error {
	calls := 0
	for i := range pages {
		p := &pages[i]
		if p.AccessToken != "" || !wanted(*p) || !p.publishes() || p.ID == "" || calls == maxTokenCalls {
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
