package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"patchbay/internal/platform"
)

// parseInput reads what a person typed or pasted: a handle with or without @, the
// address of a profile, or a DID. Exactly one of handle and did comes back.
func parseInput(typed string) (handle syntax.Handle, did syntax.DID, err error) {
	s := strings.ToLower(strings.Map(dropInvisible, typed))
	for _, prefix := range []string{"https://bsky.app/profile/", "at://", "@"} {
		s = strings.TrimPrefix(s, prefix)
	}
	s = strings.TrimSuffix(s, "/")
	if strings.HasPrefix(s, "did:") {
		did, err := parseDID(s)
		if err != nil {
			return "", "", platform.ErrHandleInvalid.Because(err)
		}
		return "", did, nil
	}
	handle, err = parseHandle(s)
	if err != nil {
		return "", "", platform.ErrHandleInvalid.Because(err)
	}
	return handle, "", nil
}

// dropInvisible removes what copying from a page leaves around a handle: spaces and
// direction marks (Unicode Cf), which people cannot see.
func dropInvisible(r rune) rune {
	if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

func parseHandle(s string) (syntax.Handle, error) {
	handle, err := syntax.ParseHandle(s)
	if err != nil {
		return "", errors.New("not the syntax of a handle")
	}
	if handle = handle.Normalize(); !handle.AllowedTLD() {
		return "", fmt.Errorf("handles do not end in .%s", handle.TLD())
	}
	return handle, nil
}

var plcDID = regexp.MustCompile(`^did:plc:[a-z2-7]{24}$`)

// parseDID accepts the two methods of the protocol (https://atproto.com/specs/did).
func parseDID(s string) (syntax.DID, error) {
	did, err := syntax.ParseDID(s)
	if err != nil {
		return "", errors.New("not the syntax of a DID")
	}
	if did.Method() != "web" && !plcDID.MatchString(s) {
		return "", errors.New("neither did:plc nor did:web")
	}
	return did, nil
}

// resolveHandle finds the account that the handle's domain names: DNS first, then
// the domain's web server (https://atproto.com/specs/handle).
func (p *Platform) resolveHandle(ctx context.Context, env platform.Env, handle syntax.Handle) (syntax.DID, error) {
	if p.cfg.HandleResolver != "" {
		return p.resolveAtServer(ctx, env, handle)
	}
	did, dnsErr := p.resolveByDNS(ctx, handle)
	if dnsErr == nil {
		return did, nil
	}
	did, err := resolveByWeb(ctx, env, handle)
	if err == nil {
		return did, nil
	}
	if errors.Is(dnsErr, errNoRecord) {
		return "", platform.ErrHandleUnknown.Because(err)
	}
	return "", platform.ErrUnavailable.Because(errors.Join(dnsErr, err))
}

var errNoRecord = errors.New("no usable _atproto record")

// resolveByDNS answers errNoRecord where DNS says so, other errors where it does
// not answer. Two records that differ count as none.
func (p *Platform) resolveByDNS(ctx context.Context, handle syntax.Handle) (syntax.DID, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	records, err := p.lookupTXT(ctx, "_atproto."+handle.String()+".")
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return "", errNoRecord
	}
	if err != nil {
		return "", fmt.Errorf("look up the handle's TXT record: %w", err)
	}
	var found syntax.DID
	for _, r := range records {
		value, ok := strings.CutPrefix(r, "did=")
		if !ok {
			continue
		}
		did, err := parseDID(value)
		if err != nil || (found != "" && found != did) {
			return "", errNoRecord
		}
		found = did
	}
	if found == "" {
		return "", errNoRecord
	}
	return found, nil
}

func resolveByWeb(ctx context.Context, env platform.Env, handle syntax.Handle) (syntax.DID, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	resp, err := fetch(ctx, env, "https://"+handle.String()+"/.well-known/atproto-did")
	if err != nil {
		return "", err
	}
	if resp.Status != http.StatusOK || len(resp.Body) > 2048 {
		return "", fmt.Errorf("the handle's atproto-did answered %d", resp.Status)
	}
	return parseDID(strings.TrimSpace(string(resp.Body)))
}

func (p *Platform) resolveAtServer(ctx context.Context, env platform.Env, handle syntax.Handle) (syntax.DID, error) {
	resp, err := fetch(ctx, env, p.cfg.HandleResolver+"/xrpc/com.atproto.identity.resolveHandle?handle="+url.QueryEscape(handle.String()))
	if err != nil {
		return "", err
	}
	if resp.Status == http.StatusBadRequest { // HandleNotFound
		return "", platform.ErrHandleUnknown
	}
	var answer struct {
		DID string `json:"did"`
	}
	if resp.Status != http.StatusOK || json.Unmarshal(resp.Body, &answer) != nil {
		return "", platform.ErrUnavailable.Because(fmt.Errorf("the handle resolver answered %d", resp.Status))
	}
	did, err := parseDID(answer.DID)
	if err != nil {
		return "", platform.ErrHandleUnknown.Because(err)
	}
	return did, nil
}
