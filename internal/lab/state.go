package lab

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stateVersion is that of the file's shape. A file of another is refused.
const stateVersion = 1

// maxKeptSpent bounds the spent tokens in the file; in memory there are more.
const maxKeptSpent = 1 << 16

// state is what outlives the process: clients, consents with their tokens, what people
// did, and the clock. Codes, faults, calls and redeems do not.
type state struct {
	Version   int                     `json:"version"`
	Advanced  time.Duration           `json:"advanced"`
	LastGrant int64                   `json:"last_grant"`
	Clients   []stateClient           `json:"clients"`
	Consents  []stateConsent          `json:"consents"`
	Spent     []stateSpent            `json:"spent"`
	Targets   []stateTarget           `json:"targets"`
	Lives     map[string]*serverLives `json:"lives"`
	Refresh   *bool                   `json:"linkedin_refresh_tokens"`
}

type stateClient struct {
	App
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
}

type stateConsent struct {
	ID       int64        `json:"id"`
	Platform string       `json:"platform"` // with the server's host behind, where it is many
	ClientID string       `json:"client_id"`
	Persona  string       `json:"persona"`
	Granted  []string     `json:"granted"`
	Declined []string     `json:"declined"`
	Targets  []string     `json:"targets"`
	Since    time.Time    `json:"since"`
	Ended    endReason    `json:"ended"`
	Tokens   []stateToken `json:"tokens"`
}

type stateToken struct {
	Value   string    `json:"value"`
	Kind    tokenKind `json:"kind"`
	Scopes  []string  `json:"scopes"`
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
	Revoked bool      `json:"revoked"`
	Long    bool      `json:"long"`
	Page    string    `json:"page"`
}

type stateSpent struct {
	Key     []byte `json:"key"`
	Consent int64  `json:"consent"`
}

type stateTarget struct {
	Platform string      `json:"platform"`
	Persona  string      `json:"persona"`
	Target   string      `json:"target"`
	State    targetState `json:"state"`
}

// serverLives is how long the tokens of an open server live.
type serverLives struct {
	Access  time.Duration `json:"access"`
	Refresh time.Duration `json:"refresh"`
}

// Keep reads the state that an earlier process left in the file, if there is one, and
// has Save write it there. Call it once, before anything else. It errors where the file
// cannot be read or is not a Lab's.
func (l *Lab) Keep(file string) error {
	l.file = file
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the Lab's state: %w", err)
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil || s.Version != stateVersion {
		return fmt.Errorf("the Lab's state in %s is not of this version: remove the file to begin with an empty Lab", file)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.restore(s)
	l.dirty.Store(false)
	return nil
}

// Save writes the state where something changed since the last time, and does nothing
// without Keep. The file holds tokens: only its owner can read it.
func (l *Lab) Save() error {
	l.saving.Lock()
	defer l.saving.Unlock()
	if l.file == "" || !l.dirty.Swap(false) {
		return nil
	}
	if err := l.write(); err != nil {
		l.dirty.Store(true)
		return fmt.Errorf("keep the Lab's state: %w", err)
	}
	return nil
}

func (l *Lab) write() error {
	l.mu.Lock()
	s := l.snapshot()
	l.mu.Unlock()
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(l.file), filepath.Base(l.file)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), l.file)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
	}
	return err
}

// snapshot shares nothing that changes with the Lab. The caller holds l.mu.
func (l *Lab) snapshot() state {
	s := state{Version: stateVersion, Advanced: l.clock.Advanced(), LastGrant: l.lastGrant, Refresh: l.linkedIn.refreshTokens, Lives: map[string]*serverLives{}}
	for key, a := range l.apps {
		if !l.own[key] {
			s.Clients = append(s.Clients, stateClient{a, a.Name, a.Scopes})
		}
	}
	for _, grants := range l.persons {
		for _, g := range grants {
			if len(g.access)+len(g.others) > 0 {
				s.Consents = append(s.Consents, g.state())
			}
		}
	}
	slices.SortFunc(s.Consents, func(a, b stateConsent) int { return cmp.Compare(a.ID, b.ID) })
	for _, key := range l.spentOrder[max(0, len(l.spentOrder)-maxKeptSpent):] {
		s.Spent = append(s.Spent, stateSpent{slices.Clone(key[:]), l.spent[key].id})
	}
	for key, what := range l.targets {
		s.Targets = append(s.Targets, stateTarget{key.platform, key.persona, key.target, what})
	}
	for host, server := range l.open.servers {
		s.Lives[host] = &serverLives{server.access, server.refresh}
	}
	return s
}

