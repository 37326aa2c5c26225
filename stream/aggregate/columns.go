package aggregate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/stream/codec"
)

// Column is an aggregate with a name, of which only the type of its values shows.
// Jobs that are made at run time have lists of them.
type Column[T any] struct {
	name string
	make func() part[T]
	form *codec.Type // of the results
	json func(dst, result []byte) []byte
	err  error
}

// Name returns the column's name.
func (c Column[T]) Name() string { return c.name }

// part is one column's accumulator.
type part[T any] interface {
	add(v T, at At)
	merge(other part[T])
	result(dst []byte) []byte
	append(dst []byte) []byte
	decode(b []byte) error
	schema() uint64
}

// Named makes a column of an aggregate.
func Named[T, A, R any](name string, a Aggregator[T, A, R]) Column[T] {
	accs, errAcc := codec.For[A]()
	results, errResult := codec.For[R]()
	err := errors.Join(a.Err, errAcc, errResult)
	if err != nil {
		return Column[T]{name: name, err: fmt.Errorf("column %q: %w", name, err)}
	}
	fingerprint := accs.Schema().Fingerprint()
	return Column[T]{
		name: name,
		form: results.Schema().Root(),
		make: func() part[T] {
			return &typed[T, A, R]{a: &a, accs: accs, results: results, fingerprint: fingerprint}
		},
		json: func(dst, result []byte) []byte {
			dst, err := codec.AppendJSON(dst, results.Schema(), result)
			if err != nil {
				panic("BUG: a result that was just encoded: " + err.Error())
			}
			return dst
		},
	}
}

type typed[T, A, R any] struct {
	a           *Aggregator[T, A, R]
	accs        *codec.Codec[A]
	results     *codec.Codec[R]
	fingerprint uint64
	acc         A
}

func (p *typed[T, A, R]) add(v T, at At)           { p.a.Add(&p.acc, v, at) }
func (p *typed[T, A, R]) merge(other part[T])      { p.a.Merge(&p.acc, &other.(*typed[T, A, R]).acc) }
func (p *typed[T, A, R]) append(dst []byte) []byte { return p.accs.Append(dst, &p.acc) }
func (p *typed[T, A, R]) decode(b []byte) error    { return p.accs.Decode(b, &p.acc) }
func (p *typed[T, A, R]) schema() uint64           { return p.fingerprint }
func (p *typed[T, A, R]) result(dst []byte) []byte {
	r := p.a.Result(&p.acc)
	return p.results.Append(dst, &r)
}

// Parts are the accumulators of columns. They are stored by name, so that columns
// can be added, removed and moved; they are decoded when they are first
// used, since only the columns know their types.
type Parts[T any] struct {
	live   []part[T]
	stored []storedPart
}

type storedPart struct {
	name   string
	schema uint64
	value  []byte
}

// Columns computes named aggregates of the same values. A result is a JSON object with a
// member per column, in their order.
func Columns[T any](columns ...Column[T]) Aggregator[T, Parts[T], string] {
	set := &columnSet[T]{columns: slices.Clone(columns)}
	return Aggregator[T, Parts[T], string]{
		Err: set.check(),
		Add: func(acc *Parts[T], v T, at At) {
			for _, p := range set.open(acc) {
				p.add(v, at)
			}
		},
		Merge: func(acc, other *Parts[T]) {
			from := set.read(other)
			for i, p := range set.open(acc) {
				p.merge(from[i])
			}
		},
		Result: func(acc *Parts[T]) string { return string(set.appendJSON(nil, acc)) },
	}
}

// Fields computes named aggregates, as [Columns] does. A result is the bytes of a struct
// with a field per column, in the form of package codec; [FieldTypes] describes it.
func Fields[T any](columns ...Column[T]) Aggregator[T, Parts[T], string] {
	a, set := Columns(columns...), &columnSet[T]{columns: slices.Clone(columns)}
	a.Result = func(acc *Parts[T]) string {
		var row []byte
		for _, p := range set.read(acc) {
			row = p.result(row)
		}
		return string(row)
	}
	return a
}

// FieldTypes returns the fields of what [Fields] computes.
func FieldTypes[T any](columns ...Column[T]) []codec.Field {
	fields := make([]codec.Field, 0, len(columns))
	for _, c := range columns {
		if c.err == nil {
			fields = append(fields, codec.Field{Name: c.name, Type: c.form})
		}
	}
	return fields
}

