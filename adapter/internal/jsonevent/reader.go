package jsonevent

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/arena"
	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/adapter/internal/excerpt"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// FieldPayload is the field of problems that concern the whole document.
const FieldPayload = "payload"

// Rules are the names of the problems of one adapter.
type Rules struct{ JSON, Type, Number, Negative, Time, Rounded, Amount, Currency, Kind string }

// RulesOf returns the rules of an adapter.
func RulesOf(name string) Rules {
	return Rules{
		JSON: name + ".json", Type: name + ".type", Number: name + ".number", Negative: name + ".negative",
		Time: name + ".timestamp", Rounded: name + ".rounded", Amount: name + ".amount", Currency: name + ".currency", Kind: name + ".kind",
	}
}

// Reader reads one document at a time into one event of a batch. It serves one
// goroutine.
type Reader struct {
	Cursor jsontext.Cursor
	Memory arena.Arena
	Rules  Rules

	name   string
	hook   adapter.Telemetry
	b      *event.Batch
	i      int
	from   int // problems of the batch before this event's
	number []byte
}

// NewReader returns a reader for the adapter of this name. The hook may be nil.
func NewReader(name string, hook adapter.Telemetry) Reader {
	return Reader{name: name, hook: hook, Rules: RulesOf(name)}
}

// Start begins with the document of event i.
func (r *Reader) Start(b *event.Batch, i int) { r.b, r.i, r.from = b, i, len(b.Problems) }

// Finish reports the event's problems to the hook. A document that is no JSON
// has that one problem, whatever was found before it broke.
func (r *Reader) Finish(payload string, err *jsontext.SyntaxError) {
	if err != nil {
		r.b.Problems = r.b.Problems[:r.from]
		r.Problem(event.Undecodable, r.Rules.JSON, FieldPayload, payload, err.Error())
	}
	if r.hook != nil {
		for _, p := range r.b.Problems[r.from:] {
			r.hook.Problem(r.name, p.Category)
		}
	}
	r.b = nil
}

// Failed reports whether the event has problems so far.
func (r *Reader) Failed() bool { return len(r.b.Problems) > r.from }

// Problem adds a problem to the event.
func (r *Reader) Problem(category event.Category, rule, field, value, message string) {
	r.b.AddProblem(r.i, category, rule, field, excerpt.Of(value), message)
}

// Span is the problems that a part of the document gave. The zero value is
// empty.
type Span struct{ from, to int }

// Mark starts a span.
func (r *Reader) Mark() Span { return Span{from: len(r.b.Problems)} }

// Since ends the span that mark started.
func (r *Reader) Since(mark Span) Span { return Span{from: mark.from, to: len(r.b.Problems)} }

// Drop forgets the problems of a span: the part turned out to be the sender's
// own business.
func (r *Reader) Drop(s Span) {
	if s.to > s.from {
		r.b.Problems = slices.Delete(r.b.Problems, s.from, s.to)
	}
}

// Path says where a value stands in the document. It is put together only for
// an error.
type Path struct {
	Base  string // "properties.products"
	Index int    // from 1; 0 is "no list"
	Key   string
}

func (p Path) String() string {
	switch {
	case p.Index > 0:
		return fmt.Sprintf("%s[%d].%s", p.Base, p.Index-1, p.Key)
	case p.Base != "":
		return p.Base + "." + p.Key
	}
	return p.Key
}

// Unquote returns the text of a string.
func (r *Reader) Unquote(v jsontext.Value) string {
	if !v.Escaped {
		return v.Raw
	}
	return r.Memory.Keep(jsontext.Unescape(r.Memory.Buffer(len(v.Raw)), v.Raw))
}

// Text returns the text of a value that must be text. That of null is empty.
func (r *Reader) Text(v jsontext.Value, field string, at Path) string {
	switch v.Kind {
	case jsontext.String:
		return r.Unquote(v)
	case jsontext.Null, jsontext.Invalid:
	default:
		r.wrongKind(v, field, at, "text")
	}
	return ""
}

func (r *Reader) wrongKind(v jsontext.Value, field string, at Path, want string) {
	r.Problem(event.Schema, r.Rules.Type, field, v.Raw, fmt.Sprintf("%s is %s, want %s", at, v.Kind, want))
}

// IsObject reports whether the next value is an object. If it is anything but
// an object or null, that is a problem; it is skipped unless it is an object.
func (r *Reader) IsObject(field string, at Path) bool {
	return r.isContainer(jsontext.Object, "an object", field, at)
}

// IsArray is like [Reader.IsObject].
func (r *Reader) IsArray(field string, at Path) bool {
	return r.isContainer(jsontext.Array, "an array", field, at)
}

func (r *Reader) isContainer(kind jsontext.Kind, want, field string, at Path) bool {
	if r.Cursor.Kind() == kind {
		return true
	}
	if v := r.Cursor.Value(); v.Kind != jsontext.Null && v.Kind != jsontext.Invalid {
		r.wrongKind(v, field, at, want)
	}
	return false
}

