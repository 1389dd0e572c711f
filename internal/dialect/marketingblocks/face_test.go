package marketingblocks

import (
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

func TestFaceMatchesConnectURL(t *testing.T) {
	t.Parallel()
	a := &API{publicURL: "https://app.marketingblocks.ai"}
	f := Face{}
	got, want := a.toLink(connect.Session{}, vault.NewSecret("abc123")).ConnectURL, a.publicURL+f.LinkPaths()[0]+"?"+f.LinkParams()[0]+"=abc123"
	if got != want || f.Origin() != connect.OriginMarketingBlocks {
		t.Errorf("got %s of %s, want %s", got, f.Origin(), want)
	}
}

// The golden files play the document's redirects; these are the document's silences.
func TestReturnWhereTheDocumentIsSilent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		session connect.Session
		want    string
	}{
		"expired before a platform": {
			connect.Session{Status: connect.SessionExpired},
			"app://cb?status=failed&connect_token=abc123&message=This+connect+link+has+expired.+Ask+the+application+for+a+new+one.",
		},
		"canceled after X was begun": {
			connect.Session{Status: connect.SessionCanceled, Platform: "x"},
			"app://cb?status=failed&platform=twitter&connect_token=abc123&message=User+canceled+the+connection",
		},
		"failed at the other way into Instagram": {
			connect.Session{Status: connect.SessionFailed, Platform: "instagram_login", Message: "A, b & c"},
			"app://cb?status=failed&platform=instagram&connect_token=abc123&message=A,+b+%26+c",
		},
	} {
		got := connect.AppendParams("app://cb", Face{}.Return(connect.Outcome{Session: c.session, Link: vault.NewSecret("abc123")}))
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}
