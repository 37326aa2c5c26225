package lint

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

const (
	maxFileLines     = 600
	maxFunctionLines = 70
	maxBinaryLines   = 30
)

// vagueNames say nothing about what a package does.
var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "manager", "base", "misc", "shared"}

// CheckSource returns files, functions and packages that break the house style.
func (t *Tree) CheckSource() []string {
	var wrong []string
	for _, f := range t.files {
		if slices.Contains(vagueNames, path.Base(f.pkg)) {
			wrong = append(wrong, fmt.Sprintf("%s: a package named %q; name it after what it does", f.path, path.Base(f.pkg)))
		}
		if f.generated {
			continue
		}
		most := maxFileLines
		if strings.HasPrefix(f.pkg, "cmd/") {
			most = maxBinaryLines
		}
		if f.lines > most {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines; at most %d", f.path, f.lines, most))
		}
		wrong = append(wrong, t.checkFunctions(f)...)
	}
	return wrong
}

func (t *Tree) checkFunctions(f *file) []string {
	var wrong []string
	for _, d := range f.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if fn.Recv == nil && fn.Name.Name == "init" {
			wrong = append(wrong, t.at(fn)+": init(); make it an explicit call or a package variable")
		}
		lines := t.fset.Position(fn.End()).Line - t.fset.Position(fn.Pos()).Line + 1
		if lines > maxFunctionLines {
			wrong = append(wrong, fmt.Sprintf("%s: function %s has %d lines; at most %d", t.at(fn), fn.Name.Name, lines, maxFunctionLines))
		}
	}
	return wrong
}

// forbidden are identifiers of packages that take time, context, output, logs or
// metrics from the process instead of from the caller.
var forbidden = map[string]struct {
	names   []string
	instead string
}{
	"time": {
		[]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		"take a clock.Clock",
	},
	"context":  {[]string{"Background", "TODO"}, "take the caller's context; context.WithoutCancel outlives it"},
	"fmt":      {[]string{"Print", "Printf", "Println"}, "write to an io.Writer that is handed in"},
	"log":      {[]string{"*"}, "take a *slog.Logger"},
	"log/slog": {[]string{"Default", "SetDefault", "Debug", "Info", "Warn", "Error", "Log"}, "take a *slog.Logger"},
	"math/rand": {
		[]string{"*"}, "use math/rand/v2 with a source that is handed in",
	},
	"math/rand/v2": {
		[]string{"Int", "IntN", "Int64", "Int64N", "Uint64", "Uint64N", "Float64", "N", "Perm", "Shuffle"},
		"take a *rand.Rand",
	},
	"github.com/prometheus/client_golang/prometheus": {
		[]string{"MustRegister", "Register", "DefaultRegisterer", "DefaultGatherer"},
		"take a prometheus.Registerer",
	},
	"github.com/prometheus/client_golang/prometheus/promauto": {[]string{"*"}, "take a prometheus.Registerer"},
}

// CheckIdentifiers returns uses of forbidden identifiers outside tests and the
// allow list, and entries of the allow list that nothing needs any more.
func (t *Tree) CheckIdentifiers(allowed []Allowance) []string {
	var wrong []string
	used := make([]bool, len(allowed))
	for _, f := range t.files {
		if f.test {
			continue
		}
		names := f.importNames()
		ast.Inspect(f.ast, func(n ast.Node) bool {
			importPath, name, ok := selected(n, names)
			if !ok || !isForbidden(importPath, name) {
				return true
			}
			i := slices.IndexFunc(allowed, func(a Allowance) bool { return a.covers(f, importPath, name) })
			if i >= 0 {
				used[i] = true
				return true
			}
			wrong = append(wrong, fmt.Sprintf("%s: %s.%s; %s", t.at(n), path.Base(importPath), name, forbidden[importPath].instead))
			return true
		})
	}
	for i, a := range allowed {
		if !used[i] {
			wrong = append(wrong, fmt.Sprintf("internal/lint/allow.go: nothing in %s uses %s; remove the entry", a.Where, a.Name))
		}
	}
	return wrong
}

func isForbidden(importPath, name string) bool {
	names := forbidden[importPath].names
	return slices.Contains(names, name) || (slices.Contains(names, "*") && ast.IsExported(name))
}

// importNames maps the name of each import in f to its path.
func (f *file) importNames() map[string]string {
	names := map[string]string{}
	f.imports(func(spec *ast.ImportSpec, importPath string) {
		name := path.Base(importPath)
		if name == "v2" {
			name = path.Base(path.Dir(importPath))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = importPath
	})
	return names
}

// selected returns the import and the name when n is "package.Name".
func selected(n ast.Node, names map[string]string) (importPath, name string, ok bool) {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", "", false
	}
	// The parser resolves what is declared in the file; a package is not.
	ident, ok := selector.X.(*ast.Ident)
	if !ok || ident.Obj != nil {
		return "", "", false
	}
	importPath, ok = names[ident.Name]
	return importPath, selector.Sel.Name, ok
}

// CheckSequential returns where packages start a goroutine that are tested without the race
// detector. Patterns are folders, as in "./adapter/...".
func (t *Tree) CheckSequential(patterns []string) []string {
	var wrong []string
	for _, f := range t.files {
		if !slices.ContainsFunc(patterns, func(p string) bool { return inFolder(f.pkg, strings.TrimPrefix(p, "./")) }) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				wrong = append(wrong, t.at(n)+": a goroutine in a package that the Makefile calls SEQUENTIAL; take the package out of the list there")
			case *ast.SelectorExpr:
				switch {
				case n.Sel.Name == "Go": // of a group
					wrong = append(wrong, t.at(n)+": a goroutine in a package that the Makefile calls SEQUENTIAL; take the package out of the list there")
				case n.Sel.Name == "Parallel" && f.test:
					wrong = append(wrong, t.at(n)+": a parallel test in a package that the Makefile calls SEQUENTIAL; take the package out of the list there")
				}
			}
			return true
		})
	}
	return wrong
}

// inFolder reports whether a package is what a pattern names: a folder, or with "/..." all below.
func inFolder(pkg, pattern string) bool {
	folder, below := strings.CutSuffix(pattern, "/...")
	return pkg == folder || below && strings.HasPrefix(pkg, folder+"/")
}
