package cli

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchbay/internal/vault"
)

const secretPrefix = "whsec_"

// listenSecret is the secret that was given, or a new one. Standard Webhooks wants 24 to
// 64 bytes (https://www.standardwebhooks.com). Its error quotes nothing.
func listenSecret(flag, env string) (secret vault.Secret, made bool, err error) {
	given := strings.TrimSpace(cmp.Or(flag, env))
	if given == "" {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		return vault.NewSecret(secretPrefix + base64.StdEncoding.EncodeToString(key)), true, nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(given, secretPrefix))
	if err != nil || !strings.HasPrefix(given, secretPrefix) || len(key) < 24 || len(key) > 64 {
		return vault.Secret{}, false, &exitError{code: exitUsage, what: "the signing secret is none", next: "it is whsec_ and the base64 of 24 to 64 bytes; without one, a new one is made"}
	}
	return vault.NewSecret(given), false, nil
}

// sign makes the headers of one attempt, those that an endpoint of the scheme "standard"
// gets.
func sign(id string, at time.Time, body []byte, secret vault.Secret) (http.Header, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), secretPrefix))
	if err != nil {
		return nil, errors.New("the signing secret is none") // listenSecret has seen it
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return nil, fmt.Errorf("signing secret: %w", err)
	}
	signature, err := signer.Sign(id, at, body)
	if err != nil {
		return nil, fmt.Errorf("sign message %s: %w", id, err)
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Patchbay/"+buildInfo().Version)
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return h, nil
}