// Money reads an exact amount from a number, or from text that is one. ok is
// false for null and for what is no amount; the latter is a problem. A number
// with the digits of a binary float is rounded to six decimals, which is
// recorded as a change.
func (r *Reader) Money(v jsontext.Value, field string, at Path) (m event.Micros, ok bool) {
	const want = "an amount such as 12.50"
	text, ok := r.numeral(v, field, at, want)
	if !ok {
		return 0, false
	}
	m, plain, err := r.decimal(text)
	if errors.Is(err, event.ErrPrecision) && v.Kind == jsontext.Number {
		if rounded, ok := roundNoise(plain); ok {
			r.b.AddChange(r.i, r.Rules.Rounded, field, text, rounded.String())
			return rounded, true
		}
	}
	if err != nil {
		r.badNumber(err, field, text, at, want)
		return 0, false
	}
	return m, true
}

// Integer reads a whole number from a number or from text that is one; 2.0 is.
func (r *Reader) Integer(v jsontext.Value, field string, at Path) (n int64, ok bool) {
	const want = "a whole number such as 2"
	text, ok := r.numeral(v, field, at, want)
	if !ok {
		return 0, false
	}
	m, _, err := r.decimal(text)
	if err == nil && m%event.MicrosPerUnit != 0 || errors.Is(err, event.ErrPrecision) {
		err = event.ErrNotNumber
	}
	if err != nil {
		r.badNumber(err, field, text, at, want)
		return 0, false
	}
	return int64(m / event.MicrosPerUnit), true
}

// numeral returns the text of a number, or of text that should be one. It is
// false for null, for empty text, and for anything else, which is a problem.
func (r *Reader) numeral(v jsontext.Value, field string, at Path, want string) (text string, ok bool) {
	switch v.Kind {
	case jsontext.Null, jsontext.Invalid:
		return "", false
	case jsontext.Number:
		return v.Raw, true
	case jsontext.String:
		text = r.Unquote(v)
		return text, text != ""
	}
	r.wrongKind(v, field, at, want)
	return "", false
}

func (r *Reader) badNumber(err error, field, text string, at Path, want string) {
	category, message := event.Format, fmt.Sprintf("%s is not %s", at, want)
	switch {
	case errors.Is(err, event.ErrOverflow):
		category, message = event.OutOfRange, at.String()+" does not fit"
	case errors.Is(err, event.ErrPrecision):
		message = at.String() + " has more than six decimals"
	}
	r.Problem(category, r.Rules.Number, field, text, message)
}

// Negative records that a number must not be below zero.
func (r *Reader) Negative(v jsontext.Value, field string, at Path) {
	r.Problem(event.OutOfRange, r.Rules.Negative, field, v.Raw, at.String()+" is below zero")
}

// Instant reads an RFC 3339 time, in µs since 1970. ok is false for null and
// for what is no time; the latter is a problem.
func (r *Reader) Instant(v jsontext.Value, field string, at Path) (micros int64, ok bool) {
	const want = "a time such as 2026-11-21T10:06:07.120Z"
	text := r.Text(v, field, at)
	if text == "" {
		return 0, false
	}
	if micros, ok = civil.ParseRFC3339(text); !ok {
		r.Problem(event.Format, r.Rules.Time, field, text, fmt.Sprintf("%s is not %s", at, want))
	}
	return micros, ok
}

// CurrencyCode reads an ISO 4217 code, in any case.
func (r *Reader) CurrencyCode(v jsontext.Value, at Path) string {
	text := r.Text(v, "currency", at)
	if text == "" {
		return ""
	}
	upper := strings.ToUpper(text) // allocates only if it is not
	if len(upper) != 3 || strings.Trim(upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		r.Problem(event.Format, r.Rules.Currency, "currency", text, at.String()+" is no ISO 4217 code such as USD")
		return ""
	}
	return upper
}

// Item is an item of an event, before its kind is known.
type Item struct {
	ProductID, Name, Category string
	Quantity                  int64
	Price                     event.Micros
}

// AddItem adds an item to the event and returns quantity × price, which is 0
// and a problem when it does not fit.
func (r *Reader) AddItem(it *Item, kind string) event.Micros {
	k, items := r.b.AddItem(), &r.b.Items
	items.ProductID[k], items.Name[k] = it.ProductID, it.Name
	items.Category.Set(k, it.Category)
	items.Kind.Set(k, kind)
	items.Quantity[k], items.Price[k] = it.Quantity, it.Price
	amount, ok := it.Price.Mul(it.Quantity)
	if !ok {
		r.Problem(event.OutOfRange, r.Rules.Amount, "item.amount",
			fmt.Sprintf("%d × %s", it.Quantity, it.Price), "quantity × price does not fit")
		return 0
	}
	items.Amount[k] = amount
	return amount
}

// Add adds amounts and is false when the sum does not fit.
func Add(a, b event.Micros) (event.Micros, bool) {
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return 0, false
	}
	return a + b, true
}

// AppendRouteKey ends the walk of a document by appending the first actor that
// is named, else a hash of the document. The error wraps
// [adapter.ErrUndecodable].
func (r *Reader) AppendRouteKey(dst, payload []byte, actors ...jsontext.Value) ([]byte, error) {
	if err := r.Cursor.End(); err != nil {
		return dst, fmt.Errorf("%w: %w", adapter.ErrUndecodable, err)
	}
	for _, v := range actors {
		if (v.Kind == jsontext.String || v.Kind == jsontext.Number) && v.Raw != "" {
			return jsontext.Unescape(dst, v.Raw), nil
		}
	}
	h := fnv.New64a()
	_, _ = h.Write(payload) // never fails
	return fmt.Appendf(dst, "event:%016x", h.Sum64()), nil
}
