package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/spell"
)

// Variables under our prefix that are no settings, with who reads them.
var otherVariables = map[string]string{
	"MILLRACE_CONFIG": "the configuration file, when -config is not given",
	"MILLRACE_URL":    "the address of the running platform, for commands that talk to one",

	"MILLRACE_SQL_USER":     "the user who asks by 'millrace sql'",
	"MILLRACE_SQL_PASSWORD": "the password of that user",
}

// testPrefix begins variables that belong to the tests of Millrace.
const testPrefix = envPrefix + "TEST_"

// environment applies MILLRACE_* variables. Lists of text are separated by commas.
func (l *loader) environment(env []string, c *Config) {
	for _, entry := range sortedCopy(env) {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, testPrefix) || otherVariables[name] != "" {
			continue
		}
		f, v, ok := settingOf(name, c)
		if !ok {
			l.errs = append(l.errs, unknownVariable(name))
			continue
		}
		l.origin[f.path] = name
		if err := parseVariable(f, text, v); err != nil {
			l.errs = append(l.errs, fmt.Errorf("%s: %s; %s", name, quoteValue(f.kind, text), withRange(err, f)))
		}
	}
}

func parseVariable(f *field, text string, v reflect.Value) error {
	if f.kind != kindList {
		return parse(f.kind, text, v)
	}
	items := reflect.MakeSlice(v.Type(), 0, 1)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		one := reflect.New(v.Type().Elem()).Elem()
		if err := parse(f.elem, item, one); err != nil {
			return err
		}
		items = reflect.Append(items, one)
	}
	v.Set(items)
	return nil
}

// settingOf finds the setting that a variable overrides.
func settingOf(name string, c *Config) (*field, reflect.Value, bool) {
	var find func(f *field, v reflect.Value) (*field, reflect.Value, bool)
	find = func(f *field, v reflect.Value) (*field, reflect.Value, bool) {
		for i := range f.fields {
			child := &f.fields[i]
			if child.env() == name {
				return child, v.Field(child.index), true
			}
			if child.kind == kindSection {
				if found, value, ok := find(child, v.Field(child.index)); ok {
					return found, value, true
				}
			}
		}
		return nil, reflect.Value{}, false
	}
	return find(root(), reflect.ValueOf(c).Elem())
}

func unknownVariable(name string) error {
	var names []string
	root().walk(func(f *field) {
		if env := f.env(); env != "" {
			names = append(names, env)
		}
	})
	for other := range otherVariables {
		names = append(names, other)
	}
	slices.Sort(names)
	if near := spell.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown environment variable %s; did you mean %s?", name, near)
	}
	if strings.HasPrefix(name, envPrefix+"SOURCES") {
		return fmt.Errorf("unknown environment variable %s; sources are set in the file only", name)
	}
	return fmt.Errorf("unknown environment variable %s; names that begin with %s belong to Millrace's settings", name, envPrefix)
}

func sortedCopy(env []string) []string {
	sorted := slices.Clone(env)
	slices.Sort(sorted)
	return sorted
}
