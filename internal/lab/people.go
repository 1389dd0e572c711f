package lab

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// What the people of the Lab do at a platform while no application looks: they take a
// consent back, lose a page, withdraw a permission. The next call notices.

// someone names the consents of one persona: at one platform, for one client or for all,
// and where the platform is many servers, at one of them or at all.
type someone struct {
	Platform string `json:"platform"`
	Host     string `json:"host"`
	Persona  string `json:"persona"`
	ClientID string `json:"client_id"`
}

// find errors for a platform, server or persona that the Lab does not have. The caller
// holds l.mu.
func (l *Lab) find(s someone) (persona, []*grant, error) {
	i := slices.IndexFunc(l.platforms, func(p *platform) bool { return p.ID == s.Platform })
	if i < 0 {
		return persona{}, nil, fmt.Errorf("the Lab has no platform %q", s.Platform)
	}
	p := l.platforms[i]
	who, ok := p.Dialog.persona(s.Persona)
	if !ok {
		return persona{}, nil, fmt.Errorf("%s has no persona %q", s.Platform, s.Persona)
	}
	if s.Host != "" && !slices.Contains(p.Servers, s.Host) {
		return persona{}, nil, fmt.Errorf("%s has no server %q", s.Platform, s.Host)
	}
	keys := []string{p.ID}
	for _, host := range p.Servers {
		if s.Host == "" || s.Host == host {
			keys = append(keys, p.ID+"/"+host)
		}
	}
	var grants []*grant
	for _, key := range keys {
		for _, g := range l.persons[personKey{key, s.Persona}] {
			if g.ended == "" && (s.ClientID == "" || s.ClientID == g.clientID) {
				grants = append(grants, g)
			}
		}
	}
	return who, grants, nil
}

// postRevoke is POST /lab/revoke: the person ends what they consented to. "how" is
// removed (and may be left out), password_changed, checkpoint or logged_out; platforms
// that do not tell these apart answer the same to all.
func (l *Lab) postRevoke(r *http.Request) (any, error) {
	var in struct {
		someone
		How endReason `json:"how"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.How == "" {
		in.How = endRemoved
	}
	if !slices.Contains([]endReason{endRemoved, endPassword, endCheckpoint, endLoggedOut}, in.How) {
		return nil, errors.New("how is removed, password_changed, checkpoint or logged_out")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, grants, err := l.find(in.someone)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		l.end(g, in.How)
	}
	l.changed()
	return map[string]int{"ended": len(grants)}, nil
}

// targetKey is one thing that a persona publishes on.
type targetKey struct{ platform, persona, target string }

// targetState is what became of it.
type targetState string

const (
	targetThere  targetState = ""
	targetGone   targetState = "gone"
	targetNoRole targetState = "no_role"
)

// postTarget is POST /lab/targets: a page (organization, account) is gone, or the person
// lost the role there; with neither it is as it was before.
func (l *Lab) postTarget(r *http.Request) (any, error) {
	var in struct {
		Platform string `json:"platform"`
		Persona  string `json:"persona"`
		Target   string `json:"target"`
		Gone     bool   `json:"gone"`
		NoRole   bool   `json:"no_role"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	who, _, err := l.find(someone{Platform: in.Platform, Persona: in.Persona})
	if err != nil {
		return nil, err
	}
	if !slices.Contains(who.targets(), in.Target) {
		return nil, fmt.Errorf("%s's targets are: %s", in.Persona, strings.Join(who.targets(), ", "))
	}
	key := targetKey{in.Platform, in.Persona, in.Target}
	switch {
	case in.Gone:
		l.targets[key] = targetGone
	case in.NoRole:
		l.targets[key] = targetNoRole
	default:
		delete(l.targets, key)
	}
	l.changed()
	return nil, nil
}

// targets is the ids of all that the persona publishes on besides themselves.
func (p persona) targets() []string {
	var ids []string
	for _, page := range p.Pages {
		ids = append(ids, page.ID)
		if a := p.Instagram[page.ID]; a != nil {
			ids = append(ids, a.ID)
		}
	}
	for _, o := range p.Organizations {
		ids = append(ids, o.ID)
	}
	for _, a := range p.Accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

// target is what became of one of the consent's targets.
func (l *Lab) target(g *grant, id string) targetState {
	platform, _, _ := strings.Cut(g.platform, "/")
	return l.targets[targetKey{platform, g.persona.Key, id}]
}

// ticked says whether the consent gives a page that is still there, with its role.
func (l *Lab) ticked(g *grant, id string) bool {
	return slices.Contains(g.targets, id) && l.target(g, id) == targetThere
}

// postScopes is POST /lab/scopes: permissions are withdrawn from the living consents.
func (l *Lab) postScopes(r *http.Request) (any, error) {
	var in struct {
		someone
		Withdraw []string `json:"withdraw"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if len(in.Withdraw) == 0 {
		return nil, errors.New("withdraw is the list of scopes to take away")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, grants, err := l.find(in.someone)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		g.withdraw(in.Withdraw)
	}
	l.changed()
	return map[string]int{"consents": len(grants)}, nil
}

func (g *grant) withdraw(scopes []string) {
	gone := func(s string) bool { return slices.Contains(scopes, s) }
	for _, s := range g.granted {
		if gone(s) && !slices.Contains(g.declined, s) {
			g.declined = append(g.declined, s)
		}
	}
	g.granted = slices.DeleteFunc(slices.Clone(g.granted), gone)
	for _, t := range g.access {
		t.scopes = slices.DeleteFunc(slices.Clone(t.scopes), gone)
	}
}
