// Package archtest holds the house rule "who may know whom" as a test: one line
// for each room, with the reason.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "patchbay/"

// rule is what one room may import of ours. A pattern ends in "/..." for a whole
// folder. Everything else of ours is forbidden there.
type rule struct {
	room string
	may  []string
	why  string
}

var rules = []rule{
	{"cmd/...", []string{"internal/cli"}, "main hands over its world and nothing else"},
	{"internal/cli", []string{"internal/app", "internal/config", "internal/connect", "internal/fault", "internal/vault"}, "dev opens the store through app; the other commands speak HTTP"},
	{"internal/app", []string{"internal/..."}, "the only place where things are wired"},
	{"internal/api", []string{"internal/connect", "internal/webhook", "internal/platform", "internal/fault", "internal/httpx", "internal/vault"}, "a room over the core knows no store, no platform's code and no other room"},
	{"internal/dialect/dialecttest", []string{"internal/fault", "internal/httpx"}, "replays golden files against any dialect"},
	{"internal/dialect/...", []string{"internal/connect", "internal/webhook", "internal/platform", "internal/fault", "internal/httpx", "internal/vault", "internal/i18n", "internal/dialect/dialecttest"}, "a dialect is a translation over the core; dialects do not know each other"},
	{"internal/hosted", []string{"internal/connect", "internal/platform", "internal/fault", "internal/httpx", "internal/vault", "internal/i18n", "internal/hosted/ui"}, "the pages know sessions and faces, no dialect"},
	{"internal/hosted/ui", []string{"internal/i18n"}, "view models in, HTML out"},
	{"internal/connect", []string{"internal/platform", "internal/vault", "internal/fault", "internal/batch"}, "the core sees no HTTP, no SQL and no room"},
	{"internal/platforms", []string{"internal/platform", "internal/platforms/..."}, "the one list of platforms"},
	{"internal/platforms/bluesky", []string{"internal/platform", "internal/platform/dpop", "internal/fault", "internal/vault", "internal/httpx"}, "its tokens are bound to a key"},
	{"internal/platforms/custom", []string{"internal/platform", "internal/platform/dpop", "internal/fault", "internal/vault", "internal/httpx"}, "a platform that a file describes; its tokens may be bound to a key"},
	{"internal/platform/dpop", []string{"internal/vault", "internal/httpx"}, "keys and proofs of RFC 9449; it knows no platform"},
	{"internal/platforms/...", []string{"internal/platform", "internal/fault", "internal/vault", "internal/httpx"}, "a platform knows no core, no other platform and not the Lab"},
	{"internal/platforms/facebook", []string{"internal/platform", "internal/platform/meta", "internal/fault", "internal/vault", "internal/httpx"}, "shares Facebook Login with Instagram"},
	{"internal/platforms/instagram", []string{"internal/platform", "internal/platform/meta", "internal/fault", "internal/vault", "internal/httpx"}, "shares Facebook Login with Facebook"},
	{"internal/platform/meta", []string{"internal/platform", "internal/fault", "internal/vault", "internal/httpx"}, "what the platforms behind Facebook Login share; it holds none of them"},
	{"internal/platform", []string{"internal/fault", "internal/vault", "internal/httpx"}, "what platforms share"},
	{"internal/platform/platformtest", []string{"internal/platform", "internal/fault", "internal/vault", "internal/httpx", "internal/lab"}, "conformance against the Lab"},
	{"internal/lab", []string{"internal/httpx"}, "the Lab is written from the facts, never from our own platform code"},
	{"internal/webhook", []string{"internal/connect", "internal/vault", "internal/fault", "internal/httpx", "internal/batch"}, "sends the core's events; it knows no store and no room"},
	{"internal/store/sqlstore", []string{"internal/connect", "internal/webhook", "internal/platform", "internal/fault", "internal/vault"}, "the store knows the nouns of the core and of webhooks, whose deliveries are written in the transaction of the event, and nobody above; of the vault, key ids"},
	{"internal/store/storetest", []string{"internal/connect", "internal/webhook", "internal/platform", "internal/fault", "internal/vault"}, "what every engine must do"},
	{"internal/jobs", []string{"internal/fault"}, "loops are given what to do"},
	{"internal/httpx", []string{"internal/fault", "internal/vault"}, "what rooms share of HTTP; it knows no room"},
	{"internal/config", []string{"internal/vault"}, "settings are data"},
	{"internal/batch", nil, "does together what it is given"},
	{"internal/metrics", nil, "counters know nobody: who counts calls them"},
	{"internal/i18n", nil, "texts know nobody"},
	{"internal/fault", nil, "the taxonomy knows nobody"},
	{"internal/vault", nil, "secrets know nobody"},
	{"bench", []string{"internal/connect", "internal/platform", "internal/store/sqlstore", "internal/vault", "internal/webhook"}, "fills databases through the store with what is really sealed, then speaks HTTP to the built program"},
	{"client", nil, "others build on it: the standard library only"},
	{"examples/...", []string{"client"}, "as somebody else would write it"},
	{"internal/e2e/...", []string{"internal/..."}, "proofs of the whole program"},
	{"internal/e2e", []string{"internal/app", "internal/config", "internal/connect", "internal/lab", "internal/testkit", "internal/vault"}, "runs the whole program for tests"},
	{"internal/testkit", nil, "starts real parts for tests; knows only the command line of the program"},
}

