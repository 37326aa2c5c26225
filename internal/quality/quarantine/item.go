package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

// HeldItem is one quarantined event.
type HeldItem struct {
	Partition  int32        `json:"partition"`
	Offset     int64        `json:"offset"`
	EventID    string       `json:"event_id"`
	EventTime  *time.Time   `json:"event_time,omitempty"`
	ReceivedAt time.Time    `json:"received_at"`
	Source     string       `json:"source"`
	Type       string       `json:"type,omitempty"`
	Rule       string       `json:"rule" doc:"The first that it broke"`
	Category   string       `json:"category"`
	Field      string       `json:"field,omitempty"`
	Value      string       `json:"value,omitempty" doc:"Of that field, as received"`
	Message    string       `json:"message"`
	OrderID    string       `json:"order_id,omitempty"`
	CustomerID string       `json:"customer_id,omitempty"`
	Amount     event.Micros `json:"amount"`
	Payload    string       `json:"payload" doc:"As received; bytes that are not UTF-8 are written \\xNN"`
	Stream     string       `json:"stream"`
	Line       int64        `json:"line"`
	State      State        `json:"state" enum:"open,recovered,waived,dead,purged"`
	Attempts   int64        `json:"attempts" doc:"Times that it was redriven in vain"`
	SettledAt  *time.Time   `json:"settled_at,omitempty"`
	By         string       `json:"by,omitempty" doc:"Who settled it"`
	Group      string       `json:"group" doc:"Id of its group"`

	bytes int64 // of Payload, which the heads of items do not have
}

// Coordinates of the item.
func (i *HeldItem) Coordinates() Coordinates { return Coordinates{i.Partition, i.Offset} }

const itemColumns = `q.partition, q."offset", q.event_id, q.event_time, q.received_at, q.source, q.type, q.rule, q.category, q.field, q.value, ` +
	`q.message, q.order_id, q.customer_id, q.amount, q.payload, q.stream, q.line, q.state, q.attempts, q.settled_at, q."by"`

// headColumns are itemColumns with the length of the payload in its place: events of a
// megabyte are not read by the thousand.
var headColumns = strings.Replace(itemColumns, "q.payload", "strlen(q.payload) AS payload", 1)

func itemOf(r row) HeldItem {
	i := HeldItem{
		bytes:     r.count(payloadColumnOf),
		Partition: int32(r.count(0)), Offset: r.count(1), EventID: r.text(2), EventTime: r.timeOrNil(3), ReceivedAt: r.time(4),
		Source: r.text(5), Type: r.text(6), Rule: r.text(7), Category: r.text(8), Field: r.text(9), Value: r.text(10),
		Message: r.text(11), OrderID: r.text(12), CustomerID: r.text(13), Amount: r.money(14), Payload: r.text(15),
		Stream: r.text(16), Line: r.count(17), State: State(r.text(18)), Attempts: r.count(19), SettledAt: r.timeOrNil(20), By: r.text(21),
	}
	key := groupKey{i.Source, i.Rule, i.Category, i.Field}
	i.Group = key.id()
	return i
}

// payloadColumnOf is the place of the payload in itemColumns.
const payloadColumnOf = 15

// HeldPage is a page of items.
type HeldPage struct {
	Items      []HeldItem `json:"items" nullable:"false" doc:"In the order of their coordinates; fewer than asked for where their payloads are large (quarantine.batch_bytes)"`
	Total      int64      `json:"total" doc:"That the filter matches"`
	NextCursor string     `json:"next_cursor,omitempty" doc:"Of the next page"`
}

const maxPage = 1000

// Items returns a page of the events that a filter matches, from behind a cursor.
func (s *Service) Items(ctx context.Context, f HeldFilter, cursor string, limit int) (*HeldPage, error) {
	c, err := s.conditions(ctx, &f)
	if err != nil {
		return nil, err
	}
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	total, err := s.query(ctx, c, `SELECT count(*) FROM quarantine q WHERE `+c.where())
	if err != nil {
		return nil, err
	}
	if cursor != "" {
		after, err := ParseCoordinates(cursor)
		if err != nil {
			return nil, fmt.Errorf("%w: %q is no cursor of a page; take next_cursor of the page before", ErrInvalid, cursor)
		}
		c.behind(after)
	}
	page := &HeldPage{Total: total[0].count(0)}
	more := false
	page.Items, more, err = s.items(ctx, c, limit)
	if more {
		page.NextCursor = page.Items[len(page.Items)-1].Coordinates().String()
	}
	return page, err
}

// heads returns the first items that meet conditions, in the order of coordinates,
// without their payloads.
func (s *Service) heads(ctx context.Context, c *conditions, limit int) ([]HeldItem, error) {
	return s.selected(ctx, c, headColumns, limit)
}

