package httpx

import (
	"net/http"
	"strings"

	"patchbay/internal/vault"
)

// Bearer is the token of "Authorization: Bearer …"; empty when there is none.
func Bearer(r *http.Request) vault.Secret {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return vault.Secret{}
	}
	return vault.NewSecret(strings.TrimSpace(token))
}
