package platform

import (
	"errors"
	"net/http"
)

// Brought is what is wrong with a token that somebody brought from elsewhere.
type Brought string

const (
	BroughtFine    Brought = ""               // nothing that an answer tells: the platform is in trouble, or our app is
	BroughtDead    Brought = "refused"        // expired, withdrawn, or never was one
	BroughtPage    Brought = "page_token"     // a page's own
	BroughtKind    Brought = "token_kind"     // an app's own, or of another kind
	BroughtLacking Brought = "scopes_missing" // without a permission that is required
	BroughtBarred  Brought = "not_permitted"  // may not read whose it is
)

// JudgeBrought reads the error of a call for such a token. asApp tells of a call that our
// app's own credentials were checked with: only then a refused app is ours. Else what is
// refused of the app is refused of the one that the token is of, or of what was granted,
// since the requests are the same for all.
//
// An answer that no rule knows blames nobody when a token worked before; one that was just
// brought is taken for what the status says.
func JudgeBrought(err error, asApp bool) Brought {
	no := RefusalOf(err)
	switch {
	case no == nil:
		return BroughtFine
	case errors.Is(err, ErrPageToken):
		return BroughtPage
	case errors.Is(err, ErrTokenKind), no.Reason == ReasonTokenKind:
		return BroughtKind
	case no.Class == ClassPermanent && no.Reason == ReasonScopesMissing:
		return BroughtLacking
	case no.Class == ClassPermanent:
		return BroughtDead
	case no.Class == ClassConfiguration && !asApp && (no.status == http.StatusBadRequest || no.status == http.StatusForbidden):
		return BroughtBarred
	case no.Class != ClassTransient || !no.unnamed:
		return BroughtFine
	}
	switch no.status {
	case http.StatusBadRequest, http.StatusUnauthorized:
		return BroughtDead
	case http.StatusForbidden:
		return BroughtBarred
	default:
		return BroughtFine
	}
}
