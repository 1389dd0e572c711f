package browser

import (
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

func TestAnotherHostNameLeadsToThePublicOne(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(strings.Replace(l.URL, "127.0.0.1", "localhost", 1))
	p.at(choosePage)
	p.wantOrigin(w.URL)
	p.choosePlatform("facebook")
	p.consent("creator", "Harbour Bakery", "Paper Kites")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Night Market")
}
