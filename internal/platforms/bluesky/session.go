package bluesky

import (
	"encoding/json"
	"errors"

	"patchbay/internal/vault"
)

// session is what belongs to one consent beside its tokens. It travels sealed: on
// the attempt as Authorization.Private, then on the grant as Credentials.Extra.
type session struct {
	Way         string `json:"way,omitempty"` // empty: OAuth; byAppPassword: the tokens are Bearer, and only DID, Handle and PDS are set
	Key         string `json:"key,omitempty"` // DPoP private key, PEM; the tokens are worthless without it
	DID         string `json:"did"`
	Handle      string `json:"handle,omitempty"` // as verified when the consent began
	PDS         string `json:"pds"`
	Issuer      string `json:"issuer,omitempty"`
	Token       string `json:"token_endpoint,omitempty"`
	Revocation  string `json:"revocation_endpoint,omitempty"`
	IssuerNonce string `json:"issuer_nonce,omitempty"`
	PDSNonce    string `json:"pds_nonce,omitempty"`
}

const byAppPassword = "app_password"

func (s session) encode() vault.Secret {
	b, _ := json.Marshal(s) // strings always marshal
	return vault.NewSecret(string(b))
}

// decodeSession also makes the key ready; the binding is nil where there is none.
// Errors never quote the input.
func (p *Platform) decodeSession(secret vault.Secret) (session, *binding, error) {
	var s session
	if err := json.Unmarshal([]byte(secret.Reveal()), &s); err != nil {
		return session{}, nil, errors.New("stored Bluesky session is not readable")
	}
	if s.Way == byAppPassword {
		return s, nil, nil
	}
	key, err := decodeKey(vault.NewSecret(s.Key))
	if err != nil {
		return session{}, nil, err
	}
	return s, &binding{p: p, key: key}, nil
}
