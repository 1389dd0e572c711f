package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestHelpTeaches(t *testing.T) {
	t.Parallel()
	for command, example := range map[string]string{
		"":                "patchbay channels list",
		"dev":             "patchbay dev",
		"lab":             "patchbay lab --addr 127.0.0.1:9099",
		"connect":         "patchbay connect --owner user_42 --platform facebook",
		"channels":        "patchbay channels show 5",
		"channels list":   "patchbay channels list --owner user_42",
		"channels show":   "patchbay channels show 5 --json",
		"channels health": "patchbay channels health 5 --json | jq -r .act",
		"channels check":  "patchbay channels check 5 --json > /dev/null ||",
		"channels token":  "patchbay channels token 5 --newer-than 7",
		"audit":           "patchbay audit list",
		"audit verify":    "patchbay audit verify --head",
		"owners":          "patchbay owners erase 3",
		"owners list":     "patchbay owners list --all --json | jq",
		"owners erase":    "patchbay owners erase 3 --confirm user_42",
		"events":          "patchbay events --follow --type 'channel.*'",
		"listen":          "patchbay listen --forward-to http://localhost:3000/webhook",
		"endpoints":       "patchbay endpoints test 2",
		"deliveries":      "patchbay deliveries replay 90",
		"audit list":      "patchbay audit list --after 128",
		"version":         "patchbay version --json",
		"keys":            "patchbay keys bootstrap --name",
		"keys new":        "patchbay keys new --file /etc/patchbay/keyset.json",
		"keys bootstrap":  "--json | jq -r .api_key",
		"keys rotate":     "patchbay keys rotate --file /etc/patchbay/keyset.json --retire",
		"keys status":     "patchbay keys status --file",
		"serve":           "patchbay serve --config /etc/patchbay/patchbay.yaml",
		"doctor":          "patchbay doctor --json | jq",
		"migrate":         "patchbay migrate --dry-run",
		"backup":          "patchbay backup /backups/",
		"restore":         "systemctl stop patchbay",
		"healthcheck":     "patchbay healthcheck --listen",

		"channels pause":          "patchbay channels pause 5",
		"channels resume":         "patchbay channels resume 5",
		"channels rename":         "patchbay channels rename 5 \"Bakery",
		"channels reconnect":      "patchbay channels reconnect 5 --json --fail-fast",
		"channels disconnect":     "patchbay channels disconnect 5 --yes",
		"channels targets":        "patchbay channels targets 5",
		"channels retarget":       "patchbay channels retarget 5 31",
		"channels move":           "patchbay channels move 5 --owner user_43",
		"channels import":         "patchbay channels import --file tokens.jsonl --dry-run",
		"endpoints list":          "patchbay endpoints list",
		"endpoints add":           "patchbay endpoints add --url https://",
		"endpoints show":          "patchbay endpoints show 2",
		"endpoints change":        "patchbay endpoints change 2 --url",
		"endpoints enable":        "patchbay endpoints enable 2",
		"endpoints disable":       "patchbay endpoints disable 2",
		"endpoints delete":        "patchbay endpoints delete 2 --yes",
		"endpoints rotate-secret": "patchbay endpoints rotate-secret 2 --overlap 0s",
		"endpoints test":          "patchbay endpoints test 2 --json | jq",
		"endpoints replay":        "patchbay endpoints replay 2 --since 2h --failed-only",
		"deliveries list":         "patchbay deliveries list --endpoint 2 --state failed",
		"deliveries show":         "patchbay deliveries show 90 --json | jq",
		"deliveries replay":       "patchbay deliveries replay 90",

		"refreshing":        "patchbay refreshing status",
		"refreshing status": "patchbay refreshing status --json | jq",
		"refreshing hold":   "patchbay refreshing hold --config /etc/patchbay/staging.yaml",
		"refreshing resume": "patchbay refreshing resume",
	} {
		t.Run("patchbay "+command, func(t *testing.T) {
			t.Parallel()
			got := runIn(t, t.Context(), terminal{}, append(strings.Fields(command), "--help")...)
			if got.code != 0 || got.stderr != "" {
				t.Errorf("got exit %d and %q on stderr, want 0 and nothing", got.code, got.stderr)
			}
			wantContains(t, "help", got.stdout, example)
			if command != "" {
				wantContains(t, "help", got.stdout, "Examples:")
			}
		})
	}
	wantContains(t, "help of connect", runIn(t, t.Context(), terminal{}, "connect", "--help").stdout,
		"Exit codes:", "130", "--fail-fast", "try again until the link expires", "$PATCHBAY_API_KEY")
	for _, command := range []string{"channels disconnect", "endpoints delete", "owners erase"} {
		wantContains(t, "help of "+command, runIn(t, t.Context(), terminal{}, append(strings.Fields(command), "--help")...).stdout, "    5     the answer was no")
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"conect":                                    "conect",
		"connect --nonsense":                        "patchbay connect --help",
		"channels":                                  "patchbay channels --help",
		"channels show":                             "patchbay channels show --help",
		"channels show five":                        `<id>: must be a whole number, not "five" — see`,
		"channels list --limit x":                   `--limit: must be a whole number, not "x" — see`,
		"connect --expires-in 5":                    `--expires-in: must be a time such as 90s, 15m or 2h, not "5" — see`,
		"connect --expires-in 5s":                   "between 1m and 24h",
		"connect --timeout -1s":                     "patchbay connect --help",
		"connect " + testKey:                        "unexpected argument [secret]",
		"channels list --limit 0":                   "must be at least 1",
		"audit list --limit 0":                      "must be at least 1",
		"channels token 5 --min-lifetime 25h":       "between 1s and 24h",
		"channels disconnect":                       "patchbay channels disconnect --help",
		"channels move 5":                           "--owner",
		"channels rename 5":                         "patchbay channels rename --help",
		"channels reconnect 5 --expires-in 1s":      "between 1m and 24h",
		"channels import " + testKey:                "unexpected argument [secret]",
		"endpoints add":                             "--url",
		"endpoints change 2":                        "nothing to change",
		"endpoints change 2 --type a.b --all-types": "--all-types",
		"endpoints rotate-secret 2 --overlap 8d":    "patchbay endpoints rotate-secret --help",
		"endpoints rotate-secret 2 --overlap 169h":  "between 0s and 168h",
		"endpoints replay 2 --since yesterday":      "--since: must be",
		"endpoints replay 2 --since 2h --after 3":   "--since and --after can't be used together",
		"endpoints replay 2 --after 5 --until 5":    "--until",
		"events --limit 0":                          "must be at least 1",
		"events --after -1":                         "--after",
		"events --type channel*":                    "--type",
		"events --follow --all":                     "--follow --after 0",
		"listen":                                    "--forward-to",
		"listen --forward-to http://10.0.0.1/":      "--allow-remote",
		"audit verify --head 5":                     "64 hex digits",
		"channels token 5 --newer-than -1":          "patchbay channels token --help",
	} {
		got := runIn(t, t.Context(), terminal{}, strings.Fields(args)...)
		if got.code != 2 || got.stdout != "" {
			t.Errorf("%s: got exit %d and %q on stdout, want 2 and nothing", args, got.code, got.stdout)
		}
		wantContains(t, args, got.stderr, want, "patchbay: ", " — see ")
	}
}

func TestNoArguments(t *testing.T) {
	t.Parallel()
	got := runIn(t, t.Context(), terminal{})
	if got.code != 0 {
		t.Errorf("exit code: got %d, want 0", got.code)
	}
	wantContains(t, "stdout", got.stdout, "Start here:", "patchbay dev")
}

func TestVersion(t *testing.T) {
	t.Parallel()
	wantContains(t, "stdout", runIn(t, t.Context(), terminal{}, "version").stdout, "patchbay ", "go1.")
	var build struct{ Version, Go, Platform string }
	if err := json.Unmarshal([]byte(runIn(t, t.Context(), terminal{}, "version", "--json").stdout), &build); err != nil {
		t.Fatal(err)
	}
	if build.Version == "" || build.Go == "" || build.Platform == "" {
		t.Errorf("got %+v, want all known", build)
	}
}
