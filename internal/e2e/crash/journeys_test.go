package crash_test

// journey is what a person does at a platform.
type journey struct {
	platform, persona string
	server            string   // typed first, where the platform has many
	pages             []string // that stay ticked; nil: all
	picks             int      // how many targets are chosen; 0: there is no picker
	calls             []string // that the callback makes, in order
	exchange          int      // how many of them come before credentials are stored
}

func metaCalls(more ...string) []string {
	return append([]string{"POST /oauth/access_token", "GET /oauth/access_token", "GET /me/permissions", "GET /me", "GET /me/accounts"}, more...)
}

// The Lab's personas: docs/lab.md.
var (
	picker  = journey{platform: "facebook", persona: "creator", picks: 2, calls: metaCalls(), exchange: 2}
	onePage = journey{platform: "facebook", persona: "creator", pages: []string{"730100000000102"}, calls: metaCalls(), exchange: 2}
	wallet  = journey{
		platform: "facebook", persona: "portfolio", picks: 1, exchange: 2,
		calls: metaCalls("GET /me/businesses", "GET /owned_pages", "GET /client_pages", "GET /730100000000302"),
	}
	xAccount  = journey{platform: "x", persona: "creator", calls: []string{"POST /2/oauth2/token", "GET /2/users/me"}, exchange: 1}
	instagram = journey{platform: "instagram", persona: "creator", picks: 2, calls: metaCalls(), exchange: 2}
	member    = journey{
		platform: "linkedin", persona: "member", exchange: 1,
		calls: []string{"POST /oauth/v2/accessToken", "GET /v2/userinfo", "GET /rest/organizationAcls"},
	}
	organizations = journey{
		platform: "linkedin", persona: "creator", picks: 3, exchange: 1,
		calls: append(member.calls[:3:3], "GET /rest/organizations", "GET /rest/organizationsLookup", "GET /rest/images"),
	}
	mastodon    = atServer("mastodon.example", "creator")
	oldMastodon = atServer("old.mastodon.example", "second") // before 4.3: no discovery, no PKCE
)

func atServer(server, persona string) journey {
	return journey{
		platform: "mastodon", persona: persona, server: server, exchange: 1,
		calls: []string{"POST /oauth/token", "GET /api/v1/accounts/verify_credentials"},
	}
}

// journeys are all of them, for the random walk.
var journeys = []journey{picker, onePage, wallet, xAccount, instagram, member, organizations, mastodon, oldMastodon}

// registration is the calls that lead to our app at a server and on to its consent page.
// Between the third and the last our transaction keeps the app.
var registration = []string{
	"GET /.well-known/oauth-authorization-server", "POST /api/v1/apps", "POST /oauth/token", "GET /.well-known/oauth-authorization-server",
}

// asking is how the application asks for a session.
type asking struct {
	native bool   // by the native API with an Idempotency-Key; else by MarketingBlocks' connect-channel
	check  string // native: the initiator_check; empty: same_browser
	silent bool   // with the check confirm: the application never confirms
}

var (
	natively  = asking{native: true}
	confirmed = asking{native: true, check: "confirm"}
	forgotten = asking{native: true, check: "confirm", silent: true}
)
