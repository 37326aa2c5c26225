package analysis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// scan reads the tables as of a position.
type scan struct {
	store     Store
	settings  Settings
	timeout   time.Duration
	positions map[int32]int64
	currency  string    // of the lines that count; empty: lines without one
	converts  bool      // lines of other currencies count, converted
	until     time.Time // of the newest line that counts
	figures   map[string]string
}

// Customers whom the sender named; others have an id of their order's, or none.
const known = `(customer_id IS NOT NULL AND NOT starts_with(customer_id, 'guest:'))`

// ofOrders are the kinds of lines that docs/sql.md defines revenue by.
const ofOrders = `kind IN ('sale', 'cancellation', 'adjustment', 'fee')`

// open finds currency and end of what is to be read, and counts what is left out.
func (s *scan) open(ctx context.Context) error {
	s.figures = make(map[string]string)
	rows, err := s.query(ctx, `SELECT coalesce(currency, ''), count(*), max(event_time) FROM order_lines
WHERE `+s.stored()+` AND `+ofOrders+` GROUP BY 1 ORDER BY 2 DESC, 1`)
	if err != nil {
		return err
	}
	others := int64(0)
	found := false
	for _, row := range rows {
		r := reader{row: row}
		currency, lines, until := r.text(), r.number(), r.time()
		if r.err != nil {
			return r.err
		}
		if found || s.settings.Currency != "" && currency != s.settings.Currency {
			others += lines
			continue
		}
		found = true
		s.currency, s.until = currency, until
	}
	if !found {
		s.currency = s.settings.Currency
	}
	if others > 0 && s.currency != "" && s.currency == s.settings.Base {
		converted, err := s.convert(ctx)
		if err != nil {
			return err
		}
		others -= converted
		found = found || converted > 0
	}
	s.figures["lines_of_other_currencies"] = strconv.FormatInt(others, 10)
	if !found || s.until.IsZero() {
		return fmt.Errorf("%w: the tables have no lines of orders in %s yet", ErrInput, cmp.Or(s.settings.Currency, "any currency"))
	}
	return s.totals(ctx)
}

// convert takes the lines of other currencies in, as far as their events have an amount in the
// base currency, and returns how many these are.
func (s *scan) convert(ctx context.Context) (int64, error) {
	rows, err := s.query(ctx, "SELECT count(*), max(event_time) FROM ("+s.foreign()+") WHERE "+s.stored()+" AND "+ofOrders)
	if err != nil {
		return 0, err
	}
	r := reader{row: rows[0]}
	lines, until := r.number(), r.time()
	if lines > 0 {
		s.converts, s.figures["lines_converted"] = true, strconv.FormatInt(lines, 10)
		if until.After(s.until) {
			s.until = until
		}
	}
	return lines, r.err
}