func (s *Service) selected(ctx context.Context, c *conditions, columns string, limit int) ([]HeldItem, error) {
	rows, err := s.query(ctx, c, fmt.Sprintf(`SELECT %s FROM quarantine q WHERE %s ORDER BY q.partition, q."offset" LIMIT %d`, columns, c.where(), limit))
	items := make([]HeldItem, len(rows))
	for i, r := range rows {
		items[i] = itemOf(r)
	}
	return items, err
}

// items returns the first items that meet conditions, in the order of coordinates: at
// most limit, and at most as many as may be held at once by their payloads. more says
// that there are others behind them.
func (s *Service) items(ctx context.Context, c *conditions, limit int) (items []HeldItem, more bool, err error) {
	heads, err := s.heads(ctx, c, limit+1)
	if err != nil || len(heads) == 0 {
		return []HeldItem{}, false, err
	}
	n := min(s.fit(heads), limit)
	page := conditions{text: slices.Clone(c.text), args: slices.Clone(c.args)}
	page.upTo(heads[n-1].Coordinates())
	items, err = s.selected(ctx, &page, itemColumns, n)
	return items, n < len(heads) && len(items) > 0, err
}

// fit returns how many items may be held at once with their payloads: one at least,
// however large that is.
func (s *Service) fit(items []HeldItem) int {
	left := int64(s.cfg.Settings.BatchBytes)
	for i := range items {
		if left -= items[i].bytes; left < 0 {
			return max(i, 1)
		}
	}
	return len(items)
}

// parts cuts items into runs of at most so many that may be held at once.
func (s *Service) parts(items []HeldItem, rows int) iter.Seq[[]HeldItem] {
	return func(yield func([]HeldItem) bool) {
		for len(items) > 0 {
			n := min(s.fit(items), rows)
			if !yield(items[:n:n]) {
				return
			}
			items = items[n:]
		}
	}
}

// conditions are those of a client's filter.
func (s *Service) conditions(ctx context.Context, f *HeldFilter) (*conditions, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	var group *groupKey
	if f.Group != "" {
		found, err := s.groupKey(ctx, f.Group)
		if err != nil {
			return nil, err
		}
		group = &found
	}
	c := new(conditions)
	c.filter(f, group)
	return c, nil
}

// HeldDetail is an item with all that is known of it.
type HeldDetail struct {
	HeldItem
	Columns  []HeldColumn  `json:"columns" nullable:"false" doc:"Of a payload that is a line of fields"`
	Decoded  *Decoded      `json:"decoded,omitempty" doc:"What the present adapter, rules and enrichment make of it. Absent when the log no longer has it"`
	Triage   Triage        `json:"triage" doc:"Its own, else that of its group"`
	History  []HeldChange  `json:"history" nullable:"false" doc:"Oldest first"`
	Siblings int64         `json:"siblings" doc:"Open events of its group"`
	Raw      *HeldEnvelope `json:"raw,omitempty" doc:"What the door knew about it. Absent when the log no longer has it"`
}

// HeldColumn is one field of a line.
type HeldColumn struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// HeldEnvelope is what the log has besides a payload.
type HeldEnvelope struct {
	Adapter    string `json:"adapter"`
	Envelope   string `json:"envelope,omitempty"`
	Occurrence uint32 `json:"occurrence,omitempty" doc:"Number among equal lines of its file"`
	Key        string `json:"key" doc:"Route key"`
	Bytes      int    `json:"bytes"`
}

