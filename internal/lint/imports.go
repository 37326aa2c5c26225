package lint

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// CheckImports returns what breaks the order of the layers.
func (t *Tree) CheckImports() []string {
	var wrong []string
	for _, f := range t.files {
		from, ok := locate(f.pkg)
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: package %s stands in no layer; add it to internal/lint/layers.go", f.path, f.pkg))
			continue
		}
		f.imports(func(spec *ast.ImportSpec, importPath string) {
			if problem := checkImport(f, from, importPath); problem != "" {
				wrong = append(wrong, t.at(spec)+": "+problem)
			}
		})
	}
	return wrong
}

func checkImport(f *file, from place, importPath string) string {
	pkg, own := strings.CutPrefix(importPath, Module+"/")
	if !own {
		return checkOutside(f, importPath)
	}
	to, ok := locate(pkg)
	if !ok || to == from {
		return "" // a package in no layer is reported by its own files
	}
	fromLayer, toLayer := Layers[from.height], Layers[to.height]
	who := fmt.Sprintf("%s (%s) imports %s (%s)", f.pkg, fromLayer.Name, pkg, toLayer.Name)
	switch {
	case from.height < to.height && (!f.test || to.height >= heightOf(app)) && fromLayer.Name != tools:
		return who + ", which is above it; hand in a small interface, or move the code"
	case from.height == to.height && !f.test && !slices.Contains(fromLayer.Siblings, Edge{from.unit, to.unit}):
		return who + "; siblings do not know each other"
	case f.test:
		return ""
	case toLayer.By != nil && !slices.Contains(toLayer.By, fromLayer.Name):
		return who + ", which " + orNobody(toLayer.By) + " and tests may import"
	case fromLayer.Only != nil && !slices.Contains(fromLayer.Only, toLayer.Name):
		return who + ", but may import " + orNobody(fromLayer.Only) + " only"
	}
	return ""
}

// checkOutside checks an import from outside the module.
func checkOutside(f *file, importPath string) string {
	first, _, _ := strings.Cut(importPath, "/")
	if f.pkg == "event" && !f.test && strings.Contains(first, ".") {
		return "event imports the standard library only, not " + importPath
	}
	for _, v := range Vendors {
		if f.test || !strings.HasPrefix(importPath, v.Prefix) || slices.ContainsFunc(v.Allowed, func(pattern string) bool {
			_, ok := match(pattern, f.pkg)
			return ok
		}) {
			continue
		}
		return fmt.Sprintf("%s imports %s, which only %s may: %s", f.pkg, importPath, strings.Join(v.Allowed, ", "), v.Why)
	}
	return ""
}

func heightOf(name string) int {
	return slices.IndexFunc(Layers, func(l Layer) bool { return l.Name == name })
}

func orNobody(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
