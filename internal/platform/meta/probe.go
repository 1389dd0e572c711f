package meta

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"patchbay/internal/platform"
)

// View says how a platform's targets lie behind pages.
type View struct {
	Fields string                            // of a page's row, to tell targets apart
	Shows  func(Page, platform.Target) bool  // whether the page's row is about the target
	Page   func(platform.Target) (id string) // the page whose token the target holds
}

// Probe proves the person's consent and each target with the token that it holds. What
// may go wrong without a word is looked for: a consent taken back, a permission
// withdrawn, a page that is gone or where the person's role no longer suffices, and a
// token of another kind or of another page. EndsAt is when Meta ends the access to the
// person's data unless they consent again.
func (g Graph) Probe(ctx context.Context, targets []platform.Target, view View) (platform.Proof, error) {
	me, err := g.debug(ctx, g.client.Credentials.Access)
	if err != nil {
		return platform.Proof{}, err
	}
	if err := me.ofPerson(g.client.Subject); err != nil {
		return platform.Proof{}, err
	}
	granted, err := g.granted(ctx)
	if err != nil {
		return platform.Proof{}, needsNoPermission(err)
	}
	proof := platform.Proof{Scopes: granted, EndsAt: me.dataAccessEnd()}
	if len(targets) == 0 {
		return proof, nil
	}
	rows, err := g.rows(ctx, granted, targets, view)
	if err != nil {
		return platform.Proof{}, err
	}
	proof.Broken, err = g.broken(ctx, rows, targets, view)
	return proof, err
}

// needsNoPermission: code 200 and its relatives where no permission is needed tell of an
// app that is blocked, not of a person who withdrew something.
func needsNoPermission(err error) error {
	var refused graphError
	if errors.As(err, &refused) && refused.permission() {
		return platform.Refuse(platform.ClassConfiguration, "", err)
	}
	return err
}

// rows lists the person's pages once for all targets, portfolios too when some target is
// not among the first. A list that may not be seen is empty: what it would have shown is
// then asked for by id.
func (g Graph) rows(ctx context.Context, granted []string, targets []platform.Target, view View) ([]Page, error) {
	q := url.Values{"fields": {view.Fields}, "limit": {"100"}}
	rows, err := visible[Page](ctx, g, "/me/accounts", q)
	if err != nil {
		return nil, err
	}
	listed := func(t platform.Target) bool {
		return slices.ContainsFunc(rows, func(p Page) bool { return view.Shows(p, t) })
	}
	for _, t := range targets {
		if !listed(t) && slices.Contains(granted, "business_management") {
			return g.addPortfolios(ctx, rows, q)
		}
	}
	return rows, nil
}

func (g Graph) broken(ctx context.Context, rows []Page, targets []platform.Target, view View) (map[platform.TargetKey]string, error) {
	broken := map[platform.TargetKey]string{}
	for _, t := range targets {
		var row *Page
		if i := slices.IndexFunc(rows, func(p Page) bool { return view.Shows(p, t) }); i >= 0 {
			row = &rows[i]
		}
		reason, err := g.judge(ctx, row, t, view.Page(t))
		if err != nil {
			return nil, err
		}
		if reason != "" {
			broken[platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}] = reason
		}
	}
	return broken, nil
}

// judge is what is wrong with one target; "" when nothing is. row is nil where the person
// sees no page that shows it.
func (g Graph) judge(ctx context.Context, row *Page, t platform.Target, pageID string) (reason string, err error) {
	if row != nil && !row.publishes() {
		return platform.ReasonTargetPermission, nil
	}
	if t.Credentials.Access.Empty() {
		return platform.ReasonTokenKind, nil
	}
	token, err := g.debug(ctx, t.Credentials.Access)
	if err != nil {
		return "", err
	}
	if reason, err := token.ofPage(pageID); reason != "" || err != nil {
		return reason, err
	}
	if row != nil {
		return "", nil
	}
	return g.seen(ctx, t)
}

// seen asks for the target itself, with its own token: lists leave out some pages that
// work.
func (g Graph) seen(ctx context.Context, t platform.Target) (reason string, err error) {
	client := *g.client
	client.Credentials = t.Credentials
	own := Graph{client: &client, base: g.base, proof: proof(&client)}
	var node struct{ ID string }
	err = own.get(ctx, "/"+url.PathEscape(t.ExternalID), url.Values{"fields": {"id"}}, &node)
	var refused graphError
	switch {
	case err == nil && node.ID == t.ExternalID:
		return "", nil
	case err == nil:
		return platform.ReasonTargetGone, nil
	case !errors.As(err, &refused):
		return "", err
	case refused.Code == codeParameter:
		return platform.ReasonTargetGone, nil
	case refused.permission():
		return platform.ReasonTargetPermission, nil
	case refused.refusal.Class == platform.ClassPermanent:
		return refused.refusal.Reason, nil
	}
	return "", err
}
