package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kind says how a setting is written and read.
type kind int

const (
	kindSection  kind = iota // a struct: a mapping of further settings
	kindSections             // a slice of structs: a list of mappings
	kindList                 // a slice of scalars
	kindText
	kindInt
	kindFloat
	kindBool
	kindDuration
	kindBytes
	kindSecret
	kindKeyHash
)

// kindNames are the types as the reference page and errors call them.
var kindNames = map[kind]string{
	kindSection: "section", kindSections: "list of sections", kindList: "list of text",
	kindText: "text", kindInt: "whole number", kindFloat: "number", kindBool: "true or false",
	kindDuration: "duration", kindBytes: "size", kindSecret: "secret text", kindKeyHash: "write key",
}

// field is what the struct tree says about one setting.
type field struct {
	key      string // "partitions"
	path     string // "log.partitions"; settings of a list's sections: "sources[].name"
	index    int    // of the struct field in its struct
	kind     kind
	elem     kind // of a list
	typ      reflect.Type
	desc     string
	min, max string
	oneof    []string
	check    string
	fields   []field // of a section, or of each section of a list
}

// envPrefix begins every environment variable of Millrace.
const envPrefix = "MILLRACE_"

// env is the environment variable that overrides the setting, "" when it has none.
func (f *field) env() string {
	if f.kind == kindSection || f.kind == kindSections || strings.Contains(f.path, "[]") {
		return ""
	}
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.path, ".", "_"))
}

func (f *field) child(key string) *field {
	for i := range f.fields {
		if f.fields[i].key == key {
			return &f.fields[i]
		}
	}
	return nil
}

func (f *field) keys() []string {
	keys := make([]string, len(f.fields))
	for i := range f.fields {
		keys[i] = f.fields[i].key
	}
	return keys
}

// walk calls visit for f's settings, sections before their contents.
func (f *field) walk(visit func(*field)) {
	for i := range f.fields {
		visit(&f.fields[i])
		f.fields[i].walk(visit)
	}
}

// root describes Config. It panics on a tag that cannot be understood, which the
// package's tests meet first.
var root = sync.OnceValue(func() *field {
	return &field{kind: kindSection, typ: reflect.TypeFor[Config](), fields: describe(reflect.TypeFor[Config](), "")}
})

func describe(t reflect.Type, prefix string) []field {
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		sf := t.Field(i)
		if !sf.IsExported() {
			continue
		}
		f := field{
			key: sf.Tag.Get("yaml"), index: i, typ: sf.Type, desc: sf.Tag.Get("desc"),
			min: sf.Tag.Get("min"), max: sf.Tag.Get("max"), check: sf.Tag.Get("check"),
		}
		f.path = prefix + f.key
		if allowed, ok := sf.Tag.Lookup("oneof"); ok {
			f.oneof = strings.Split(allowed, "|")
		}
		f.kind = kindOf(sf.Type)
		switch f.kind {
		case kindSection:
			f.fields = describe(sf.Type, f.path+".")
		case kindSections:
			f.fields = describe(sf.Type.Elem(), f.path+"[].")
		case kindList:
			f.elem = kindOf(sf.Type.Elem())
		}
		fields = append(fields, f)
	}
	return fields
}

func kindOf(t reflect.Type) kind {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return kindDuration
	case reflect.TypeFor[Bytes]():
		return kindBytes
	case reflect.TypeFor[Secret]():
		return kindSecret
	case reflect.TypeFor[KeyHash]():
		return kindKeyHash
	}
	switch t.Kind() {
	case reflect.Struct:
		return kindSection
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return kindSections
		}
		return kindList
	case reflect.String:
		return kindText
	case reflect.Int:
		return kindInt
	case reflect.Float64:
		return kindFloat
	case reflect.Bool:
		return kindBool
	}
	panic(fmt.Sprintf("BUG: a setting of type %s", t))
}

// parse sets v from text as it stands in a file or a variable.
func parse(k kind, text string, v reflect.Value) error {
	switch k {
	case kindText, kindSecret:
		v.SetString(text)
	case kindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("want a whole number such as 8")
		}
		v.SetInt(n)
	case kindFloat:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("want a number such as 0.5")
		}
		v.SetFloat(n)
	case kindBool:
		if text != "true" && text != "false" {
			return fmt.Errorf("want true or false")
		}
		v.SetBool(text == "true")
	case kindDuration:
		d, err := parseDuration(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(d))
	case kindBytes:
		b, err := ParseBytes(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(b))
	case kindKeyHash:
		h, err := parseKeyHash(text)
		if err != nil {
			return err
		}
		v.SetString(string(h))
	default:
		panic(fmt.Sprintf("BUG: parse of a %s", kindNames[k]))
	}
	return nil
}

// format is the inverse of parse; secrets are redacted.
func format(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return formatDuration(x)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	default:
		return fmt.Sprint(x)
	}
}
