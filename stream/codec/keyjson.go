package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/millrace/millrace/event"
)

// AppendKeyJSON appends the key in b, whose schema is s, as JSON, in the forms of [AppendJSON].
func AppendKeyJSON(dst []byte, s Schema, b []byte) ([]byte, error) {
	out, rest, err := CutKeyJSON(dst, s, b)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("cannot show a key of %s: %w", s, corrupt("%d bytes after the key", len(rest)))
	}
	if err != nil {
		return dst, err
	}
	return out, nil
}

// CutKeyJSON is [AppendKeyJSON] for a key at the front of b; it returns what follows it.
func CutKeyJSON(dst []byte, s Schema, b []byte) (out, rest []byte, err error) {
	if s.root == nil {
		return dst, nil, errors.New("cannot show a key: there is no schema")
	}
	out, rest, err = appendKeyJSON(dst, s.root, b)
	if err != nil {
		return dst, nil, fmt.Errorf("cannot show a key of %s: %w", abbreviate(s.String()), err)
	}
	return out, rest, nil
}

func appendKeyJSON(dst []byte, t *Type, b []byte) (_, rest []byte, err error) {
	if t.Kind == Struct {
		dst = append(dst, '{')
		for i, f := range t.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, []byte(f.Name)), ':')
			if dst, b, err = appendKeyJSON(dst, f.Type, b); err != nil {
				return dst, nil, err
			}
		}
		return append(dst, '}'), b, nil
	}
	if !isKeyKind(t.Kind) {
		return dst, nil, corrupt("%s is no type of a key", t.Kind)
	}
	part, rest, err := cutKeyPart(b, t.Kind)
	if err != nil {
		return dst, nil, err
	}
	switch {
	case t.Kind == String:
		dst = appendQuoted(dst, unescape(part))
	case t.Kind == ID:
		dst = append(event.ID(part).AppendTo(append(dst, '"')), '"')
	case t.Kind == Bool:
		dst = strconv.AppendBool(dst, part[0] == 1)
	case isSigned(t.Kind):
		dst = appendJSONInt(dst, t.Kind, keyInt(part, t.Kind))
	default:
		dst = strconv.AppendUint(dst, uint64(keyInt(part, t.Kind)), 10)
	}
	return dst, rest, nil
}

// ParseKeyJSON appends the key that text, JSON as [AppendKeyJSON] writes it, stands for. A struct needs all its fields.
func ParseKeyJSON(dst []byte, s Schema, text []byte) ([]byte, error) {
	if s.root == nil {
		return dst, errors.New("cannot read a key: there is no schema")
	}
	out, err := parseKeyJSON(dst, s.root, text)
	if err != nil {
		return dst, fmt.Errorf("cannot read the key %s as %s: %w", abbreviate(string(text)), abbreviate(s.String()), err)
	}
	return out, nil
}

func parseKeyJSON(dst []byte, t *Type, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	switch {
	case t.Kind == Struct:
		return parseKeyFields(dst, t, text)
	case t.Kind == String:
		s, err := parseText(text)
		return appendKeyString(dst, s), err
	case t.Kind == ID:
		s, err := parseText(text)
		if err != nil {
			return dst, err
		}
		id, err := event.ParseID(s)
		return append(dst, id[:]...), err
	case t.Kind == Bool:
		v, err := strconv.ParseBool(string(text))
		if err != nil || len(text) < 4 {
			return dst, errors.New("want true or false")
		}
		if v {
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	case isUnsigned(t.Kind):
		v, err := strconv.ParseUint(string(text), 10, bits(t.Kind))
		if err != nil {
			return dst, fmt.Errorf("want a %s: %w", t.Kind, errors.Unwrap(err))
		}
		return appendKeyUint(dst, v, bits(t.Kind)), nil
	case isSigned(t.Kind):
		v, err := parseInt(t.Kind, text)
		return appendKeyUint(dst, uint64(v)^1<<(bits(t.Kind)-1), bits(t.Kind)), err
	}
	return dst, corrupt("%s is no type of a key", t.Kind)
}

func parseInt(kind Kind, text []byte) (int64, error) {
	switch kind {
	case Micros:
		v, err := event.ParseMicros(text)
		return int64(v), err
	case Instant:
		s, err := parseText(text)
		if err != nil {
			return 0, err
		}
		at, err := event.ParseInstant(s)
		return int64(at), err
	case Duration:
		s, err := parseText(text)
		if err != nil {
			return 0, err
		}
		d, err := time.ParseDuration(s)
		return int64(d), err
	}
	v, err := strconv.ParseInt(string(text), 10, bits(kind))
	if err != nil {
		return 0, fmt.Errorf("want an %s: %w", kind, errors.Unwrap(err))
	}
	return v, nil
}

func parseText(text []byte) (string, error) {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil || s == nil {
		return "", errors.New("want a text in quotes")
	}
	return *s, nil
}

func parseKeyFields(dst []byte, t *Type, text []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return dst, errors.New("want an object with the fields of the key")
	}
	if len(fields) > len(t.Fields) {
		return dst, fmt.Errorf("want the %d fields of the key and no more", len(t.Fields))
	}
	for _, f := range t.Fields {
		raw, ok := fields[f.Name]
		if !ok {
			return dst, fmt.Errorf("the field %q is missing", f.Name)
		}
		var err error
		if dst, err = parseKeyJSON(dst, f.Type, raw); err != nil {
			return dst, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return dst, nil
}