// foreign is the query of the lines of other currencies, with their amounts in the base currency: by
// the rate of their event, which is its amount there divided by its amount. An amount is
// rounded to millionths, half away from zero; no step of it is a floating-point number.
func (s *scan) foreign() string {
	const micros = "(%s * 1000000)::HUGEINT"
	product := fmt.Sprintf(micros+" * "+micros, "l.amount", "e.amount_base")
	divisor := fmt.Sprintf(micros, "e.amount")
	return `SELECT l.* REPLACE ((sign(` + product + `) * sign(` + divisor + `) * ((2 * abs(` + product + `) + abs(` + divisor + `)) // (2 * abs(` + divisor + `))))::DECIMAL(19,0) * 0.000001 AS amount)
FROM (SELECT * FROM order_lines WHERE currency <> ` + literal(s.currency) + `) AS l
JOIN (SELECT "partition", "offset", amount, amount_base FROM events WHERE amount_base IS NOT NULL AND amount <> 0) AS e
  ON e."partition" = l."partition" AND e."offset" = l."offset"`
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// totals are what tables of customers are checked against: they are made of the revenue
// but for that of guests.
func (s *scan) totals(ctx context.Context) error {
	rows, err := s.query(ctx, "SELECT count(*), coalesce(sum(amount), 0), coalesce(sum(amount) FILTER (NOT "+known+"), 0) FROM ("+s.lines("amount, customer_id")+")")
	if err != nil {
		return err
	}
	r := reader{row: rows[0]}
	s.figures["lines"] = strconv.FormatInt(r.number(), 10)
	s.figures["revenue"], s.figures["revenue_of_guests"] = r.micros().String(), r.micros().String()
	return r.err
}

// stored is the condition that a row had been stored at the positions.
func (s *scan) stored() string { return olap.Before(s.positions) }

// lines is the query of the lines that count: those that docs/sql.md defines revenue by, in one
// currency.
func (s *scan) lines(columns string) string {
	own := "SELECT * FROM order_lines WHERE currency = " + literal(s.currency)
	switch {
	case s.currency == "":
		own = "SELECT * FROM order_lines WHERE currency IS NULL"
	case s.converts:
		own += " UNION ALL BY NAME " + s.foreign()
	}
	return "SELECT " + columns + " FROM (" + own + ") AS order_lines WHERE " + s.stored() + " AND " + ofOrders + " AND " + s.inWindow()
}

// inWindow is the condition that something happened within the window.
func (s *scan) inWindow() string {
	if s.settings.Window <= 0 {
		return "event_time IS NOT NULL"
	}
	return fmt.Sprintf("event_time > make_timestamp(%d)", s.until.Add(-s.settings.Window).UnixMicro())
}

// query returns all rows of a statement of the platform's own.
func (s *scan) query(ctx context.Context, sql string, args ...any) ([][]any, error) {
	const bytesPerRow = 1 << 10
	limits := olap.Limits{Rows: s.settings.MaxRows, Bytes: int64(s.settings.MaxRows) * bytesPerRow, Timeout: s.timeout}
	result, err := s.store.Query(ctx, olap.Query{SQL: sql, Args: args, Limits: limits, Patient: true})
	if err != nil {
		if e, ok := errors.AsType[*olap.Error](err); ok && errors.Is(e.Kind, olap.ErrLimit) {
			return nil, fmt.Errorf("%w: %w; shorten analysis.window, or raise olap.memory_limit", ErrInput, err)
		}
		return nil, fmt.Errorf("cannot read the analytics store: %w", err)
	}
	rows, err := result.All()
	if err != nil {
		return nil, fmt.Errorf("cannot read the analytics store: %w", err)
	}
	if result.Truncated() {
		return nil, fmt.Errorf("%w: it would read more than %d rows: shorten analysis.window, or raise analysis.max_rows", ErrInput, s.settings.MaxRows)
	}
	return rows, nil
}

// reader takes the values of a row one after the other, and keeps the first error.
type reader struct {
	row []any
	at  int
	err error
}

func (r *reader) next() any {
	r.at++
	return r.row[r.at-1]
}

func (r *reader) fail(v any, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("BUG: value %d of a row is %T, want %s", r.at, v, want)
	}
}

func (r *reader) text() string {
	v := r.next()
	s, ok := v.(string)
	if !ok && v != nil {
		r.fail(v, "text")
	}
	return s
}

func (r *reader) number() int64 {
	v := r.next()
	n, ok := v.(int64)
	if !ok && v != nil {
		r.fail(v, "an integer")
	}
	return n
}

func (r *reader) flag() bool {
	v := r.next()
	b, ok := v.(bool)
	if !ok && v != nil {
		r.fail(v, "a truth value")
	}
	return b
}

func (r *reader) time() time.Time {
	v := r.next()
	t, ok := v.(time.Time)
	if !ok && v != nil {
		r.fail(v, "a time")
	}
	return t
}

func (r *reader) micros() event.Micros {
	v := r.next()
	if v == nil {
		return 0
	}
	d, ok := v.(olap.Decimal)
	if !ok {
		r.fail(v, "money")
		return 0
	}
	m, fits := d.Micros()
	if !fits && r.err == nil {
		r.err = fmt.Errorf("%w: the sum %s does not fit into money", ErrInput, d)
	}
	return m
}
