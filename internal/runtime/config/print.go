package config

import (
	"bytes"
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Marshal writes the configuration as YAML that Load reads back, in the order
// of the struct tree. Secrets are redacted; write keys are hashes.
func (c *Config) Marshal() ([]byte, error) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(sectionNode(root(), reflect.ValueOf(c).Elem())); err != nil {
		return nil, fmt.Errorf("cannot write the configuration: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("cannot write the configuration: %w", err)
	}
	return out.Bytes(), nil
}

func sectionNode(f *field, v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := range f.fields {
		child := &f.fields[i]
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: child.key},
			settingNode(child, v.Field(child.index)))
	}
	return n
}

func settingNode(f *field, v reflect.Value) *yaml.Node {
	switch f.kind {
	case kindSection:
		return sectionNode(f, v)
	case kindSections:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			n.Content = append(n.Content, itemNode(f, v.Index(i)))
		}
		return emptyAsFlow(n)
	case kindList:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			n.Content = append(n.Content, scalarNode(f.elem, v.Index(i)))
		}
		return emptyAsFlow(n)
	default:
		return scalarNode(f.kind, v)
	}
}

// itemNode is a section of a list without those of its own sections that say nothing.
func itemNode(f *field, v reflect.Value) *yaml.Node {
	all := sectionNode(f, v)
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := range f.fields {
		child := &f.fields[i]
		if child.kind == kindSection && unset(child, v.Field(child.index)) {
			continue
		}
		n.Content = append(n.Content, all.Content[2*i:2*i+2]...)
	}
	return n
}

// unset reports whether a section is as it is when nobody writes it.
func unset(f *field, v reflect.Value) bool {
	for i := range f.fields {
		child := &f.fields[i]
		value := v.Field(child.index)
		switch child.kind {
		case kindSection:
			if !unset(child, value) {
				return false
			}
		case kindList, kindSections:
			if value.Len() > 0 {
				return false
			}
		default:
			if !value.IsZero() {
				return false
			}
		}
	}
	return true
}

func emptyAsFlow(n *yaml.Node) *yaml.Node {
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

// scalarNode tags text as text, so that the encoder quotes "no", "12" and "".
func scalarNode(k kind, v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: format(v)}
	if k == kindText || k == kindSecret {
		n.Tag = "!!str"
	}
	return n
}
