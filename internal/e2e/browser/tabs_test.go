package browser

import (
	"testing"

	"patchbay/internal/e2e"
)

func TestSecondTabComesLate(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	l := w.newLink()
	first := w.person("first")
	second := first.tab("second")
	first.open(l.URL)
	second.open(l.URL)
	first.choosePlatform("facebook")
	second.choosePlatform("x")
	first.consent("creator", "Harbour Bakery", "Night Market")
	first.at(returnedPage)
	w.wantConnected(l, "facebook", "Paper Kites")

	before := w.stand(l)
	second.consent("creator")
	second.at(lateTabPage)
	w.wantUnchanged(l, before)
	second.back() // to the Lab, and once more to the page of the platforms
	second.back()
	second.at(successPage)
	w.wantUnchanged(l, before)
}

func TestTwoTabsOnThePicker(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	l := w.newLink()
	first := w.person("first")
	second := first.tab("second")
	for _, p := range []*person{first, second} {
		p.open(l.URL + "&again=" + p.name) // the same page, whatever else the address holds
		if p.heading() == pickerPage {
			p.click("Start over")
		}
		p.choosePlatform("facebook")
		p.consent("creator")
		p.at(pickerPage)
	}
	first.pick("Harbour Bakery", "Night Market")
	first.at(returnedPage)
	w.wantConnected(l, "facebook", "Harbour Bakery", "Night Market")

	before := w.stand(l)
	second.pick("Paper Kites")
	second.at(successPage)
	second.reads("2 accounts connected", "Harbour Bakery", "Night Market")
	second.doesNotRead("Paper Kites")
	w.wantUnchanged(l, before)
}