// HeldChange is one step in the life of a quarantined event.
type HeldChange struct {
	At        time.Time `json:"at"`
	What      string    `json:"what" doc:"quarantined, redrive, waive, reopen, purge, bury or triage"`
	Outcome   string    `json:"outcome,omitempty" doc:"recovered, duplicate, requarantined, waived, reopened, dead, purged or void"`
	By        string    `json:"by,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Patch     string    `json:"patch,omitempty"`
	Run       string    `json:"run,omitempty"`
	Attempt   int64     `json:"attempt,omitempty"`
	Rule      string    `json:"rule,omitempty" doc:"That it broke then"`
	Field     string    `json:"field,omitempty"`
	Message   string    `json:"message,omitempty"`
	Payload   string    `json:"payload,omitempty" doc:"Of a failed attempt; absent of old ones where all of them are large"`
	EventID   string    `json:"event_id,omitempty"`
	Partition *int32    `json:"partition,omitempty" doc:"Coordinates of the act in the log"`
	Offset    *int64    `json:"offset,omitempty"`
}

// Item returns one quarantined event with its history.
func (s *Service) Item(ctx context.Context, at Coordinates) (*HeldDetail, error) {
	item, err := s.item(ctx, at)
	if err != nil {
		return nil, err
	}
	d := &HeldDetail{HeldItem: *item, Columns: []HeldColumn{}}
	if d.History, err = s.history(ctx, item); err != nil {
		return nil, err
	}
	own, err := s.triageOf(ctx, itemTriage(at))
	if err != nil {
		return nil, err
	}
	group, err := s.triageOf(ctx, groupTriage(item.Group))
	if err != nil {
		return nil, err
	}
	d.Triage = group
	if len(own.History) > 0 {
		d.Triage = own
	}
	d.addTriage(own, group)
	var c conditions
	c.filter(&HeldFilter{States: []State{Open}}, &groupKey{item.Source, item.Rule, item.Category, item.Field})
	siblings, err := s.query(ctx, &c, `SELECT count(*) FROM quarantine q WHERE `+c.where())
	if err != nil {
		return nil, err
	}
	d.Siblings = siblings[0].count(0)
	return d, s.decode(ctx, d)
}

func (s *Service) item(ctx context.Context, at Coordinates) (*HeldItem, error) {
	var c conditions
	c.add(`q.partition = ? AND q."offset" = ?`, at.Partition, at.Offset)
	items, err := s.selected(ctx, &c, itemColumns, 1)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%w: there is no quarantined event at %s", ErrNotFound, at)
	}
	return &items[0], nil
}

// decode adds what the log has of an item. A purged item is not shown.
func (s *Service) decode(ctx context.Context, d *HeldDetail) error {
	if d.State == Purged {
		return nil
	}
	stored, err := s.cfg.Raw.Get(ctx, d.Partition, d.Offset)
	if errors.Is(err, eventlog.ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	r := &stored.Record
	d.Raw = &HeldEnvelope{Adapter: r.Adapter, Envelope: r.Envelope, Occurrence: r.Occurrence, Key: string(stored.Key), Bytes: len(r.Payload)}
	judged, err := s.cfg.Judge.Judge([]adapter.Record{*r})
	if err != nil {
		return err
	}
	d.Decoded = &judged[0]
	if names, values, ok := s.columns(r); ok {
		for i, name := range names {
			d.Columns = append(d.Columns, HeldColumn{name, values[i]})
		}
	}
	return nil
}

// history returns what happened to an item: that it was quarantined, and its acts.
func (s *Service) history(ctx context.Context, item *HeldItem) ([]HeldChange, error) {
	changes := []HeldChange{{
		At: item.ReceivedAt, What: "quarantined", Rule: item.Rule, Field: item.Field, Message: item.Message, EventID: item.EventID,
	}}
	c := conditions{args: []any{int64(s.cfg.Settings.BatchBytes), item.Partition, item.Offset}}
	rows, err := s.query(ctx, &c, `SELECT a.at, a.kind, a.outcome, a."by", a.reason, a.patch, a.run, a.attempt, a.rule, a.field, a.message,
  CASE WHEN sum(coalesce(strlen(a.payload), 0)) OVER (ORDER BY a.partition DESC, a."offset" DESC) <= ? THEN a.payload END, a.event_id, a.partition, a."offset"
FROM quarantine_acts a WHERE a.original_partition = ? AND a.original_offset = ? AND a.kind NOT IN ('source', 'enter') ORDER BY a.partition, a."offset"`)
	for _, r := range rows {
		partition, offset := int32(r.count(13)), r.count(14)
		payload := r.text(11)
		if item.State == Purged {
			payload = ""
		}
		changes = append(changes, HeldChange{
			At: r.time(0), What: r.text(1), Outcome: r.text(2), By: r.text(3), Reason: r.text(4), Patch: r.text(5), Run: r.text(6), Attempt: r.count(7),
			Rule: r.text(8), Field: r.text(9), Message: r.text(10), Payload: payload, EventID: r.text(12), Partition: &partition, Offset: &offset,
		})
	}
	return changes, err
}

// Decoded is what the present adapter, rules and enrichment make of a payload.
type Decoded struct {
	EventID  string          `json:"event_id"`
	Time     time.Time       `json:"event_time,omitzero"`
	Type     string          `json:"type,omitempty"`
	Customer string          `json:"customer_id,omitempty"`
	Order    string          `json:"order_id,omitempty"`
	Country  string          `json:"country,omitempty"`
	Currency string          `json:"currency,omitempty"`
	Amount   event.Micros    `json:"amount"`
	Lines    []DecodedLine   `json:"lines" nullable:"false" doc:"Its items"`
	Other    json.RawMessage `json:"properties,omitempty"`
	Problems []HeldProblem   `json:"problems" nullable:"false" doc:"Why it would be quarantined again; none: it would pass"`
	Versions string          `json:"versions" doc:"Of adapter, rules and enrichment"`

	// Check is the digest of its content, as in [event.Batch].
	Check uint32 `json:"-"`
}

// DecodedLine is an item of an event.
type DecodedLine struct {
	Product  string       `json:"product_id,omitempty"`
	Name     string       `json:"product_name,omitempty"`
	Kind     string       `json:"kind"`
	Quantity int64        `json:"quantity"`
	Price    event.Micros `json:"unit_price"`
	Amount   event.Micros `json:"amount"`
}

// HeldProblem is why an event would be quarantined.
type HeldProblem struct {
	Rule     string `json:"rule"`
	Category string `json:"category"`
	Field    string `json:"field,omitempty"`
	Value    string `json:"value,omitempty"`
	Message  string `json:"message"`
}
