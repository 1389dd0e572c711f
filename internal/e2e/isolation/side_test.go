package isolation_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// side is one owner with something of everything: links in every state, channels,
// a key. What it is called stands in its texts, which nobody else may be told.
type side struct {
	name   string
	ids    map[string][]int64 // by table
	visits map[string]*visit  // by how far they went
}

// external is the application's id of the owner.
func (s *side) external() string { return "external-" + s.name }

// visit is a link with the browser that used it.
type visit struct {
	id      int64
	token   string
	p       *e2e.Person
	state   string   // of the attempt
	targets []string // of the picker
	code    string   // to confirm with
}

func (w *world) newSide(t *testing.T, key, name string) *side {
	t.Helper()
	s := &side{name: name, ids: map[string][]int64{}, visits: map[string]*visit{}}
	owner := w.made(t, key, "/v1/owners", map[string]any{
		"external_id": s.external(), "name": "Owner of " + name, "reference": "reference of " + name,
	})
	s.ids["owners"] = []int64{owner.ID}
	hooks := w.made(t, key, "/v1/endpoints", map[string]any{"url": w.Receiver.URL + "?of=" + name, "owner": s.external(), "description": "Endpoint of " + name})
	w.made(t, key, fmt.Sprintf("/v1/endpoints/%d/replays", hooks.ID), nothingToSend)
	w.made(t, key, "/v1/keys", map[string]any{"name": "Key of " + name, "scopes": []string{"channels:read"}, "owner": s.external()})
	for _, how := range []string{"pending", "away", "denied", "picking", "confirming", "done", "pages"} {
		s.visits[how] = w.visit(t, key, s, how)
	}
	s.ids = w.ownIDs(t, s)
	return s
}

// visit goes as far as how says.
func (w *world) visit(t *testing.T, key string, s *side, how string) *visit {
	t.Helper()
	body := map[string]any{"owner": map[string]string{"external_id": s.external()}, "redirect_url": w.Receiver.URL + "?of=" + s.name}
	if how == "confirming" {
		body["initiator_check"] = "confirm"
	}
	link := w.made(t, key, "/v1/sessions", body)
	v := &visit{id: link.ID, token: link.ConnectURL[strings.LastIndex(link.ConnectURL, "/")+1:], p: e2e.NewPerson(t)}
	page := v.p.Open(link.ConnectURL)
	if how == "pending" {
		return v
	}
	platform := "x"
	if how == "picking" || how == "pages" {
		platform = "facebook"
	}
	consent := v.p.Submit(v.p.Form(page, "/platform", "platform="+platform), url.Values{"platform": {platform}})
	v.state = consent.URL.Query().Get("state")
	if how == "away" {
		return v
	}
	decision := "approve"
	if how == "denied" {
		decision = "deny"
	}
	page = v.p.Submit(v.p.Form(consent, "", "decision="+decision), url.Values{"decision": {decision}})
	v.targets = e2e.Values(page, "target")
	v.code = page.URL.Query().Get("code")
	if how == "pages" {
		v.p.Submit(v.p.Form(page, "/targets", ""), url.Values{"target": v.targets[:2]})
	}
	return v
}

// nothingToSend asks for a replay that is done at once.
var nothingToSend = map[string]any{"since": "2036-03-01T09:30:00.000Z"}

// ownRows are the rows of each table that belong to an owner.
var ownRows = map[string]string{
	"owners":     `SELECT id FROM owners WHERE id = $1`,
	"sessions":   `SELECT id FROM sessions WHERE owner_id = $1`,
	"channels":   `SELECT id FROM channels WHERE owner_id = $1`,
	"api_keys":   `SELECT id FROM api_keys WHERE owner_id = $1`,
	"grants":     `SELECT id FROM grants WHERE owner_id = $1`,
	"targets":    `SELECT t.id FROM targets t JOIN grants g ON g.id = t.grant_id WHERE g.owner_id = $1`,
	"endpoints":  `SELECT id FROM endpoints WHERE owner_id = $1`,
	"deliveries": `SELECT d.id FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id WHERE e.owner_id = $1`,
	"replays":    `SELECT r.id FROM replays r JOIN endpoints e ON e.id = r.endpoint_id WHERE e.owner_id = $1`,
	"attempts":   `SELECT a.id FROM attempts a JOIN sessions s ON s.id = a.session_id WHERE s.owner_id = $1`,
}

