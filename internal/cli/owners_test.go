package cli_test

import (
	"strings"
	"testing"
)

const ownerJSON = `{"id":3,"external_id":"user_42","name":"Corner bakery","avatar_url":null,"contact_email":null,"reference":"contract 2026-17","default":false,"created_at":"2026-03-01T09:30:00.000Z","updated_at":"2026-03-01T09:30:00.000Z"}`

func TestOwnersList(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.answer("GET /v1/owners", 200, `{"data":[`+ownerJSON+`,`+strings.Replace(ownerJSON, `"default":false`, `"default":true`, 1)+`],"next_cursor":null}`)
	got := f.run(t, "owners", "list")
	wantContains(t, "stdout", got.stdout, "EXTERNAL ID", "user_42", "Corner bakery", "contract 2026-17", "the default one")
	wantLine(t, f.run(t, "owners", "list", "--json"))
}

func TestOwnersErase(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		term terminal
		args string
		code int
		body string // empty: nothing is asked of the server
		said string
	}{
		"typed":               {terminal{stdin: "user_42\n", interactive: true}, "", 0, `{"confirm":"user_42"}`, "with 2 channels, 1 consent, 4 sessions and 0 keys"},
		"typed wrong":         {terminal{stdin: "user_4\n", interactive: true}, "", 5, "", "nothing was erased"},
		"typed yes":           {terminal{stdin: "yes\n", interactive: true}, "", 5, "", "nothing was erased"},
		"typed nothing":       {terminal{interactive: true}, "", 5, "", "nothing was erased"},
		"no terminal":         {terminal{}, "", 2, "", "--confirm"},
		"confirmed":           {terminal{}, "--confirm user_42", 0, `{"confirm":"user_42"}`, "Owner 3 is erased"},
		"confirmed, terminal": {terminal{interactive: true}, "--confirm user_42", 0, `{"confirm":"user_42"}`, "Owner 3 is erased"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.answer("GET /v1/owners/3", 200, ownerJSON)
			calls := f.answer("POST /v1/owners/3/erase", 200, `{"owner_id":3,"channels":2,"grants":1,"sessions":4,"keys":0}`)
			got := f.runOn(t, t.Context(), tt.term, append([]string{"owners", "erase", "3"}, strings.Fields(tt.args)...)...)
			if got.code != tt.code {
				t.Errorf("exit code: got %d, want %d\n%s", got.code, tt.code, got.stderr)
			}
			wantContains(t, "output", got.stdout+got.stderr, tt.said)
			if tt.body != "" {
				wantCall(t, calls, tt.body)
			} else if len(*calls) != 0 {
				t.Errorf("got %d calls, want none", len(*calls))
			}
		})
	}
	f := newFakeAPI(t)
	got := f.run(t, "owners", "erase", "99", "--confirm", "x")
	wantContains(t, "stderr", got.stderr, "there is no owner 99", "owners list")
	f.answer("POST /v1/owners/3/erase", 422, `"code":"invalid","detail":"confirm is not the owner's external id","errors":[{"field":"confirm","message":"x"}]`)
	if got := f.run(t, "owners", "erase", "3", "--confirm", "x"); got.code != 2 {
		t.Errorf("confirmed wrong: got exit %d, want 2", got.code)
	}
	f.answer("POST /v1/owners/3/erase", 200, `{"owner_id":3,"channels":2,"grants":1,"sessions":4,"keys":0}`)
	wantLine(t, f.run(t, "owners", "erase", "3", "--confirm", "user_42", "--json"))
}