func (g *grant) state() stateConsent {
	c := stateConsent{
		ID: g.id, Platform: g.platform, ClientID: g.clientID, Persona: g.persona.Key, Since: g.since, Ended: g.ended,
		Granted: slices.Clone(g.granted), Declined: slices.Clone(g.declined), Targets: slices.Clone(g.targets),
	}
	for _, t := range append(slices.Clone(g.access), g.others...) {
		kept := stateToken{Value: t.value, Kind: t.kind, Scopes: t.scopes, Issued: t.issued, Expires: t.expires, Revoked: t.revoked, Long: t.long}
		if t.page != nil {
			kept.Page = t.page.ID
		}
		c.Tokens = append(c.Tokens, kept)
	}
	return c
}

// restore is the way back. Consents of a platform or persona that is no more are left out.
func (l *Lab) restore(s state) {
	l.clock.advance(s.Advanced - l.clock.Advanced())
	l.lastGrant, l.linkedIn.refreshTokens = s.LastGrant, s.Refresh
	for _, c := range s.Clients {
		c.App.Name, c.App.Scopes = c.Name, c.Scopes
		l.apps[appKey{c.Platform, c.ClientID}] = c.App
		l.rememberClient(c.ClientSecret)
	}
	byID := map[int64]*grant{}
	for _, c := range s.Consents {
		if g := l.restoreConsent(c); g != nil {
			byID[g.id] = g
		}
	}
	for _, spent := range s.Spent {
		if g := byID[spent.Consent]; g != nil && len(spent.Key) == len(spentKey{}) {
			l.addSpent(spentKey(spent.Key), g)
		}
	}
	for _, t := range s.Targets {
		l.targets[targetKey{t.Platform, t.Persona, t.Target}] = t.State
	}
	for host, lives := range s.Lives {
		if server := l.open.servers[host]; server != nil {
			server.access, server.refresh = lives.Access, lives.Refresh
		}
	}
}

func (l *Lab) restoreConsent(c stateConsent) *grant {
	id, _, _ := strings.Cut(c.Platform, "/")
	i := slices.IndexFunc(l.platforms, func(p *platform) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	who, known := l.platforms[i].Dialog.persona(c.Persona)
	if !known && c.Persona != "" { // without a persona it is a client's own
		return nil
	}
	g := &grant{
		id: c.ID, platform: c.Platform, clientID: c.ClientID, persona: who, since: c.Since, ended: c.Ended,
		granted: c.Granted, declined: c.Declined, targets: c.Targets,
	}
	l.addGrant(g)
	for _, t := range c.Tokens {
		l.restoreToken(g, t)
	}
	if adopt := l.platforms[i].adopt; adopt != nil {
		adopt(g)
	}
	return g
}

func (l *Lab) restoreToken(g *grant, kept stateToken) {
	t := &token{
		value: kept.Value, kind: kept.Kind, grant: g, scopes: kept.Scopes, issued: kept.Issued, expires: kept.Expires, revoked: kept.Revoked, long: kept.Long,
	}
	if kept.Page != "" {
		i := slices.IndexFunc(g.persona.Pages, func(p page) bool { return p.ID == kept.Page })
		if i < 0 {
			return
		}
		t.page = &g.persona.Pages[i]
	}
	l.addToken(t)
	l.remember(t.value)
	if t.revoked || g.ended != "" {
		l.retire(t)
	}
}
