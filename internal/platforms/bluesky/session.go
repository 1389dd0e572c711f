package bluesky

import (
	"encoding/json"
	"errors"

	"patchbay/internal/vault"
)

// session is what belongs to one consent beside its tokens. It travels sealed: on
// the attempt as Authorization.Private, then on the grant as Credentials.Extra.
type session struct {
	Key         string `json:"key"` // DPoP private key, PEM; the tokens are worthless without it
	DID         string `json:"did"`
	Handle      string `json:"handle,omitempty"` // as verified when the consent began
	PDS         string `json:"pds"`
	Issuer      string `json:"issuer"`
	Token       string `json:"token_endpoint"`
	Revocation  string `json:"revocation_endpoint,omitempty"`
	IssuerNonce string `json:"issuer_nonce,omitempty"`
	PDSNonce    string `json:"pds_nonce,omitempty"`
}

func (s session) encode() vault.Secret {
	b, _ := json.Marshal(s) // strings always marshal
	return vault.NewSecret(string(b))
}

// decodeSession also makes the key ready. Errors never quote the input.
func (p *Platform) decodeSession(secret vault.Secret) (session, *binding, error) {
	var s session
	if err := json.Unmarshal([]byte(secret.Reveal()), &s); err != nil {
		return session{}, nil, errors.New("stored Bluesky session is not readable")
	}
	key, err := decodeKey(vault.NewSecret(s.Key))
	if err != nil {
		return session{}, nil, err
	}
	return s, &binding{p: p, key: key}, nil
}
