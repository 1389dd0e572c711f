package platform

import "context"

// Verifier asks the platform for which app a token was issued: what tells an import of
// ours from tokens of somebody else's app. Whose it is, Targets tells.
type Verifier interface {
	// IssuedTo tells whether the client's access token was issued to its App. known is
	// false where the platform does not say (it did not answer that, or the app may not
	// ask). A dead token is a Refusal; see RefusalOf. A living one that is nobody's consent is
	// ErrPageToken or ErrTokenKind.
	IssuedTo(ctx context.Context, c *Client) (ours, known bool, err error)
}

// IssuedTo asks the platform for which app the client's access token was issued, where it
// is a Verifier; others do not say, and then known is false.
func IssuedTo(ctx context.Context, p Platform, c *Client) (ours, known bool, err error) {
	if v, ok := p.(Verifier); ok {
		return v.IssuedTo(ctx, c)
	}
	return false, false, nil
}

// Unimportable is implemented where tokens that another program got are of no use, such as
// those bound to a key that is not handed over.
type Unimportable interface {
	// Unimportable is why: a fault for people to read.
	Unimportable() error
}

// Importable is nil where tokens of another program can be connected, else why not: a fault
// with a sentence of what to do instead. Nothing is asked of the platform.
func Importable(p Platform) error {
	if u, ok := p.(Unimportable); ok {
		return u.Unimportable()
	}
	return nil
}
