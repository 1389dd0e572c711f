package lab

import "net/http"

// The Lab's Instagram is reached by Facebook Login: it is a Facebook of its own (see
// facebook.go for what that refuses) with other people and other permissions. Beyond it:
//
//	a personal account, or one linked to no page, is nowhere: the page's row
//	has no instagram_business_account                                     reference/page [1]
//	the same without instagram_basic or pages_show_list; whether Meta
//	then errors instead is written nowhere                                reference/page [1]
//	fields of the account only where braces ask for them, else its id;
//	name and picture are left out where it has none                       reference/ig-user [2]
//	GET /{account} without instagram_basic and pages_read_engagement (10),
//	or when the page before it was unticked (100/33)                      reference/ig-user [2]
//
// [1] https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/page
// [2] https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user
//
// Milder than Meta: people tick pages and with them the accounts, which Meta lets them
// tick apart; a role that comes by way of a portfolio does not ask for ads_read as well.

func newInstagram(l *Lab) *facebook {
	return facebookLogin(l, "instagram", "Instagram", instagramPersonas(), instagramCrowd, instagramScopes())
}

func instagramScopes() []scope {
	return []scope{
		{"public_profile", "See your name and picture", true},
		{"instagram_basic", "See your Instagram professional accounts", false},
		{"instagram_content_publish", "Publish on Instagram for you", false},
		{"instagram_manage_insights", "Read your accounts' statistics", false},
		{"instagram_manage_comments", "Read and answer comments on your posts", false},
		{"instagram_manage_messages", "Read and answer your accounts' messages", false},
		{"pages_show_list", "See which pages you manage", false},
		{"pages_read_engagement", "Read your pages' posts and followers", false},
		{"business_management", "Reach pages in your business portfolios", false},
	}
}

// professional is an Instagram business or creator account. Without a Name it has no
// picture either.
type professional struct {
	ID, Username, Name        string
	Followers, Follows, Posts int
}

func instagramPersonas() []persona {
	all := []string{"ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"}
	analyze := []string{"ANALYZE"}
	return []persona{
		{
			Key: "creator", ID: "7310500000000011", Name: "Creator with two professional accounts",
			About: "Manages three pages. Two have an Instagram account linked, one of them without name and picture; the third has none.",
			Pages: []page{
				{"730500000000101", "Clay Studio", "labclaystudio", "Art", 2140, all, byRole},
				{"730500000000102", "Morning Ferry", "labmorningferry", "Travel Company", 870, all, byRole},
				{"730500000000103", "Field Notes", "labfieldnotes", "Magazine", 330, all, byRole},
			},
			Instagram: map[string]*professional{
				"730500000000101": {"17841400000000101", "lab.claystudio", "Clay Studio", 15320, 210, 640},
				"730500000000102": {ID: "17841400000000102", Username: "lab_morning_ferry", Followers: 98, Posts: 4},
			},
		},
		{
			Key: "personal", ID: "7310500000000012", Name: "Person with a personal Instagram account",
			About: "Manages two pages, but the Instagram account is a personal one: to an application it does not exist.",
			Pages: []page{
				{"730500000000201", "Garden Shed", "labgardenshed", "Home & Garden Website", 120, all, byRole},
				{"730500000000202", "Corner Library", "labcornerlibrary", "Library", 75, all, byRole},
			},
		},
		{
			Key: "nopages", ID: "7310500000000013", Name: "Person without pages",
			About: "Consents like anybody, but there is no page, and so no account behind one.",
		},
		{
			Key: "portfolio", ID: "7310500000000014", Name: "Manager in a business portfolio",
			About:    "The list of pages is empty; both pages and the accounts behind them are reached through a portfolio only.",
			Business: &business{"730500000000301", "Lab Agency"},
			Pages: []page{
				{"730500000000311", "Glass Orchard", "labglassorchard", "Musician/Band", 40210, all, asOwner},
				{"730500000000312", "North Pier", "labnorthpier", "Landmark", 5400, all, asAgent},
			},
			Instagram: map[string]*professional{
				"730500000000311": {"17841400000000311", "lab.glassorchard", "Glass Orchard", 88010, 12, 1204},
				"730500000000312": {"17841400000000312", "lab.northpier", "North Pier", 7100, 55, 310},
			},
		},
		{
			Key: "analyst", ID: "7310500000000015", Name: "Analyst of one account, editor of another",
			About: "Behind one of the two pages the person may not publish.",
			Pages: []page{
				{"730500000000401", "Velvet Lantern", "labvelvetlantern", "Theater", 610, all, byRole},
				{"730500000000402", "Harvest Weekly", "labharvestweekly", "Newspaper", 18300, analyze, byRole},
			},
			Instagram: map[string]*professional{
				"730500000000401": {"17841400000000401", "lab.velvetlantern", "Velvet Lantern", 2200, 180, 95},
				"730500000000402": {"17841400000000402", "lab.harvestweekly", "Harvest Weekly", 31000, 9, 2050},
			},
		},
	}
}

// addAccount adds the account linked to a Page to the Page's row, as far as this grant shows it.
func (f *facebook) addAccount(row map[string]any, g *grant, p page, inner string) error {
	a := g.persona.Instagram[p.ID]
	if a == nil || f.lab.target(g, a.ID) != targetThere || !g.has("instagram_basic") || !g.has("pages_show_list") {
		return nil
	}
	account, err := f.accountRow(a, fields(inner, "id"))
	row["instagram_business_account"] = account
	return err
}

func (f *facebook) accountRow(a *professional, asked []field) (map[string]any, error) {
	row := map[string]any{"id": a.ID}
	for _, field := range asked {
		switch field.name {
		case "id":
		case "username":
			row[field.name] = a.Username
		case "name":
			if a.Name != "" {
				row[field.name] = a.Name
			}
		case "profile_picture_url":
			if a.Name != "" {
				row[field.name] = f.lab.pictureURL(a.Name)
			}
		case "followers_count":
			row[field.name] = a.Followers
		case "follows_count":
			row[field.name] = a.Follows
		case "media_count":
			row[field.name] = a.Posts
		default:
			return nil, noField(field.name, "IGUser")
		}
	}
	return row, nil
}

// accountNode answers an account's id.
func (f *facebook) accountNode(r *http.Request, t *token, a *professional) (reply, error) {
	if !t.grant.has("instagram_basic") || !t.grant.has("pages_read_engagement") {
		return reply{}, graphError(http.StatusForbidden, 10, 0, "(#10) Application does not have permission for this action")
	}
	row, err := f.accountRow(a, fields(r.Form.Get("fields"), "id"))
	if err != nil {
		return reply{}, err
	}
	return jsonReply(http.StatusOK, "ok", row), nil
}

// visibleAccount is the account of that id, where this token comes to it: behind any page
// that stayed ticked for the person's token, behind its own for a page's. Else nil.
func (f *facebook) visibleAccount(t *token, id string) *professional {
	for page, a := range t.grant.persona.Instagram {
		if a.ID == id && f.lab.ticked(t.grant, page) && f.lab.target(t.grant, id) == targetThere && (t.page == nil || t.page.ID == page) {
			return a
		}
	}
	return nil
}

// tickedAccounts are the ids of the accounts behind the pages that stayed ticked.
func (f *facebook) tickedAccounts(g *grant) []string {
	ids := []string{}
	for _, page := range g.targets {
		if a := g.persona.Instagram[page]; a != nil && f.lab.ticked(g, page) && f.lab.target(g, a.ID) == targetThere {
			ids = append(ids, a.ID)
		}
	}
	return ids
}
