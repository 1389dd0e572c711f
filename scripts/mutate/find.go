package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// folders are where guards stand.
var folders = []string{"internal/store/sqlstore", "internal/connect", "internal/api", "internal/dialect/marketingblocks"}

// mutant is the tree with one guard taken out.
type mutant struct {
	file       string // from the root, with slashes
	line       int
	fn         string // the function that it stands in
	kind       string
	old, new   string
	start, end int // of old, in bytes
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d %s: %s: %s → %s", m.file, m.line, m.fn, m.kind, flat(m.old), flat(m.new))
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// find lists the mutants of the tree at root, by file and place.
func find(root string) ([]mutant, error) {
	var all []mutant
	for _, folder := range folders {
		names, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil || len(names) == 0 {
			return nil, fmt.Errorf("no code in %s (%w): run it from the root of the tree", folder, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			found, err := inSource(folder+"/"+filepath.Base(name), text)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

// inSource lists the mutants of one file.
func inSource(file string, text []byte) ([]mutant, error) {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, text, 0)
	if err != nil {
		return nil, err
	}
	s := &source{file: file, text: text, fset: fset}
	for _, decl := range parsed.Decls {
		s.fn = "(declaration)"
		if f, ok := decl.(*ast.FuncDecl); ok {
			s.fn = f.Name.Name
		}
		ast.Inspect(decl, s.visit)
	}
	slices.SortFunc(s.found, func(a, b mutant) int { return a.start - b.start })
	return s.found, nil
}

// source is a file that is being read.
type source struct {
	file  string
	text  []byte
	fset  *token.FileSet
	fn    string
	found []mutant
}

func (s *source) add(kind string, start, end token.Pos, format string) {
	from, to := s.fset.Position(start).Offset, s.fset.Position(end).Offset
	old := string(s.text[from:to])
	s.found = append(s.found, mutant{
		file: s.file, line: s.fset.Position(start).Line, fn: s.fn, kind: kind, start: from, end: to,
		old: old, new: strings.ReplaceAll(format, "%", old),
	})
}

func (s *source) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind == token.STRING {
			s.sql(n)
		}
	case *ast.BinaryExpr:
		if (n.Op == token.EQL || n.Op == token.NEQ || n.Op == token.LEQ) && s.guards(n) {
			s.add("always", n.Pos(), n.End(), "(% || true)")
			s.add("never", n.Pos(), n.End(), "(% && false)")
			return false
		}
	case *ast.CallExpr:
		s.call(n)
	case *ast.SelectorExpr:
		if strings.HasPrefix(s.file, "internal/connect/") && name(n.X) == "c" && n.Sel.Name == "OwnerID" { // handed on, not compared
			s.add("owner", n.Pos(), n.End(), "int64(0)")
		}
	}
	return true
}

// predicate is a condition in SQL that keeps rows apart, or that a change depends on.
var predicate = regexp.MustCompile(`(?:WHERE|AND|ON|OR)\s+\(*?(` + strings.Join([]string{
	`\(workspace_id = \$\d+ OR workspace_id IS NULL\)`,
	`(?:\w+\.)?workspace_id (?:=|IS NOT DISTINCT FROM) \$\d+`,
	`(?:\w+\.)?workspace_id = \w+\.workspace_id`,
	`\(owner_id = \$\d+ OR \$\d+ = 0\)`,
	`(?:\w+\.)?owner_id = \$\d+`,
	`(?:\w+\.)?(?:state|fence|sealed) = (?:\$\d+|'\w+')`,
	`(?:\w+\.)?state IN \([^)]*\)`,
	`(?:workspace_id|retired_at|ended_at|sealed) IS NULL`,
	`client_id = ''`,
	`NOT EXISTS \(SELECT [^()]*\)`,
}, "|") + `)`)

// sql finds predicates in a string. What stays mentions the same parameters, so that the
// statement is still one.
func (s *source) sql(lit *ast.BasicLit) {
	if !strings.HasPrefix(s.file, "internal/store/") {
		return
	}
	for at := 0; at < len(lit.Value); {
		m := predicate.FindStringSubmatchIndex(lit.Value[at:])
		if m == nil {
			return
		}
		start := lit.Pos() + token.Pos(at+m[2])
		s.add("SQL", start, start+token.Pos(m[3]-m[2]), "(% OR 1 = 1)")
		at += m[3]
		if inner := lit.Value[at-(m[3]-m[2]) : at]; strings.HasPrefix(inner, "NOT EXISTS") {
			at -= len(inner) - len("NOT EXISTS ") // its own predicates too
		}
	}
}

// guards tells whether a comparison is about whose something is, or about what a change
// met.
func (s *source) guards(n *ast.BinaryExpr) bool {
	found := false
	for _, side := range []ast.Expr{n.X, n.Y} {
		ast.Inspect(side, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				found = found || n.Sel.Name == "OwnerID" || n.Sel.Name == "WorkspaceID"
			case *ast.Ident:
				found = found || n.Name == "affected"
			}
			return !found
		})
	}
	return found
}

// call finds calls that ask whether the caller may, or whether it is who it was.
func (s *source) call(n *ast.CallExpr) {
	called := name(n.Fun)
	switch {
	case called == "Require" || called == "requireAdmin":
		s.add("scope", n.Pos(), n.End(), "error(nil)")
	case called == "requireWhole":
		s.add("scope", n.Pos(), n.End(), "error(nil)")
		s.add("owner", n.Fun.(*ast.SelectorExpr).Sel.Pos(), n.Fun.End(), "Require")
	case called == "May" || called == "live" || called == "sameHash":
		s.add("always", n.Pos(), n.End(), "(% || true)")
	case called == "ConstantTimeCompare":
		s.add("always", n.Pos(), n.End(), "max(1, %)")
	case called == "IsZero":
		if of, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"RetiredAt", "RevokedAt"}, name(of.X)) {
			s.add("always", n.Pos(), n.End(), "(% || true)")
			s.add("never", n.Pos(), n.End(), "(% && false)")
		}
	}
}

// name is the last word of an identifier or a selector.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
