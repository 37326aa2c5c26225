package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// Witness is somebody who reports orders: the browser, a webhook, the database, the
// invoices.
type Witness struct {
	Name    string
	Sources []string // of its events
	Types   []string // of its events; none: all that name an order
	// Prefix is taken off its order ids, such as "#".
	Prefix string
	// Sum adds the amounts of an order's events up, which are its lines. Otherwise the
	// newest event says what the order is worth.
	Sum bool
}

// Orders matches the same order as different witnesses report it.
type Orders struct {
	Store     Store
	Witnesses []Witness // whom to believe first is first
	// Amounts and times that differ by no more than this agree.
	AmountTolerance event.Micros
	TimeTolerance   time.Duration
	// Settle is how long a witness may take; younger orders are pending.
	Settle time.Duration
}

// Reason says in what way a witness differs about an order from the one that is
// believed, or that it agrees.
type Reason string

// The reasons.
const (
	Agrees          Reason = "agrees"
	MissingOrder    Reason = "missing"  // the witness does not know the order
	CurrencyDiffers Reason = "currency" // it names another currency, so that amounts cannot be compared
	AmountDiffers   Reason = "amount"
	TimeDiffers     Reason = "time"
	Pending         Reason = "pending" // missing, and the order is younger than the witness may take
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{Agrees, MissingOrder, CurrencyDiffers, AmountDiffers, TimeDiffers, Pending}
}

// ErrNoWitnesses says that nothing can be compared.
var ErrNoWitnesses = errors.New("fewer than two witnesses are configured (reconcile.orders.witnesses): nothing can be compared")

// Period is a range of order times: From inclusive, To exclusive.
type Period struct{ From, To time.Time }

// DayCount is how many orders of a day a witness sees in some way.
type DayCount struct {
	Day     time.Time // of the order, UTC
	Witness string
	Reason  Reason
	Orders  int64
	Amount  event.Micros // sum of what the believed witness says
}

// Days counts the orders of the period by day, witness and reason. now decides which
// are pending.
func (o *Orders) Days(ctx context.Context, p Period, now time.Time) ([]DayCount, error) {
	sql, args, err := o.matched(p, now)
	if err != nil {
		return nil, err
	}
	rows, err := query(ctx, o.Store, sql+`
SELECT date_trunc('day', ordered_at)::TIMESTAMP AS day, witness, reason, count(*), sum(believed_amount)::DECIMAL(38,6)
FROM matched GROUP BY day, place, witness, reason ORDER BY day, place, reason`, args...)
	if err != nil {
		return nil, err
	}
	out := make([]DayCount, len(rows))
	for i, r := range rows {
		out[i] = DayCount{instant(r[0]), text(r[1]), Reason(text(r[2])), number(r[3]), money(r[4])}
	}
	return out, nil
}

// Testimony is what a witness says about an order.
type Testimony struct {
	Witness   string
	Amount    event.Micros
	Currency  string
	At        time.Time
	EventID   string // of the newest event
	Partition int32
	Offset    int64
}

// Difference is an order about which a witness differs.
type Difference struct {
	Order    string
	Witness  string
	Reason   Reason
	Believed Testimony
	Said     *Testimony // nil when the witness does not know the order
}

// Filter selects differences. Empty fields select all.
type Filter struct {
	Period
	Witness string
	Reason  Reason // empty: all but those that agree
	Order   string
	After   Place // the differences behind this one
	Limit   int
}

// Place is that of a difference in their order.
type Place struct {
	At      time.Time
	Order   string
	Witness string
}

// Differences lists orders about which a witness differs, newest first.
func (o *Orders) Differences(ctx context.Context, f Filter, now time.Time) ([]Difference, error) {
	sql, args, err := o.matched(f.Period, now)
	if err != nil {
		return nil, err
	}
	bind := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	where := []string{"true"}
	if f.Witness != "" {
		where = append(where, "witness = "+bind(f.Witness))
	}
	if f.Reason != "" {
		where = append(where, "reason = "+bind(string(f.Reason)))
	} else {
		where = append(where, "reason <> 'agrees'")
	}
	if f.Order != "" {
		where = append(where, "id = "+bind(f.Order))
	}
	if !f.After.At.IsZero() {
		at, order, witness := bind(f.After.At.UTC()), bind(f.After.Order), bind(f.After.Witness)
		where = append(where, fmt.Sprintf("(ordered_at < %[1]s OR ordered_at = %[1]s AND (id > %[2]s OR id = %[2]s AND witness > %[3]s))", at, order, witness))
	}
	rows, err := query(ctx, o.Store, fmt.Sprintf(`%s
SELECT id, witness, reason, believed_witness, believed_amount, believed_currency, ordered_at, believed_event, believed_partition, believed_offset,
  amount, currency, said_at, event_id, said_partition, said_offset
FROM matched WHERE %s ORDER BY ordered_at DESC, id, witness LIMIT %d`, sql, strings.Join(where, " AND "), max(1, f.Limit)), args...)
	if err != nil {
		return nil, err
	}
	out := make([]Difference, len(rows))
	for i, r := range rows {
		out[i] = differenceOf(r)
	}
	return out, nil
}

