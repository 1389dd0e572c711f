package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// organizationAcls is the finder roleAssignee: the member's roles, one row each.
func (li *linkedIn) organizationAcls(r *http.Request, t *token) (reply, error) {
	if !slices.Contains(t.scopes, "rw_organization_admin") {
		return reply{}, liForbidden("organizationAcls.FINDER-roleAssignee")
	}
	if r.Form.Get("q") != "roleAssignee" {
		return reply{}, liBadRequest("The Lab has the finder q=roleAssignee only")
	}
	start, err := number(r.Form, "start", 0, 1<<30)
	if err != nil {
		return reply{}, err
	}
	count, err := number(r.Form, "count", 10, 100)
	if err != nil {
		return reply{}, err
	}
	rows := []map[string]string{}
	for _, o := range li.organizationsOf(t.grant) {
		if want := r.Form.Get("role"); want != "" && want != o.Role {
			continue
		}
		if want := r.Form.Get("state"); want != "" && want != o.state() {
			continue
		}
		rows = append(rows, map[string]string{
			"organization": "urn:li:organization:" + o.ID, "role": o.Role, "state": o.state(), "roleAssignee": "urn:li:person:" + t.grant.persona.ID,
		})
	}
	first, last := min(start, len(rows)), min(start+count, len(rows))
	return jsonReply(http.StatusOK, "ok", map[string]any{"elements": rows[first:last], "paging": map[string]any{
		"start": start, "count": count, "total": len(rows), "links": nextLink(r, last, count, len(rows)),
	}}), nil
}

// organizationsOf is the member's, without those that are gone and with the roles that
// they lost.
func (li *linkedIn) organizationsOf(g *grant) []organization {
	var out []organization
	for _, o := range g.persona.Organizations {
		switch li.lab.target(g, o.ID) {
		case targetGone:
			continue
		case targetNoRole:
			o.State = "REVOKED"
		}
		out = append(out, o)
	}
	return out
}

func (o organization) state() string {
	if o.State == "" {
		return "APPROVED"
	}
	return o.State
}

// nextLink names the next page by its path, where there is one.
func nextLink(r *http.Request, last, count, total int) []map[string]string {
	if last >= total {
		return []map[string]string{}
	}
	q := url.Values{}
	for name := range r.URL.Query() {
		q.Set(name, r.URL.Query().Get(name))
	}
	q.Set("start", strconv.Itoa(last))
	q.Set("count", strconv.Itoa(count))
	return []map[string]string{{"type": "application/json", "rel": "next", "href": "/rest/organizationAcls?" + q.Encode()}}
}

// organizations tells of those that the member administers; the others are refused one
// by one, in statuses and errors.
func (li *linkedIn) organizations(r *http.Request, t *token) (reply, error) {
	return li.lookUp(r, t, "organizations", func(o organization) bool { return o.Role == "ADMINISTRATOR" && o.state() == "APPROVED" })
}

// organizationsLookup tells of all, to anybody.
func (li *linkedIn) organizationsLookup(r *http.Request, t *token) (reply, error) {
	return li.lookUp(r, t, "organizationsLookup", func(organization) bool { return true })
}

func (li *linkedIn) lookUp(r *http.Request, t *token, resource string, visible func(organization) bool) (reply, error) {
	if !slices.Contains(t.scopes, "rw_organization_admin") {
		return reply{}, liForbidden(resource + ".BATCH_GET")
	}
	return batchGet(r, func(id string) (any, int) {
		known := false
		for _, o := range li.organizationsOf(t.grant) {
			known = known || o.ID == id
			if o.ID == id && visible(o) {
				return o.row(), http.StatusOK
			}
		}
		if known {
			return nil, http.StatusForbidden
		}
		return nil, http.StatusNotFound
	})
}

func (o organization) row() map[string]any {
	id, _ := strconv.Atoi(o.ID) // a number here, where URNs and keys are text
	asset := "urn:li:digitalmediaAsset:" + o.picture()
	return map[string]any{
		"id": id, "localizedName": o.Name, "vanityName": o.Vanity, "primaryOrganizationType": "NONE", "locations": []string{},
		"name":   map[string]any{"localized": map[string]string{"en_US": o.Name}, "preferredLocale": map[string]string{"country": "US", "language": "en"}},
		"logoV2": map[string]any{"original": asset, "cropped": asset, "cropInfo": map[string]int{"x": 0, "y": 0, "width": 0, "height": 0}},
	}
}

func (o organization) picture() string { return "C4D0BAQ" + o.ID }

// images tells where pictures can be fetched, here those of the member's organizations.
func (li *linkedIn) images(r *http.Request, t *token) (reply, error) {
	return batchGet(r, func(urn string) (any, int) {
		for _, o := range t.grant.persona.Organizations {
			if urn == "urn:li:image:"+o.picture() {
				return map[string]any{"id": urn, "status": "AVAILABLE", "owner": "urn:li:organization:" + o.ID, "downloadUrl": li.lab.pictureURL(o.Name)}, http.StatusOK
			}
		}
		return nil, http.StatusNotFound
	})
}
