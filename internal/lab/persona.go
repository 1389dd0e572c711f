package lab

// persona is somebody whom a person can be in the Lab: a role, never an invented human.
type persona struct {
	Key           string // value of the form's persona field
	ID            string // the platform's id; text, since X's are above 2^53
	Name          string
	About         string // what makes this one worth trying
	Pages         []page // Facebook: what the consent page lists
	Business      *business
	Account       *account       // X
	Organizations []organization // LinkedIn
	Accounts      []openAccount  // the standard servers

	Instagram map[string]*professional // by page: the account linked to it
}

// account is what an X account shows of itself.
type account struct {
	Username             string
	Verified             bool
	Followers, Following int
	Posts, Listed        int
}

// business is a Facebook business portfolio.
type business struct{ ID, Name string }

// reach is how a person comes to a Facebook Page.
type reach string

const (
	byRole  reach = "role"   // listed by /me/accounts
	asOwner reach = "owned"  // through a portfolio that owns it: owned_pages, with its token
	asAgent reach = "client" // through a portfolio that works for its owner: client_pages, without
)

// page is a Facebook Page.
type page struct {
	ID, Name, Username, Category string
	Followers                    int
	Tasks                        []string
	Reach                        reach
}

// Publishes says whether the person may publish there, by Meta's Page tasks.
func (p page) Publishes() bool { return len(p.Tasks) > 1 }

func facebookPersonas() []persona {
	all := []string{"ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"}
	analyze := []string{"ANALYZE"}
	return []persona{
		{
			Key: "creator", ID: "7310400000000011", Name: "Creator with three pages",
			About: "Manages three pages and may publish on each.",
			Pages: []page{
				{"730100000000101", "Harbour Bakery", "labharbourbakery", "Bakery", 12840, all, byRole},
				{"730100000000102", "Night Market", "labnightmarket", "Event", 3105, all, byRole},
				{"730100000000103", "Paper Kites", "labpaperkites", "Art", 967, all, byRole},
			},
		},
		{
			Key: "nopages", ID: "7310400000000012", Name: "Person without pages",
			About: "Consents like anybody, but there is nothing to connect.",
		},
		{
			Key: "portfolio", ID: "7310400000000013", Name: "Manager in a business portfolio",
			About:    "The list of pages is empty; both pages are reached through a portfolio only.",
			Business: &business{"730200000000201", "Lab Portfolio"},
			Pages: []page{
				{"730100000000301", "Tidal Press", "labtidalpress", "Publisher", 54210, all, asOwner},
				{"730100000000302", "Orchard Radio", "laborchardradio", "Radio Station", 8800, all, asAgent},
			},
		},
		{
			Key: "analyst", ID: "7310400000000014", Name: "Analyst of one page, editor of another",
			About: "One of the two pages can be read but not published on.",
			Pages: []page{
				{"730100000000401", "Copper Kettle", "labcopperkettle", "Cafe", 410, all, byRole},
				{"730100000000402", "Lighthouse Weekly", "lablighthouseweekly", "Newspaper", 22600, analyze, byRole},
			},
		},
	}
}

func xPersonas() []persona {
	return []persona{
		{
			Key: "creator", ID: "1790000000000000123", Name: "Creator account",
			About:   "A verified account with followers.",
			Account: &account{Username: "lab_creator", Verified: true, Followers: 48210, Following: 311, Posts: 5120, Listed: 402},
		},
		{
			Key: "second", ID: "1790000000000000987", Name: "Second account",
			About:   "Another account, not verified: to connect two, or to come back as the wrong one.",
			Account: &account{Username: "lab_second", Followers: 17, Following: 42, Posts: 3},
		},
	}
}
