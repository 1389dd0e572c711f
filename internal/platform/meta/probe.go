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
// person's data unless they consent again. Of many targets some are judged, others the
// next time; trouble with one leaves that one unasked.
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
	proof.Broken = map[platform.TargetKey]string{}
	r := round{Graph: g, view: view, walks: slices.Contains(granted, "business_management"), proof: &proof}
	if err := r.run(ctx, targets); err != nil {
		return platform.Proof{}, err
	}
	return proof, nil
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
