package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"patchbay/internal/platform"
)

// account is an identity that was checked.
type account struct {
	DID    syntax.DID
	Handle string // verified both ways; empty where it is not
	PDS    string // origin of the server that holds the account's data
}

// didDocument is what the protocol uses of https://www.w3.org/TR/did-core/.
type didDocument struct {
	ID          string   `json:"id"`
	AlsoKnownAs []string `json:"alsoKnownAs"`
	Service     []struct {
		ID       string `json:"id"`
		Type     any    `json:"type"`            // other services may hold arrays and
		Endpoint any    `json:"serviceEndpoint"` // objects here
	} `json:"service"`
}

// account finds who was typed. A handle must lead to a DID whose document names
// that handle again, or anybody could claim it.
func (p *Platform) account(ctx context.Context, env platform.Env, typed string) (account, error) {
	handle, did, err := parseInput(typed)
	if err != nil {
		return account{}, err
	}
	if did != "" {
		return p.accountOf(ctx, env, did)
	}
	if did, err = p.resolveHandle(ctx, env, handle); err != nil {
		return account{}, err
	}
	doc, err := p.document(ctx, env, did)
	if err != nil {
		return account{}, err
	}
	if doc.handle() != handle {
		return account{}, platform.ErrHandleUnknown.Because(errors.New("the account's document names another handle"))
	}
	return p.checked(doc, did, handle.String())
}

// accountOf starts at the DID. A handle that does not lead back is left empty.
func (p *Platform) accountOf(ctx context.Context, env platform.Env, did syntax.DID) (account, error) {
	doc, err := p.document(ctx, env, did)
	if err != nil {
		return account{}, err
	}
	handle := doc.handle()
	if handle != "" {
		if back, err := p.resolveHandle(ctx, env, handle); err != nil || back != did {
			handle = ""
		}
	}
	return p.checked(doc, did, handle.String())
}

func (p *Platform) checked(doc didDocument, did syntax.DID, handle string) (account, error) {
	pds, err := p.origin(doc.pds(did))
	if err != nil {
		return account{}, platform.ErrServerRefused.Because(fmt.Errorf("data server of %s: %w", did, err))
	}
	return account{DID: did, Handle: handle, PDS: pds}, nil
}

// document fetches the DID's document: did:plc from the directory, did:web from
// the domain itself.
func (p *Platform) document(ctx context.Context, env platform.Env, did syntax.DID) (didDocument, error) {
	address := p.cfg.PLC + "/" + did.String()
	if did.Method() == "web" {
		host, err := p.webOrigin(did)
		if err != nil {
			return didDocument{}, platform.ErrServerRefused.Because(fmt.Errorf("document of %s: %w", did, err))
		}
		address = host + "/.well-known/did.json"
	}
	resp, err := fetch(ctx, env, address)
	if err != nil {
		return didDocument{}, err
	}
	switch {
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusGone: // gone: a tombstone
		return didDocument{}, platform.ErrHandleUnknown.Because(fmt.Errorf("%s has no document", did))
	case resp.Status != http.StatusOK:
		return didDocument{}, platform.ErrUnavailable.Because(fmt.Errorf("document of %s: status %d", did, resp.Status))
	}
	var doc didDocument
	if json.Unmarshal(resp.Body, &doc) != nil {
		return didDocument{}, platform.ErrServerRefused.Because(fmt.Errorf("document of %s is not the expected JSON", did))
	}
	if doc.ID != did.String() {
		return didDocument{}, platform.ErrServerRefused.Because(fmt.Errorf("document of %s is another's", did))
	}
	return doc, nil
}

// webOrigin is the domain of a did:web: no path (a colon), and a port (%3A) only
// where the origin is trusted.
func (p *Platform) webOrigin(did syntax.DID) (string, error) {
	host := strings.ReplaceAll(strings.ToLower(did.Identifier()), "%3a", ":")
	if o, err := p.origin("http://" + host); err == nil {
		return o, nil // only a trusted development server passes with http
	}
	return p.origin("https://" + host)
}

// handle is the first well-formed one, as https://atproto.com/specs/did says.
func (d didDocument) handle() syntax.Handle {
	for _, name := range d.AlsoKnownAs {
		if raw, ok := strings.CutPrefix(name, "at://"); ok {
			if h, err := parseHandle(raw); err == nil {
				return h
			}
		}
	}
	return ""
}

func (d didDocument) pds(did syntax.DID) string {
	for _, s := range d.Service {
		if (s.ID == "#atproto_pds" || s.ID == did.String()+"#atproto_pds") && s.Type == "AtprotoPersonalDataServer" {
			endpoint, _ := s.Endpoint.(string)
			return strings.TrimSuffix(endpoint, "/")
		}
	}
	return ""
}
