package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// file is one parsed Go file of the project.
type file struct {
	path      string // from the project's root
	pkg       string // its folder, which is its package path without the module
	test      bool
	generated bool
	lines     int
	ast       *ast.File
}

// Tree is the parsed project.
type Tree struct {
	fset  *token.FileSet
	files []*file
}

// skippedFolders hold no Go code of the main module.
var skippedFolders = map[string]bool{
	".git": true, "node_modules": true, "testdata": true, "web": true, "tools": true, "bin": true,
}

// ReadTree parses all Go files below root, whatever their build tags.
func ReadTree(root fs.FS) (*Tree, error) {
	t := &Tree{fset: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skippedFolders[d.Name()]:
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		return t.add(root, name)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the project: %w", err)
	}
	return t, nil
}

func (t *Tree) add(root fs.FS, name string) error {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	t.files = append(t.files, &file{
		path: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
		generated: ast.IsGenerated(parsed), lines: strings.Count(string(src), "\n"), ast: parsed,
	})
	return nil
}

func (t *Tree) at(n ast.Node) string {
	p := t.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d:%d", p.Filename, p.Line, p.Column)
}

// imports calls visit for each import of f with its unquoted path.
func (f *file) imports(visit func(spec *ast.ImportSpec, importPath string)) {
	for _, spec := range f.ast.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic("BUG: the parser let a bad import path through")
		}
		visit(spec, importPath)
	}
}
