package declared

import (
	"math"
	"time"

	"github.com/millrace/millrace/internal/expression"
)

// row is a value of a stream: the cells that expressions read. Whoever gets one may
// read it until it passes it on; what is kept is cloned.
type row struct {
	key   string `state:"-"`
	Cells []cell `state:"cells"`
	found steps  `state:"-"` // of a pattern, while its conditions and columns are asked
}

// cell is one value. Its column says what it is.
type cell struct {
	Number int64  `state:"n"` // integers, money in micros, times and durations in µs, 0 or 1, the bits of a float
	Text   string `state:"s"`
	Known  bool   `state:"known"` // of what is no text: a text is missing when it is empty
}

// steps are the events that a pattern has taken.
type steps interface {
	first(step string) *row // nil for none
	last(step string) *row
	each(step string, fn func(*row))
}

type operand = expression.Operand[row]

// column is a value that rows have.
type column struct {
	name string
	kind expression.Kind
	list bool // Text holds the encoded elements of a list
}

// reading returns the operand that reads a cell. Of a value that is always there sure
// is true.
func reading(kind expression.Kind, slot int, sure bool) operand {
	o := operand{Kind: kind}
	switch kind {
	case expression.Boolean:
		o.Bool = func(r *row) bool { return r.Cells[slot].Number != 0 }
		return o
	case expression.Text:
		o.Text = func(r *row) string { return r.Cells[slot].Text }
		return o
	case expression.Number:
		o.Float = func(r *row) float64 { return math.Float64frombits(uint64(r.Cells[slot].Number)) }
	default:
		o.Int = func(r *row) int64 { return r.Cells[slot].Number }
	}
	if !sure {
		o.Known = func(r *row) bool { return r.Cells[slot].Known }
	}
	return o
}

// evaluate computes a cell of what a row has. What is not known is zero.
func evaluate(o *operand, r *row) cell {
	if o.Known != nil && !o.Known(r) {
		return cell{}
	}
	switch o.Kind {
	case expression.Boolean:
		return truth(o.Bool(r))
	case expression.Text:
		return cell{Text: o.Text(r), Known: true}
	case expression.Number:
		return cell{Number: int64(math.Float64bits(o.Float(r))), Known: true}
	}
	return cell{Number: o.Int(r), Known: true}
}

func truth(b bool) cell {
	if b {
		return cell{Number: 1, Known: true}
	}
	return cell{Known: true}
}

// elsewhere reads an operand in another row that a row leads to; nil for none.
func elsewhere(o operand, to func(*row) *row) operand {
	return operand{
		Kind: o.Kind, Bool: through(o.Bool, to), Text: through(o.Text, to), Int: through(o.Int, to), Float: through(o.Float, to),
		Known: func(r *row) bool {
			there := to(r)
			return there != nil && (o.Known == nil || o.Known(there))
		},
	}
}

func through[T any](f func(*row) T, to func(*row) *row) func(*row) T {
	if f == nil {
		return nil
	}
	return func(r *row) (v T) {
		if there := to(r); there != nil {
			v = f(there)
		}
		return v
	}
}

// nanosPerMicro: durations are µs in expressions and ns in rows.
const nanosPerMicro = int64(time.Microsecond)
