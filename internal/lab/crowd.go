package lab

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// The crowd is as many people as a test wants: crowd-0, crowd-1 and so on, on every
// platform, each somebody else. The consent page does not list them; a form names them.
var crowdKey = regexp.MustCompile(`^crowd-(0|[1-9][0-9]{0,8})$`)

// persona finds one of the platform's people by the form's key.
func (d *dialog) persona(key string) (persona, bool) {
	if i := slices.IndexFunc(d.Personas, func(p persona) bool { return p.Key == key }); i >= 0 {
		return d.Personas[i], true
	}
	found := crowdKey.FindStringSubmatch(key)
	if found == nil || d.crowd == nil {
		return persona{}, false
	}
	n, _ := strconv.Atoi(found[1]) // nine digits at most
	p := d.crowd(n)
	p.Key, p.Name = key, "Crowd account "+found[1]
	return p, true
}

func facebookCrowd(n int) persona {
	all := []string{"ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"}
	return persona{ID: fmt.Sprintf("7319%012d", n), Pages: []page{
		{fmt.Sprintf("7391%011d", n), fmt.Sprintf("Crowd Bakery %d", n), fmt.Sprintf("labcrowdbakery%d", n), "Bakery", n % 1000, all, byRole},
		{fmt.Sprintf("7392%011d", n), fmt.Sprintf("Crowd Press %d", n), fmt.Sprintf("labcrowdpress%d", n), "Publisher", n % 1000, all, byRole},
	}}
}

// instagramCrowd has one page with one account behind it.
func instagramCrowd(n int) persona {
	all := []string{"ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"}
	shop := page{fmt.Sprintf("7395%011d", n), fmt.Sprintf("Crowd Studio %d", n), fmt.Sprintf("labcrowdstudio%d", n), "Art", n % 1000, all, byRole}
	return persona{ID: fmt.Sprintf("7318%012d", n), Pages: []page{shop}, Instagram: map[string]*professional{
		shop.ID: {fmt.Sprintf("178419%011d", n), fmt.Sprintf("lab.crowd.%d", n), fmt.Sprintf("Crowd Studio %d", n), n % 1000, 1, 1},
	}}
}

func xCrowd(n int) persona {
	return persona{ID: fmt.Sprintf("18%017d", n), Account: crowdAccount(n)}
}

func mastodonCrowd(n int) persona {
	return persona{ID: fmt.Sprintf("11%016d", n), Account: crowdAccount(n)}
}

func crowdAccount(n int) *account {
	return &account{Username: fmt.Sprintf("lab_crowd_%d", n), Followers: n % 1000, Following: 10, Posts: 10}
}

// linkedInCrowd has a profile and no organization.
func linkedInCrowd(n int) persona { return persona{ID: fmt.Sprintf("cRwd%09d", n)} }

func openCrowd(n int) persona {
	return persona{ID: fmt.Sprintf("ps-c%d", n), Accounts: []openAccount{
		{fmt.Sprintf("acct-c%d", n), fmt.Sprintf("Crowd account %d", n), fmt.Sprintf("lab_crowd_%d", n), "admin"},
	}}
}
