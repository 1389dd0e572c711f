package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tokenServer is an authorization server in a process of its own: the Lab's, or an
// endpoint that remembers nothing.
type tokenServer struct {
	process   *process
	tokenPath string
}

// The OAuth client at it, as the platform's file has it.
const (
	yardstickPlatform = "yardstick"
	clientID          = "bench"
	clientSecret      = "a-secret-for-nobody"
	secretVariable    = "BENCH_CLIENT_SECRET" //nolint:gosec // the name of one
	labHost           = "strict.open.example" // rotates, and ends the family of a token that comes twice
	redirectURI       = "http://127.0.0.1:9/oauth/callback/yardstick"
)

func (l *tokenServer) origin() string { return "http://" + l.process.Addr }

func (l *tokenServer) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(clientID+":"+clientSecret))
}

// describe writes the file that makes it a platform of the program's, and returns the
// settings that name it.
func (l *tokenServer) describe(dir string, rate float64) ([]string, error) {
	path := filepath.Join(dir, "yardstick.yaml")
	text := fmt.Sprintf(`id: %s
name: Yardstick
authorize_url: %[2]s/authorize
token_url: %[2]s%[3]s
client_id: %[4]s
client_secret_env: %[5]s
access_lifetime: 2h
refresh: {model: rotating}
probe_every: "off"
identity: {url: "%[2]s/userinfo", subject: /sub}
`, yardstickPlatform, l.origin(), l.tokenPath, clientID, secretVariable)
	env := []string{
		"PATCHBAY_CUSTOM_PLATFORMS=" + path, secretVariable + "=" + clientSecret,
		"PATCHBAY_TRUSTED_ORIGINS=" + l.origin(), fmt.Sprint("PATCHBAY_REFRESH_RATE=", rate),
	}
	return env, os.WriteFile(path, []byte(text), 0o600)
}

const tokensCommand = "tokens"

// startTokens starts an endpoint that answers every refresh with new tokens for two hours,
// as the Lab's does, and remembers none: for more grants than the Lab has people.
func startTokens(ctx context.Context) (*tokenServer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, nil, nil, self, tokensCommand)
	if err != nil {
		return nil, err
	}
	return &tokenServer{process: p, tokenPath: "/token"}, nil
}

func serveTokens(ctx context.Context, stdout io.Writer) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("grant_type") != "refresh_token" || !strings.HasPrefix(r.PostFormValue("refresh_token"), "refresh-") {
			http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = encode(w, map[string]any{
			"access_token": "access-" + rand.Text() + rand.Text() + rand.Text(), "refresh_token": "refresh-" + rand.Text() + rand.Text() + rand.Text(),
			"token_type": "Bearer", "expires_in": int(2 * time.Hour / time.Second), "scope": "profile post",
		})
	})
	return serve(ctx, mux, stdout)
}
