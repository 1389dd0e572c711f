package lab

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// visiblePages are those that the person still reaches that way and left ticked.
func (f *facebook) visiblePages(g *grant, how reach) []page {
	var pages []page
	for _, p := range g.persona.Pages {
		if p.Reach == how && f.lab.ticked(g, p.ID) {
			pages = append(pages, p)
		}
	}
	return pages
}

// pageEdge is a list of Pages, cut by limit and after.
func (f *facebook) pageEdge(r *http.Request, t *token, path string, pages []page) (reply, error) {
	limit, err := pageLimit(r.Form.Get("limit"))
	if err != nil {
		return reply{}, err
	}
	if after := r.Form.Get("after"); after != "" {
		i := slices.IndexFunc(pages, func(p page) bool { return cursor(p) == after })
		if i < 0 {
			return reply{}, graphError(http.StatusBadRequest, 100, 0, "(#100) Invalid cursors values")
		}
		pages = pages[i+1:]
	}
	shown := pages[:min(limit, len(pages))]
	rows := []map[string]any{}
	for _, p := range shown {
		row, err := f.pageRow(t, p, fields(r.Form.Get("fields"), "access_token,category,name,id,tasks"), p.Reach != asAgent)
		if err != nil {
			return reply{}, err
		}
		rows = append(rows, row)
	}
	body := map[string]any{"data": rows}
	if len(shown) > 0 {
		body["paging"] = f.paging(r, t, path, shown, len(pages) > len(shown))
	}
	return jsonReply(http.StatusOK, "ok", body), nil
}

func pageLimit(raw string) (int, error) {
	if raw == "" {
		return 25, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 1 {
		return 0, graphError(http.StatusBadRequest, 100, 0, "(#100) Param limit must be a positive integer")
	}
	return min(n, 100), nil
}

// paging names the next page as Meta does: a whole address at the real host with the
// token in its query.
func (f *facebook) paging(r *http.Request, t *token, path string, shown []page, more bool) map[string]any {
	last := cursor(shown[len(shown)-1])
	out := map[string]any{"cursors": map[string]string{"before": cursor(shown[0]), "after": last}}
	if more {
		q := url.Values{"access_token": {t.value}, "after": {last}}
		for _, name := range []string{"fields", "limit", "appsecret_proof"} {
			if r.Form.Has(name) {
				q.Set(name, r.Form.Get(name))
			}
		}
		out["next"] = "https://" + fbGraphHost + "/" + r.PathValue("version") + "/" + path + "?" + q.Encode()
	}
	return out
}

func cursor(p page) string { return base64.RawURLEncoding.EncodeToString([]byte("page:" + p.ID)) }

// pageRow renders a Page. A row of client_pages has no access_token even when asked;
// GET /{page-id}?fields=access_token has.
func (f *facebook) pageRow(t *token, p page, asked []field, withToken bool) (map[string]any, error) {
	row := map[string]any{"id": p.ID}
	for _, field := range asked {
		switch name := field.name; name {
		case "id":
		case "name":
			row[name] = p.Name
		case "username":
			row[name] = p.Username
		case "category":
			row[name] = p.Category
		case "link":
			row[name] = "https://www.facebook.com/" + p.ID
		case "followers_count", "fan_count":
			row[name] = p.Followers
		case "tasks":
			row[name] = p.Tasks
		case "picture":
			row[name] = f.picture(p.Name)
		case "access_token":
			if withToken {
				row[name] = f.pageToken(t, p).value
			}
		case "instagram_business_account":
			if err := f.addAccount(row, t.grant, p, field.inner); err != nil {
				return nil, err
			}
		default:
			return nil, noField(name, "Page")
		}
	}
	return row, nil
}

func noField(name, node string) error {
	return graphError(http.StatusBadRequest, 100, 0, "(#100) Tried accessing nonexisting field ("+name+") on node type ("+node+")")
}

func (f *facebook) picture(name string) map[string]any {
	return map[string]any{"data": map[string]any{"height": 96, "width": 96, "is_silhouette": false, "url": f.lab.pictureURL(name)}}
}

// pageToken is the Page's token for that caller, always the same. Read with a
// long-lived user token it has no end of its own, and is the same for every such token
// of the person; with a short one it ends with it.
func (f *facebook) pageToken(t *token, p page) *token {
	if t.kind == pageToken {
		return t
	}
	kept, expires := &t.pages, t.expires
	if t.long {
		kept, expires = &t.grant.pages, time.Time{}
	}
	if known := (*kept)[p.ID]; known != nil {
		return known
	}
	if *kept == nil {
		*kept = map[string]*token{}
	}
	made := f.lab.issueToken(&token{value: "EAA" + random(7), kind: pageToken, grant: t.grant, page: &p, expires: expires})
	(*kept)[p.ID] = made
	return made
}