func (w *world) ownIDs(t *testing.T, s *side) map[string][]int64 {
	t.Helper()
	all := map[string][]int64{}
	for table, query := range ownRows {
		all[table] = w.list(t, query, s.ids["owners"][0])
	}
	return all
}

// restIDs are all rows of the victim's workspace but the neighbor's.
func (w *world) restIDs(t *testing.T) map[string][]int64 {
	t.Helper()
	all := map[string][]int64{"workspaces": {w.Workspace.ID}}
	for _, table := range sequences {
		if table == "workspaces" {
			continue
		}
		for _, id := range w.list(t, `SELECT id FROM `+table+` WHERE workspace_id = $1`, w.Workspace.ID) {
			if !slices.Contains(w.neighbor.ids[table], id) {
				all[table] = append(all[table], id)
			}
		}
	}
	return all
}

func (w *world) list(t *testing.T, query string, arg int64) (ids []int64) {
	t.Helper()
	rows, err := w.db.QueryContext(t.Context(), query+" ORDER BY 1", arg)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if rows.Err() != nil || len(ids) == 0 {
		t.Fatalf("%s: got none (%v): the world is broken", query, rows.Err())
	}
	return ids
}

// marks are texts that only the side itself, and the whole of its workspace, may read.
func (w *world) marks(s *side) []string {
	marks := []string{"of=" + s.name, " of " + s.name, "-of-" + s.name}
	for _, v := range s.visits {
		marks = append(marks, v.token)
		if v.code != "" {
			marks = append(marks, v.code)
		}
	}
	return marks
}

func mustNotTell(t *testing.T, what, text string, marks []string) {
	t.Helper()
	for _, mark := range marks {
		if strings.Contains(text, mark) {
			t.Errorf("%s tells %q: %.1000s", what, mark, text)
		}
	}
}

// tableOf tells where the ids of a collection of the native API come from.
var tableOf = map[string]string{
	"sessions": "sessions", "channels": "channels", "owners": "owners", "apps": "apps", "keys": "api_keys", "workspaces": "workspaces",
	"endpoints": "endpoints", "deliveries": "deliveries", "replays": "replays",
	"platforms": "", // called by their names, which everybody knows
}

// collection is the word after /v1/.
func collection(path string) string {
	word, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
	return word
}

// keptReply is what the victim's workspace was answered under an idempotency key.
type keptReply struct {
	key  string
	body any
	text string
}

// keepReplies sends each creating request of the victim's workspace with an idempotency key.
func (w *world) keepReplies(t *testing.T) {
	t.Helper()
	w.kept = map[string]keptReply{}
	own := w.ownIDs(t, w.victim)
	for path, body := range map[string]map[string]any{
		"/v1/sessions":   {},
		"/v1/owners":     {"external_id": "once", "name": "Once of victim"},
		"/v1/apps":       {"platform": "instagram", "name": "Once of victim", "client_id": "once-of-victim", "client_secret": "secret-of-victim"},
		"/v1/keys":       {"name": "Once of victim", "scopes": []string{"channels:read"}},
		"/v1/workspaces": {"name": "Once of victim"},
		"/v1/endpoints":  {"url": w.Receiver.URL + "?once", "description": "Once of victim"},

		"/v1/endpoints/{id}/replays":  nothingToSend,
		"/v1/channels/{id}/reconnect": {},
	} {
		address := path
		if ids := own[tableOf[collection(path)]]; len(ids) > 0 {
			address = at(path, ids[0])
		}
		a := w.send(t, w.Key, http.MethodPost, address, body, "the-same-key").want(t, http.StatusCreated)
		w.kept[path] = keptReply{key: "the-same-key", body: body, text: a.text}
	}
}

// absent is an id that nothing has.
const absent = 8_999_999_999_999

// foreignIDs are the victim's that the intruder has no business with: all of the table
// that is asked for, and one of every other, since a wrong kind of id must not open
// anything either.
func (w *world) foreignIDs(in intruder, asked string) (all []int64) {
	for _, table := range sequences {
		switch ids := w.victim.ids[table]; {
		case table == "workspaces" && (in.workspace == w.Workspace.ID || in.admin): // its own, or the operator's business
		case table == asked:
			all = append(all, ids...)
		default:
			all = append(all, ids[0])
		}
	}
	return all
}
