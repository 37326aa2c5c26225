package quality

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/spell"
)

// environment is what conditions can name; expr checks their types against it.
// Money is a float64 here only because the checker must accept it beside decimal
// literals: it is compiled to exact event.Micros.
type environment struct {
	Source      string    `expr:"source"`
	Stream      string    `expr:"stream"`
	Type        string    `expr:"type"`
	EventTime   time.Time `expr:"event_time"`
	ReceivedAt  time.Time `expr:"received_at"`
	CustomerID  string    `expr:"customer_id"`
	AnonymousID string    `expr:"anonymous_id"`
	OrderID     string    `expr:"order_id"`
	SessionID   string    `expr:"session_id"`
	Channel     string    `expr:"channel"`
	Country     string    `expr:"country"`
	Currency    string    `expr:"currency"`
	Amount      float64   `expr:"amount"`
	Properties  string    `expr:"properties"`
	Context     string    `expr:"context"`
	Items       int       `expr:"items"`
	Item        struct {
		ProductID string  `expr:"product_id"`
		Name      string  `expr:"name"`
		Category  string  `expr:"category"`
		Kind      string  `expr:"kind"`
		Quantity  int     `expr:"quantity"`
		Price     float64 `expr:"price"`
		Amount    float64 `expr:"amount"`
	} `expr:"item"`
}

// scope is the place at which a condition is evaluated. item is meaningless in a
// condition that names no field of items.
type scope struct {
	batch *event.Batch
	event int32
	item  int32
}

// condition is a compiled expression. It is immutable.
type condition struct {
	text  string
	holds func(*scope) bool
	items bool // names a field of items
	// only is set when a dictionary column is all that the condition reads: it
	// is then evaluated once per distinct value.
	only *field
}

// compileCondition compiles an expression of expr's language. The error, if
// any, is a *file.Error with the place in the text.
func compileCondition(text string) (*condition, error) {
	program, err := expr.Compile(text, expr.Env(environment{}), expr.Optimize(false), expr.MaxNodes(maxConditionNodes))
	if err != nil {
		return nil, inOurWords(err)
	}
	var reads []*field // distinct fields
	root, err := expression.Compile(program.Node(), text, expression.Language[scope]{
		Knows: conditionLanguage,
		Field: func(name string) (expression.Operand[scope], error) {
			f := findField(name)
			if f == nil {
				return expression.Operand[scope]{}, fmt.Errorf("%q is no field; %s", name, spell.Suggest(name, fieldNames(nil)))
			}
			if !slices.Contains(reads, f) {
				reads = append(reads, f)
			}
			return f.operand(), nil
		},
	})
	if err == nil && root.Kind != expression.Boolean {
		err = expression.Place(expression.Refuse(program.Node(), "a condition must be true or false, not %s", root.Kind), text)
	}
	if err != nil {
		return nil, err
	}
	cond := &condition{text: text, holds: root.Bool}
	for _, f := range reads {
		cond.items = cond.items || f.item
	}
	if len(reads) == 1 && reads[0].kind == kindDict {
		cond.only = reads[0]
	}
	return cond, nil
}

const conditionLanguage = "conditions know and, or, not, ==, !=, <, <=, >, >=, in, contains, startsWith, endsWith, matches, +, -, *, len, trim, abs, date and duration"

var (
	unknownName = regexp.MustCompile(`^unknown name (\S+)`)
	unknownOfGo = regexp.MustCompile(`^type struct {.*} has no field (\S+)`)
	wordsForGo  = strings.NewReplacer("float64", "money", "time.Time", "time", "time.Duration", "duration")
)

// inOurWords replaces expr's names of Go types by what the reader of a rules
// file knows.
func inOurWords(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return err
	}
	at.Message = wordsForGo.Replace(at.Message)
	if m := unknownName.FindStringSubmatch(at.Message); m != nil {
		at.Message = fmt.Sprintf("%q is no field; %s", m[1], spell.Suggest(m[1], fieldNames(nil)))
	} else if m := unknownOfGo.FindStringSubmatch(at.Message); m != nil {
		at.Message = fmt.Sprintf("%q is no field; %s", "item."+m[1], spell.Suggest("item."+m[1], fieldNames(nil)))
	}
	return at
}

// operand reads the field in a condition.
func (f *field) operand() expression.Operand[scope] {
	switch f.kind {
	case kindText:
		column := f.text
		return expression.Operand[scope]{Kind: expression.Text, Text: func(s *scope) string { return column(s.batch)[s.at(f.item)] }}
	case kindDict:
		column := f.dict
		return expression.Operand[scope]{Kind: expression.Text, Text: func(s *scope) string { return column(s.batch).Get(int(s.at(f.item))) }}
	case kindMoney:
		column := f.money
		return expression.Operand[scope]{Kind: expression.Money, Int: func(s *scope) int64 { return int64(column(s.batch)[s.at(f.item)]) }}
	case kindCount:
		return expression.Operand[scope]{Kind: expression.Integer, Int: func(s *scope) int64 { return f.intAt(s.batch, s.event) }}
	}
	column := f.num
	o := expression.Operand[scope]{Kind: expression.Integer, Int: func(s *scope) int64 { return column(s.batch)[s.at(f.item)] }}
	if f.kind == kindTime {
		o.Kind = expression.Instant
	}
	return o
}

func (s *scope) at(item bool) int32 {
	if item {
		return s.item
	}
	return s.event
}
