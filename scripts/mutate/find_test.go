package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the finder takes out of each kind of guard; SET and column lists stay.
func TestGuardsAreFoundInTheSource(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, source string
		want         []string
	}{
		"SQL": {
			"internal/store/sqlstore/x.go",
			"package x\nfunc f() { q(`UPDATE t SET state = $4, workspace_id = $5 WHERE workspace_id = $1 AND id = $2 AND state = $3`) }",
			[]string{"workspace_id = $1", "state = $3"},
		},
		"SQL of everybody": {
			"internal/store/sqlstore/x.go", "package x\nconst q = `SELECT a FROM t WHERE (workspace_id = $1 OR workspace_id IS NULL) AND id = $2`",
			[]string{"(workspace_id = $1 OR workspace_id IS NULL)"},
		},
		"SQL inside SQL": {
			"internal/store/sqlstore/x.go",
			"package x\nconst q = `DELETE FROM t WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.workspace_id = t.workspace_id AND c.state = 'x')`",
			[]string{"NOT EXISTS (SELECT 1 FROM c WHERE c.workspace_id = t.workspace_id AND c.state = 'x')", "c.workspace_id = t.workspace_id", "c.state = 'x'"},
		},
		"no SQL": {"internal/connect/x.go", "package x\nconst q = `WHERE workspace_id = $1`", nil},
		"owner": {
			"internal/connect/x.go", "package x\nfunc f() bool { return c.OwnerID != 0 && c.OwnerID != s.OwnerID }",
			[]string{"c.OwnerID != 0", "c.OwnerID != 0", "c.OwnerID != s.OwnerID", "c.OwnerID != s.OwnerID"},
		},
		"owner handed on": {"internal/connect/x.go", "package x\nfunc f() { list(ctx, c.OwnerID) }", []string{"c.OwnerID"}},
		"scope": {
			"internal/connect/x.go", "package x\nfunc f() { _, _, _ = c.Require(A), c.requireWhole(B), s.requireAdmin(c) }",
			[]string{"c.Require(A)", "c.requireWhole(B)", "requireWhole", "s.requireAdmin(c)"},
		},
		"swap":   {"internal/store/sqlstore/x.go", "package x\nfunc f() bool { return affected == 1 }", []string{"affected == 1", "affected == 1"}},
		"secret": {"internal/connect/x.go", "package x\nfunc f() bool { return !sameHash(a, b) }", []string{"sameHash(a, b)"}},
	} {
		found, err := inSource(test.file, []byte(test.source))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range found {
			got = append(got, m.old)
			if test.source[m.start:m.end] != m.old || m.new == m.old {
				t.Errorf("%s: %s does not stand where it is said to, or stays", name, m)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The tree has what the script is for, and every argument fits it.
func TestTheTreeHasGuards(t *testing.T) {
	t.Parallel()
	all, err := find("../..")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, m := range all {
		kinds[strings.Split(m.file, "/")[1]+" "+m.kind]++
	}
	for kind, least := range map[string]int{"store SQL": 60, "connect scope": 20, "connect owner": 10, "connect always": 20, "api scope": 1, "dialect scope": 1} {
		if kinds[kind] < least {
			t.Errorf("got %d of %s, want at least %d: the scan is broken", kinds[kind], kind, least)
		}
	}
	if err := checkArguments(all); err != nil {
		t.Error(err)
	}
}
