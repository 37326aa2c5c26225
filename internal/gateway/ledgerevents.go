package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// LedgerEvent is an event behind a number of the ledger.
type LedgerEvent struct {
	Verdict    string    `json:"verdict" enum:"accepted,duplicate,quarantined,rejected"`
	State      string    `json:"state,omitempty" doc:"What became of it in quarantine: open, recovered, waived, dead or purged"`
	Table      string    `json:"table" doc:"Where its row is"`
	Partition  int32     `json:"partition"`
	Offset     int64     `json:"offset"`
	EventID    string    `json:"event_id,omitempty" doc:"Absent for what was refused at the door"`
	ReceivedAt time.Time `json:"received_at"`
	Source     string    `json:"source"`
	Stream     string    `json:"stream" doc:"File name, or door such as http"`
	Line       int64     `json:"line"`
	Link       string    `json:"link" doc:"Its passport in the console"`
}

// LedgerEventsAnswer is the answer of /api/v1/ledger/events.
type LedgerEventsAnswer struct {
	Events     []LedgerEvent `json:"events" nullable:"false" doc:"Newest receive time first"`
	NextCursor string        `json:"next_cursor,omitempty"`
}

type ledgerEventsInput struct {
	Verdict string    `query:"verdict" enum:"received,accepted,duplicate,quarantined,rejected,recovered,waived,dead,open" default:"received" doc:"Column of the ledger"`
	Source  string    `query:"source" doc:"Only this source"`
	From    time.Time `query:"from" doc:"Start in receive time, inclusive"`
	To      time.Time `query:"to" doc:"End in receive time, exclusive"`
	Limit   int       `query:"limit" default:"50" minimum:"1" maximum:"500"`
	Cursor  string    `query:"cursor" doc:"next_cursor of the page before"`
}

// ledgerTable says which rows of a table the ledger counts as a verdict. Rows of
// recovered events are counted with their original, which is in quarantine.
type ledgerTable struct{ verdict, table, id, state, where string }

var ledgerTables = []ledgerTable{
	{"accepted", "events", "event_id", "''", "NOT recovered"},
	{"duplicate", "duplicates", "event_id", "''", "true"},
	{"quarantined", "quarantine", "event_id", "state", "true"},
	{"rejected", "rejections", "NULL", "''", "true"},
}

// ledgerStates are the conditions of the columns that say what became of quarantined
// events.
var ledgerStates = map[string]string{
	"recovered": "state = 'recovered'", "waived": "state = 'waived'", "dead": "state IN ('dead', 'purged')", "open": "state = 'open'",
}

func (g *Gateway) registerLedgerEvents(api huma.API) {
	get(g, api, "ledger-events", tagPlatform, "/api/v1/ledger/events", "The events behind a number of the ledger",
		"Period, source and column of the ledger as rows with coordinates, place in their source, and passport.", g.ledgerEvents)
}

func (g *Gateway) ledgerEvents(ctx context.Context, in *ledgerEventsInput) (*LedgerEventsAnswer, error) {
	if !in.From.IsZero() && !in.To.IsZero() && !in.From.Before(in.To) {
		return nil, huma.NewError(http.StatusUnprocessableEntity, "from must be before to.")
	}
	var c conditions
	if in.Source != "" {
		c.add("source = ?", in.Source)
	}
	if !in.From.IsZero() {
		c.add("received_at >= ?", in.From.UTC())
	}
	if !in.To.IsZero() {
		c.add("received_at < ?", in.To.UTC())
	}
	if in.Cursor != "" {
		after, err := parseCursor(in.Cursor)
		if err != nil {
			return nil, err
		}
		at := time.UnixMicro(after.Time).UTC()
		c.add(`(received_at < ? OR received_at = ? AND ("partition" > ? OR "partition" = ? AND "offset" > ?))`, at, at, after.Partition, after.Partition, after.Offset)
	}
	sql, args := ledgerSelect(in.Verdict, &c)
	rows, err := g.rows(ctx, fmt.Sprintf("%s\nORDER BY received_at DESC, \"partition\", \"offset\" LIMIT %d", sql, in.Limit+1), args...)
	if err != nil {
		return nil, err
	}
	return ledgerEventsOf(rows, in.Limit), nil
}

// ledgerSelect selects the rows of a column of the ledger from the tables that have them.
func ledgerSelect(column string, c *conditions) (sql string, args []any) {
	state, settled := ledgerStates[column]
	var parts []string
	for _, t := range ledgerTables {
		where := t.where
		switch {
		case settled && t.verdict == "quarantined":
			where = state
		case column != "received" && column != t.verdict:
			continue
		}
		parts = append(parts, fmt.Sprintf(`SELECT '%s' AS verdict, '%s' AS tab, %s AS state, "partition", "offset", %s AS id, received_at, source, stream, line FROM %s WHERE %s AND %s`,
			t.verdict, t.table, t.state, t.id, t.table, where, c.where()))
		args = append(args, c.args...)
	}
	return strings.Join(parts, "\nUNION ALL "), args
}

func ledgerEventsOf(rows []row, limit int) *LedgerEventsAnswer {
	answer := &LedgerEventsAnswer{Events: []LedgerEvent{}}
	for i, r := range rows {
		if i == limit {
			last := answer.Events[i-1]
			answer.NextCursor = cursor{Time: last.ReceivedAt.UnixMicro(), Partition: last.Partition, Offset: last.Offset}.String()
			break
		}
		e := LedgerEvent{
			Verdict: r.text(0), Table: r.text(1), State: r.text(2), Partition: int32(r.count(3)), Offset: r.count(4), EventID: r.text(5),
			ReceivedAt: r.time(6), Source: r.text(7), Stream: r.text(8), Line: r.count(9),
		}
		e.Link = fmt.Sprintf("/coordinates/%d/%d", e.Partition, e.Offset)
		answer.Events = append(answer.Events, e)
	}
	return answer
}
