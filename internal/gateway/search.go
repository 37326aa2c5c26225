package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/event"
)

// noTime sorts events without a time behind all others.
const noTime = `coalesce(event_time, TIMESTAMP '0001-01-01')`

// conditions collects the parts of a WHERE clause with their arguments.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) add(part string, args ...any) {
	c.parts = append(c.parts, part)
	c.args = append(c.args, args...)
}

func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return "true"
	}
	return strings.Join(c.parts, " AND ")
}

// search is a condition for each of the two tables that events are in.
type search struct{ accepted, quarantined conditions }

func (s *search) both(part string, args ...any) {
	s.accepted.add(part, args...)
	s.quarantined.add(part, args...)
}

// acceptedOnly finds nothing among quarantined events, which have no items.
func (s *search) acceptedOnly(part string, args ...any) {
	s.accepted.add(part, args...)
	s.quarantined.add("false")
}

const ofProduct = `(partition, "offset") IN (SELECT (partition, "offset") FROM order_lines WHERE product_id = ?
  UNION ALL SELECT (partition, "offset") FROM product_events WHERE product_id = ?)`

func (in *eventsInput) search() (*search, error) {
	s := new(search)
	if in.ID != "" {
		id, err := event.ParseID(in.ID)
		if err != nil {
			return nil, badParameter("id", in.ID, err.Error())
		}
		s.both("event_id = ?", id)
	}
	for _, f := range []struct{ column, value string }{
		{"order_id", in.OrderID}, {"customer_id", in.CustomerID}, {"source", in.Source}, {"type", in.Type},
	} {
		if f.value != "" {
			s.both(f.column+" = ?", f.value)
		}
	}
	if in.ProductID != "" {
		s.acceptedOnly(ofProduct, in.ProductID, in.ProductID)
	}
	if !in.From.IsZero() {
		s.both("event_time >= ?", in.From.UTC())
	}
	if !in.To.IsZero() {
		s.both("event_time < ?", in.To.UTC())
	}
	s.free(strings.TrimSpace(in.Q))
	return s, nil
}

// free adds what a free text may mean.
func (s *search) free(q string) {
	if q == "" {
		return
	}
	if id, err := event.ParseID(strings.ToLower(q)); err == nil {
		s.both("event_id = ?", id)
		return
	}
	if p, o, ok := strings.Cut(q, ":"); ok {
		partition, errP := strconv.ParseInt(p, 10, 32)
		offset, errO := strconv.ParseInt(o, 10, 64)
		if errP == nil && errO == nil {
			s.both(`partition = ? AND "offset" = ?`, partition, offset)
			return
		}
	}
	s.accepted.add("(starts_with(order_id, ?) OR starts_with(customer_id, ?) OR "+ofProduct+")", q, q, q, q)
	s.quarantined.add("(starts_with(order_id, ?) OR starts_with(customer_id, ?))", q, q)
}

func badParameter(name string, value any, message string) error {
	return huma.Error400BadRequest("A parameter is wrong.", &huma.ErrorDetail{Message: message, Location: "query." + name, Value: value})
}

// cursor is the sort key of the last event of a page.
type cursor struct {
	Time      int64 `json:"t"` // µs since 1970 UTC
	Partition int32 `json:"p"`
	Offset    int64 `json:"o"`
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(encode(c))
}

func parseCursor(s string) (c cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return c, badParameter("cursor", s, "is not the next_cursor of an answer")
	}
	return c, nil
}

func (g *Gateway) events(ctx context.Context, in *eventsInput) (*EventsAnswer, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s, err := in.search()
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		c, err := parseCursor(in.Cursor)
		if err != nil {
			return nil, err
		}
		at := time.UnixMicro(c.Time).UTC()
		s.both(`(`+noTime+` < ? OR (`+noTime+` = ? AND (partition > ? OR (partition = ? AND "offset" > ?))))`,
			at, at, c.Partition, c.Partition, c.Offset)
	}
	s.quarantined.add("state <> 'recovered'") // they are among the accepted
	const shared = `event_id, event_time, received_at, source, type, customer_id, order_id`
	rows, err := g.rows(ctx, fmt.Sprintf(`SELECT * FROM (
  SELECT %s, country, currency, amount, 'accepted' AS verdict, corrected, late, partition, "offset", stream, line, %s AS sort_time
  FROM events WHERE %s
  UNION ALL
  SELECT %s, NULL, NULL, amount, 'quarantined', false, false, partition, "offset", stream, line, %s
  FROM quarantine WHERE %s)
ORDER BY sort_time DESC, partition, "offset" LIMIT %d`,
		shared, noTime, s.accepted.where(), shared, noTime, s.quarantined.where(), in.Limit+1),
		append(s.accepted.args, s.quarantined.args...)...)
	if err != nil {
		return nil, err
	}
	answer := &EventsAnswer{Events: []EventRow{}}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		last := rows[len(rows)-1]
		at := cursor{Time: last.time(17).UnixMicro(), Partition: int32(last.count(13)), Offset: last.count(14)}.String()
		answer.NextCursor = &at
	}
	for _, r := range rows {
		e, err := eventRow(r)
		if err != nil {
			return nil, err
		}
		answer.Events = append(answer.Events, e)
	}
	return answer, nil
}

func eventRow(r row) (EventRow, error) {
	e := EventRow{
		EventID: r.text(0), EventTime: r.timeOrNil(1), ReceivedAt: r.time(2), Source: r.text(3), Type: r.text(4),
		CustomerID: r.text(5), OrderID: r.text(6), Country: r.text(7), Currency: r.text(8),
		Verdict: r.text(10), Corrected: r.flag(11), Late: r.flag(12),
		Partition: int32(r.count(13)), Offset: r.count(14), Stream: r.text(15), Line: r.count(16),
	}
	if r[9] != nil {
		amount, err := r.money(9)
		if err != nil {
			return e, err
		}
		e.Amount = &amount
	}
	return e, nil
}
