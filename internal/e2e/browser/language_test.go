package browser

import (
	"testing"

	"github.com/chromedp/chromedp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

func TestGerman(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person", testkit.Language("de-AT, de;q=0.9, en;q=0.5"))
	l := w.newLink()
	p.open(l.URL)
	p.at("Harbour Tools möchte eines Ihrer Social-Media-Konten verbinden")
	var lang string
	p.do("read the language", chromedp.AttributeValue("html", "lang", &lang, nil, chromedp.ByQuery))
	if lang != "de" {
		t.Errorf("html lang: got %q, want de", lang)
	}
	p.choosePlatform("facebook")
	p.click("Deny")
	p.at("Sie haben keine Erlaubnis gegeben")
	p.click("Noch einmal versuchen")
	p.consent("analyst", "read_insights")
	p.at("Wählen Sie, was Harbour Tools nutzen darf")
	p.reads("Sie haben nicht alles erlaubt", "Copper Kettle", "Lighthouse Weekly")
	p.doesNotRead("Choose", "Connect ", "allow")
	p.do("tick", chromedp.Click(row("Copper Kettle"), chromedp.BySearch))
	p.click("Verbinden")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Copper Kettle")
	p.open(l.URL)
	p.at("Verbunden")
	p.reads("1 Konto verbunden", "Zurück zu Harbour Tools")
}
