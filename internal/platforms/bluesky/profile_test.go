package bluesky

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const (
	sessionPath = "/xrpc/com.atproto.server.getSession"
	profilePath = "/xrpc/app.bsky.actor.getProfile"
	recordPath  = "/xrpc/com.atproto.repo.getRecord"
)

func (w *world) targets(t *testing.T) (platform.Identity, []platform.Target, error) {
	t.Helper()
	return w.platform.Targets(t.Context(), &platform.Client{
		Env: w.env, Credentials: platform.Credentials{Access: vault.NewSecret("a"), Extra: w.session(t)},
	})
}

func TestFacts(t *testing.T) {
	t.Parallel()
	const handle, link = "page.example.com", "https://bsky.app/profile/page.example.com"
	followers, verified := int64(12), true
	for name, tt := range map[string]struct {
		session, profile, record string
		want                     platform.Facts
	}{
		"with an AppView": {
			session: `{"did":"` + worldDID + `"}`,
			profile: `{"did":"` + worldDID + `","displayName":" The page ","avatar":"https://cdn.example.com/a","followersCount":12,"verification":{"verifiedStatus":"valid"}}`,
			want:    platform.Facts{Name: "The page", Username: handle, URL: link, AvatarURL: "https://cdn.example.com/a", Followers: &followers, Verified: &verified},
		},
		"no getSession": {
			profile: `{"did":"` + worldDID + `","avatar":"javascript:alert(1)"}`,
			want:    platform.Facts{Name: handle, Username: handle, URL: link},
		},
		"no AppView": {
			session: `{"did":"` + worldDID + `"}`,
			record:  `{"value":{"displayName":"The page","avatar":{"ref":{"$link":"bafy"}}}}`,
			want:    platform.Facts{Name: "The page", Username: handle, URL: link}, // the picture is on plain http here
		},
		"nothing but the token": {
			session: `{"did":"` + worldDID + `"}`,
			want:    platform.Facts{Name: handle, Username: handle, URL: link},
		},
	} {
		w := newWorld(t)
		for path, body := range map[string]string{sessionPath: tt.session, profilePath: tt.profile, recordPath: tt.record} {
			if body != "" {
				w.answer(path, 200, body)
			}
		}
		identity, targets, err := w.targets(t)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, identity.Facts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(targets) != 1 || targets[0].ExternalID != worldDID {
			t.Errorf("%s: got %d targets, want the account", name, len(targets))
		}
	}
}

func TestTokenIsNotProven(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"expired":           {401, `{"error":"invalid_token"}`, "consent_ended"},
		"another account's": {200, `{"did":"did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"}`, "other_account"},
		"server broken":     {502, ``, "platform_unavailable"},
	} {
		w := newWorld(t)
		w.answer(sessionPath, tt.status, tt.body)
		_, _, err := w.targets(t)
		if got := fault.ReasonOf(err); got != tt.want {
			t.Errorf("%s: got %q, want %q (%v)", name, got, tt.want, err)
		}
	}
}

// A handle that leads elsewhere by now is not shown; a directory that does not
// answer leaves the one of the consent.
func TestHandleChangesLater(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil func(w *world)
		want  string
	}{
		"renamed": {func(w *world) { w.docs[didPath]["alsoKnownAs"] = []any{"at://new.example.com"} }, "new.example.com"},
		"leads elsewhere": {func(w *world) {
			w.answer("/xrpc/com.atproto.identity.resolveHandle", 200, `{"did":"did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"}`)
		}, ""},
		"directory broken": {func(w *world) { w.answer(didPath, 503, "") }, "page.example.com"},
	} {
		w := newWorld(t)
		w.answer(sessionPath, 200, `{"did":"`+worldDID+`"}`)
		tt.spoil(w)
		identity, _, err := w.targets(t)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := identity.Username; got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
