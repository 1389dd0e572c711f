package meta

import "slices"

// Page is a Facebook Page as /me/accounts, owned_pages and client_pages list it. Only
// what was asked for is filled in, and of that what Meta tells.
type Page struct {
	ID          string
	Name        string
	Username    string
	AccessToken string `json:"access_token"`
	Picture     Picture
	Category    string
	Followers   *int64     `json:"followers_count"`
	Tasks       *[]string  // what the person may do there; nil: not told
	Instagram   *Instagram `json:"instagram_business_account"` // nil: no professional account is linked
}

// Picture is where Meta keeps a picture's address.
type Picture struct{ Data struct{ URL string } }

// Instagram is the professional account that is linked to a page. Name and picture are
// absent where the account has none.
type Instagram struct {
	ID         string
	Username   string
	Name       string
	PictureURL string `json:"profile_picture_url"`
	Followers  *int64 `json:"followers_count"`
}

// Blocked is why nothing can be published by way of this page, or "". Publishing to
// the Instagram account behind a page asks for the same tasks as to the page itself.
// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media_publish/
func (p Page) Blocked() string {
	switch {
	case !p.publishes():
		return "no_task"
	case p.AccessToken == "":
		return "no_token"
	}
	return ""
}

// publishes tells whether the person may post there. A list without tasks does not
// say, and then the page is not held back.
func (p Page) publishes() bool {
	if p.Tasks == nil {
		return true
	}
	return slices.Contains(*p.Tasks, "CREATE_CONTENT") || slices.Contains(*p.Tasks, "MANAGE")
}
