package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
)

// startLab starts the Lab by itself and registers the client there. An access token is
// said to live one second (whole ones are told), so that each grant is due again almost
// as soon as it was refreshed.
func startLab(ctx context.Context, patchbay string) (*tokenServer, error) {
	p, err := start(ctx, nil, nil, patchbay, "lab", "--addr", "127.0.0.1:0", "--json")
	if err != nil {
		return nil, err
	}
	l := &tokenServer{process: p, tokenPath: "/lab/open/" + labHost + "/token"}
	err = l.tell(ctx, "/lab/apps", map[string]any{"platform": "open", "client_id": clientID, "client_secret": clientSecret, "redirect_uris": []string{redirectURI}})
	if err == nil {
		err = l.tell(ctx, "/lab/open", map[string]any{"host": labHost, "access_s": 1.5})
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("the Lab: %w", err)
	}
	return l, nil
}

func (l *tokenServer) tell(ctx context.Context, path string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = l.send(ctx, path, "application/json", "", body)
	return err
}

// send posts and answers the body, or where it redirects to.
func (l *tokenServer) send(ctx context.Context, path, kind, authorization string, body []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.origin()+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", kind)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 400 {
		err = fmt.Errorf("POST %s: status %d: %s", path, resp.StatusCode, answer)
	}
	if to := resp.Header.Get("Location"); to != "" {
		return to, err
	}
	return string(answer), err
}

const consentHands = 4

// consents makes n members of the Lab's crowd consent, those from the first on, and
// returns their refresh tokens: what a person and the program do together, without either.
func (l *tokenServer) consents(ctx context.Context, first, n int) ([]string, error) {
	tokens, errs := make([]string, n), make([]error, consentHands)
	var wg sync.WaitGroup
	for hand := range consentHands {
		wg.Go(func() {
			for i := hand; i < n && errs[hand] == nil; i += consentHands {
				tokens[i], errs[hand] = l.consent(ctx, fmt.Sprintf("crowd-%d", first+i))
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("consent at the Lab: %w", err)
		}
	}
	return tokens, nil
}

// A PKCE verifier and its challenge, from RFC 7636 appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func (l *tokenServer) consent(ctx context.Context, persona string) (string, error) {
	const form = "application/x-www-form-urlencoded"
	asked := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirectURI}, "state": {"s"}, "scope": {"profile"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	decided := url.Values{"decision": {"approve"}, "persona": {persona}, "scope": {"profile"}}
	back, err := l.send(ctx, "/lab/open/"+labHost+"/authorize?"+asked.Encode(), form, "", []byte(decided.Encode()))
	if err != nil {
		return "", err
	}
	returned, err := url.Parse(back)
	if err != nil {
		return "", err
	}
	exchange := url.Values{
		"grant_type": {"authorization_code"}, "code": {returned.Query().Get("code")}, "redirect_uri": {redirectURI}, "code_verifier": {verifier},
	}
	answer, err := l.send(ctx, l.tokenPath, form, l.basic(), []byte(exchange.Encode()))
	if err != nil {
		return "", err
	}
	var token struct {
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(answer), &token); err != nil || token.Refresh == "" {
		return "", errNoRefreshToken
	}
	return token.Refresh, nil
}
