package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"patchbay/internal/vault"
)

const (
	secretPrefix = "whsec_"
	secretBytes  = 32
	maxSecrets   = 5 // that sign at once, however often a secret is rotated while others overlap
)

// newSecret is 256 random bits, written as Standard Webhooks has it.
func newSecret() vault.Secret {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails: https://pkg.go.dev/crypto/rand#Read
	return vault.NewSecret(secretPrefix + base64.StdEncoding.EncodeToString(b))
}

// secrets are an endpoint's, newest first. All but the first end.
type secrets []agedSecret

type agedSecret struct {
	secret vault.Secret
	until  time.Time // zero: it does not end
}

type secretJSON struct {
	Secret string `json:"secret"`
	Until  int64  `json:"until,omitempty"` // UTC milliseconds
}

// with puts a new secret first. The one that was first ends at until, unless that is now.
func (s secrets) with(fresh vault.Secret, now, until time.Time) secrets {
	next := secrets{{secret: fresh}}
	for _, old := range s {
		if old.until.IsZero() || old.until.After(until) {
			old.until = until
		}
		if old.until.After(now) && len(next) < maxSecrets {
			next = append(next, old)
		}
	}
	return next
}

// live are those that sign now, newest first.
func (s secrets) live(now time.Time) []vault.Secret {
	var live []vault.Secret
	for _, one := range s {
		if one.until.IsZero() || now.Before(one.until) {
			live = append(live, one.secret)
		}
	}
	return live
}

func (s *Service) sealSecrets(e Endpoint, all secrets) ([]byte, error) {
	rows := make([]secretJSON, len(all))
	for i, one := range all {
		rows[i].Secret = one.secret.Reveal()
		if !one.until.IsZero() {
			rows[i].Until = one.until.UnixMilli()
		}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("secrets of endpoint %d: %w", e.ID, err)
	}
	return s.vault.Seal(e.Place(), vault.NewSecret(string(text)))
}

func (s *Service) openSecrets(e Endpoint) (secrets, error) {
	text, err := s.vault.Open(e.Place(), e.Sealed)
	if err != nil {
		return nil, fmt.Errorf("secrets of endpoint %d: %w", e.ID, err)
	}
	var rows []secretJSON
	if err := json.Unmarshal([]byte(text.Reveal()), &rows); err != nil {
		return nil, fmt.Errorf("secrets of endpoint %d are not readable", e.ID)
	}
	all := make(secrets, len(rows))
	for i, row := range rows {
		all[i].secret = vault.NewSecret(row.Secret)
		if row.Until != 0 {
			all[i].until = time.UnixMilli(row.Until).UTC()
		}
	}
	return all, nil
}
