package lineage

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/expression"
)

// maxExpression bounds the expressions of rules that are read here.
const maxExpression = 2000

// placeholder names a field in a text: {order_id}.
var placeholder = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_.]*)\}`)

// fieldName is what a field of an event is called.
var fieldName = regexp.MustCompile(`^[a-z_]+(\.[A-Za-z0-9_]+)*$`)

// ReadRules returns what the rules and corrections of a rules file read. The file has been
// loaded by the rules themselves; what is looked at here is only which fields stand in
// it, so that a new kind of correction needs nothing here.
func ReadRules(text []byte) ([]RuleUse, error) {
	var doc struct {
		Corrections []yaml.Node `yaml:"corrections"`
		Rules       []yaml.Node `yaml:"rules"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("cannot read rules for lineage: %w", err)
	}
	var uses []RuleUse
	for i := range doc.Corrections {
		uses = append(uses, useOf(&doc.Corrections[i], true))
	}
	for i := range doc.Rules {
		uses = append(uses, useOf(&doc.Rules[i], false))
	}
	return uses, nil
}

// useOf reads one rule or correction.
func useOf(n *yaml.Node, correction bool) RuleUse {
	u := RuleUse{Correction: correction}
	found := make(map[string]bool)
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			switch key, value := n.Content[i].Value, n.Content[i+1]; key {
			case "name":
				u.Name = value.Value
			case "field":
				u.Field = value.Value
			case "message", "severity", "category", "map":
			default:
				named(value, key, found)
			}
		}
	}
	delete(found, u.Field)
	for f := range found {
		u.Reads = append(u.Reads, f)
	}
	slices.Sort(u.Reads)
	return u
}

// conditions are the keys whose texts are expressions.
var conditions = []string{"when", "expr", "script"}

// named notes the fields that stand in a value.
func named(n *yaml.Node, key string, found map[string]bool) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode {
			if i%2 == 1 {
				named(c, n.Content[i-1].Value, found)
			}
			continue
		}
		named(c, key, found)
	}
	if n.Kind != yaml.ScalarNode {
		return
	}
	for _, match := range placeholder.FindAllStringSubmatch(n.Value, -1) {
		found[match[1]] = true
	}
	if !slices.Contains(conditions, key) || n.Value == "missing" {
		return
	}
	tree, err := expression.Parse(n.Value, maxExpression)
	if err != nil {
		return // the rules have their own words for it
	}
	names := &nameFinder{}
	ast.Walk(&tree, names)
	for _, name := range names.longest() {
		found[name] = true
	}
}

// nameFinder collects the names of an expression.
type nameFinder struct {
	all     []string
	callees []string
}

// Visit implements [ast.Visitor].
func (f *nameFinder) Visit(n *ast.Node) {
	if call, ok := (*n).(*ast.CallNode); ok {
		f.callees = append(f.callees, call.Callee.String())
	}
	if name, ok := expression.Dotted(*n); ok && fieldName.MatchString(name) {
		f.all = append(f.all, name)
	}
}

// longest drops what is only the beginning of another name, and functions.
func (f *nameFinder) longest() []string {
	return slices.DeleteFunc(slices.Clone(f.all), func(name string) bool {
		return slices.Contains(f.callees, name) ||
			slices.ContainsFunc(f.all, func(other string) bool { return strings.HasPrefix(other, name+".") })
	})
}