type columnSet[T any] struct{ columns []Column[T] }

func (s *columnSet[T]) check() error {
	if len(s.columns) == 0 {
		return errors.New("no columns: name at least one aggregate")
	}
	var errs []error
	seen := make(map[string]bool)
	for _, c := range s.columns {
		switch {
		case c.err != nil:
			errs = append(errs, c.err)
		case c.name == "":
			errs = append(errs, errors.New("a column has no name"))
		case seen[c.name]:
			errs = append(errs, fmt.Errorf("two columns are named %q", c.name))
		}
		seen[c.name] = true
	}
	return errors.Join(errs...)
}

// open returns the accumulators, decoded for good. A column of which nothing is stored
// begins empty.
func (s *columnSet[T]) open(acc *Parts[T]) []part[T] {
	if acc.live == nil {
		acc.live, acc.stored = s.read(acc), nil
		for i, p := range acc.live {
			acc.live[i] = &namedPart[T]{p, s.columns[i].name}
		}
	}
	return acc.live
}

// namedPart is what an accumulator in use is stored with.
type namedPart[T any] struct {
	part[T]
	name string
}

func (n *namedPart[T]) merge(other part[T]) { n.part.merge(bare(other)) }

func bare[T any](p part[T]) part[T] {
	if n, ok := p.(*namedPart[T]); ok {
		return n.part
	}
	return p
}

// read returns the accumulators and changes nothing.
func (s *columnSet[T]) read(acc *Parts[T]) []part[T] {
	if acc.live != nil {
		return acc.live
	}
	parts := make([]part[T], len(s.columns))
	for i, c := range s.columns {
		parts[i] = c.make()
		at := slices.IndexFunc(acc.stored, func(p storedPart) bool { return p.name == c.name })
		if at < 0 {
			continue
		}
		stored := acc.stored[at]
		if stored.schema != parts[i].schema() {
			panic(fmt.Sprintf("column %q is stored as another kind of aggregate: give the new one another name", c.name))
		}
		if err := parts[i].decode(stored.value); err != nil {
			panic(fmt.Sprintf("column %q: %v", c.name, err))
		}
	}
	return parts
}

func (s *columnSet[T]) appendJSON(dst []byte, acc *Parts[T]) []byte {
	var scratch []byte
	for i, p := range s.read(acc) {
		dst = append(dst, "{,"[min(i, 1)])
		dst = appendName(dst, s.columns[i].name)
		dst = append(dst, ':')
		scratch = p.result(scratch[:0])
		dst = s.columns[i].json(dst, scratch)
	}
	return append(dst, '}')
}

func appendName(dst []byte, name string) []byte {
	dst = append(dst, '"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// AppendBinary implements [encoding.BinaryAppender]: the parts by name, each with
// its length, the fingerprint of its schema, and its bytes.
func (p *Parts[T]) AppendBinary(dst []byte) ([]byte, error) {
	stored := p.stored
	if p.live != nil {
		stored = make([]storedPart, len(p.live))
		for i, l := range p.live {
			stored[i] = storedPart{l.(*namedPart[T]).name, l.schema(), l.append(nil)}
		}
	}
	slices.SortFunc(stored, func(a, b storedPart) int { return strings.Compare(a.name, b.name) })
	for _, s := range stored {
		dst = append(binary.AppendUvarint(dst, uint64(len(s.name))), s.name...)
		dst = binary.BigEndian.AppendUint64(dst, s.schema)
		dst = append(binary.AppendUvarint(dst, uint64(len(s.value))), s.value...)
	}
	return dst, nil
}

var errParts = errors.New("the stored columns are damaged")

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (p *Parts[T]) UnmarshalBinary(b []byte) error {
	*p = Parts[T]{}
	for len(b) > 0 {
		name, rest, ok := cut(b)
		if !ok || len(rest) < 8 {
			return errParts
		}
		value, after, ok := cut(rest[8:])
		if !ok {
			return errParts
		}
		p.stored = append(p.stored, storedPart{string(name), binary.BigEndian.Uint64(rest), slices.Clone(value)})
		b = after
	}
	return nil
}

func cut(b []byte) (value, rest []byte, ok bool) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, false
	}
	return b[width : width+int(n)], b[width+int(n):], true
}