func differenceOf(r []any) Difference {
	d := Difference{Order: text(r[0]), Witness: text(r[1]), Reason: Reason(text(r[2])), Believed: testimonyOf(text(r[3]), r[4:10])}
	if r[12] != nil {
		said := testimonyOf(d.Witness, r[10:16])
		d.Said = &said
	}
	return d
}

func testimonyOf(witness string, r []any) Testimony {
	return Testimony{
		Witness: witness, Amount: money(r[0]), Currency: text(r[1]), At: instant(r[2]),
		EventID: text(r[3]), Partition: int32(number(r[4])), Offset: number(r[5]),
	}
}

// matched is the beginning of a statement: a row for each order and witness, with what
// the believed witness says beside it.
func (o *Orders) matched(p Period, now time.Time) (sql string, args []any, err error) {
	if len(o.Witnesses) < 2 {
		return "", nil, ErrNoWitnesses
	}
	bind := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	// A witness may date an order a little earlier or later than the one believed.
	slack := o.TimeTolerance + o.Settle + 24*time.Hour
	var said, names []string
	for i, w := range o.Witnesses {
		names = append(names, fmt.Sprintf("(%d, %s)", i, bind(w.Name)))
		said = append(said, o.testimony(i, &w, bind, p.From.Add(-slack), p.To.Add(slack)))
	}
	return fmt.Sprintf(`WITH witnesses(place, name) AS (VALUES %s),
said AS (%s),
believed AS (SELECT DISTINCT ON (id) * FROM said ORDER BY id, place),
matched AS (
  SELECT b.id, w.place, w.name AS witness, b.ordered_at, bw.name AS believed_witness, b.amount AS believed_amount, b.currency AS believed_currency,
    b.event_id AS believed_event, b.part AS believed_partition, b.pos AS believed_offset,
    s.amount, s.currency, s.ordered_at AS said_at, s.event_id, s.part AS said_partition, s.pos AS said_offset,
    CASE WHEN s.id IS NULL THEN CASE WHEN b.ordered_at > %s THEN 'pending' ELSE 'missing' END
      WHEN s.currency IS DISTINCT FROM b.currency THEN 'currency'
      WHEN abs(s.amount - b.amount) > %s::DECIMAL(38,6) THEN 'amount'
      WHEN abs(epoch_us(s.ordered_at) - epoch_us(b.ordered_at)) > %d THEN 'time'
      ELSE 'agrees' END AS reason
  FROM believed b JOIN witnesses bw ON bw.place = b.place CROSS JOIN witnesses w LEFT JOIN said s ON s.id = b.id AND s.place = w.place
  WHERE w.place <> b.place AND b.ordered_at >= %s AND b.ordered_at < %s)`,
		strings.Join(names, ", "), strings.Join(said, "\nUNION ALL "), bind(now.Add(-o.Settle).UTC()), bind(o.AmountTolerance.String()),
		o.TimeTolerance.Microseconds(), bind(p.From.UTC()), bind(p.To.UTC())), args, nil
}

// testimony selects what a witness says about each order.
func (o *Orders) testimony(place int, w *Witness, bind func(any) string, from, to time.Time) string {
	list := func(values []string) string {
		bound := make([]string, len(values))
		for i, v := range values {
			bound[i] = bind(v)
		}
		return strings.Join(bound, ", ")
	}
	id, amount := "order_id", `arg_max(amount, (event_time, "partition", "offset"))`
	if w.Prefix != "" {
		prefix := bind(w.Prefix)
		id = fmt.Sprintf("CASE WHEN starts_with(order_id, %[1]s) THEN substr(order_id, length(%[1]s) + 1) ELSE order_id END", prefix)
	}
	if w.Sum {
		amount = "sum(amount)"
	}
	where := []string{
		"order_id IS NOT NULL", "event_time >= " + bind(from.UTC()), "event_time < " + bind(to.UTC()), "source IN (" + list(w.Sources) + ")",
	}
	if len(w.Types) > 0 {
		where = append(where, "type IN ("+list(w.Types)+")")
	}
	return fmt.Sprintf(`SELECT %d AS place, %s AS id, coalesce(%s, 0)::DECIMAL(38,6) AS amount,
  arg_max(currency, (event_time, "partition", "offset")) AS currency, min(event_time) AS ordered_at,
  arg_max(event_id::VARCHAR, (event_time, "partition", "offset")) AS event_id,
  arg_max("partition", (event_time, "partition", "offset")) AS part, arg_max("offset", (event_time, "partition", "offset")) AS pos
FROM events WHERE %s GROUP BY id`, place, id, amount, strings.Join(where, " AND "))
}