// onlyFrom names packages that only a few may import at all.
var onlyFrom = map[string][]string{
	"internal/store/sqlstore": {"internal/app", "bench"},
	"internal/app":            {"internal/cli", "internal/e2e"},
	"internal/testkit":        {"internal/e2e"}, // and tests
}

func TestEveryRoomKnowsOnlyWhomItMay(t *testing.T) {
	t.Parallel()
	for pkg, imports := range ourImports(t) {
		r, ok := ruleFor(pkg)
		if !ok {
			t.Errorf("%s has no rule: add it to the table with its reason", pkg)
			continue
		}
		for _, imp := range imports {
			if !allowed(r, imp) {
				t.Errorf("%s must not import %s: %s", pkg, imp, r.why)
			}
			if users, limited := onlyFrom[imp]; limited && !contains(users, pkg) {
				t.Errorf("%s must not import %s: only %v may", pkg, imp, users)
			}
		}
	}
}

func TestImportDepthStaysReadable(t *testing.T) {
	t.Parallel()
	imports := ourImports(t)
	depths := map[string]int{}
	var depth func(string) int
	depth = func(pkg string) int {
		if d, ok := depths[pkg]; ok {
			return d
		}
		deepest := 0
		for _, imp := range imports[pkg] {
			deepest = max(deepest, depth(imp))
		}
		depths[pkg] = deepest + 1
		return depths[pkg]
	}
	for pkg := range imports {
		if d := depth(pkg); d > 9 { // eight, and platform/meta between the engine and the platforms that share it
			t.Errorf("%s stands on %d layers, want at most 9", pkg, d)
		}
	}
}

// ourImports maps each package of ours to the packages of ours that it imports,
// tests left out.
func ourImports(t *testing.T) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if name := d.Name(); rel != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "tools" || name == "scripts") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		out[pkg] = append(out[pkg], []string{}...)
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if ours, ok := strings.CutPrefix(name, module); ok && !contains(out[pkg], ours) {
				out[pkg] = append(out[pkg], ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("found only %d packages: the walk is broken", len(out))
	}
	return out
}

// ruleFor picks the most exact rule.
func ruleFor(pkg string) (rule, bool) {
	var best rule
	found := false
	for _, r := range rules {
		if matches(r.room, pkg) && (!found || len(r.room) > len(best.room) || r.room == pkg) && best.room != pkg {
			best, found = r, true
		}
	}
	return best, found
}

func allowed(r rule, imp string) bool {
	for _, m := range r.may {
		if matches(m, imp) {
			return true
		}
	}
	return false
}

func matches(pattern, pkg string) bool {
	folder, ok := strings.CutSuffix(pattern, "/...")
	if !ok {
		return pattern == pkg
	}
	return strings.HasPrefix(pkg, folder+"/")
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}
