package gateway

import (
	"time"

	"github.com/millrace/millrace/event"
)

// EventRow is one event as search shows it.
type EventRow struct {
	EventID    string        `json:"event_id"`
	EventTime  *time.Time    `json:"event_time"`
	ReceivedAt time.Time     `json:"received_at"`
	Source     string        `json:"source"`
	Type       string        `json:"type"`
	CustomerID string        `json:"customer_id"`
	OrderID    string        `json:"order_id"`
	Country    string        `json:"country"`
	Currency   string        `json:"currency"`
	Amount     *event.Micros `json:"amount" format:"decimal"`
	Verdict    string        `json:"verdict" enum:"accepted,quarantined"`
	Corrected  bool          `json:"corrected"`
	Late       bool          `json:"late"`
	Partition  int32         `json:"partition"`
	Offset     int64         `json:"offset"`
	Stream     string        `json:"stream"`
	Line       int64         `json:"line"`
}

// EventsAnswer is the answer of /api/v1/events.
type EventsAnswer struct {
	Events     []EventRow `json:"events" nullable:"false"`
	NextCursor *string    `json:"next_cursor" doc:"Hand it in as cursor for the next page; null at the end"`
}

// Delivery is one more delivery of an event.
type Delivery struct {
	ReceivedAt time.Time `json:"received_at"`
	Source     string    `json:"source"`
	Stream     string    `json:"stream"`
	Line       int64     `json:"line"`
	Partition  int32     `json:"partition"`
	Offset     int64     `json:"offset"`
}

// Change is one thing that was changed in or added to an event.
type Change struct {
	Kind    string `json:"kind" enum:"correction,enrichment"`
	Rule    string `json:"rule" doc:"Rule or enrichment that did it"`
	Field   string `json:"field"`
	Before  string `json:"before" doc:"Empty when it was missing"`
	After   string `json:"after"`
	Version string `json:"version" doc:"Of the rule set or enrichment"`
}

// PassportSource says where an event came from.
type PassportSource struct {
	Name           string `json:"name"`
	Adapter        string `json:"adapter"`
	AdapterVersion string `json:"adapter_version"`
	Stream         string `json:"stream" doc:"File name, or door such as http"`
	Line           int64  `json:"line" doc:"Line in the file (the header is line 1), or index in the request (from 0)"`
	Request        string `json:"request" doc:"Request id of an HTTP door"`
}

// Coordinates name the raw bytes of an event in the log.
type Coordinates struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// RawPayload is the event as the log holds it.
type RawPayload struct {
	Payload   string            `json:"payload"`
	Encoding  string            `json:"encoding" enum:"utf-8,base64"`
	Headers   map[string]string `json:"headers"`
	Available bool              `json:"available"`
	Reason    string            `json:"reason" doc:"Why it is not available"`
}

// Step is one thing that happened to an event.
type Step struct {
	At     *time.Time `json:"at" doc:"Null where the time is not recorded"`
	Step   string     `json:"step" enum:"happened,received,logged,decoded,corrected,enriched,warned,accepted,quarantined,rejected,duplicate,pending,stored"`
	Detail string     `json:"detail"`
}

// Fields are the columns of one stored row by name. Money is a decimal string.
type Fields map[string]any

// Passport is everything that is known about one event.
type Passport struct {
	EventID     string         `json:"event_id" doc:"Empty for a record that was refused at the door"`
	Verdict     string         `json:"verdict" enum:"accepted,duplicate,quarantined,rejected,pending"`
	Event       Fields         `json:"event" doc:"Row of table events; null unless accepted"`
	Lines       []Fields       `json:"lines" nullable:"false" doc:"Rows of table order_lines"`
	Products    []Fields       `json:"products" nullable:"false" doc:"Rows of table product_events"`
	Quarantine  []Fields       `json:"quarantine" nullable:"false" doc:"Rows of table quarantine"`
	Duplicates  []Delivery     `json:"duplicates" nullable:"false" doc:"Further deliveries of the event"`
	Changes     []Change       `json:"changes" nullable:"false"`
	Source      PassportSource `json:"source"`
	Versions    string         `json:"versions" doc:"Adapter and rules that made the row, as name@version"`
	Coordinates Coordinates    `json:"coordinates"`
	Raw         RawPayload     `json:"raw"`
	Acts        []Fields       `json:"acts" nullable:"false" doc:"What was done about it while it was quarantined: rows of table quarantine_acts, oldest first"`
	Reached     []Reached      `json:"reached" nullable:"false" doc:"Results of jobs that it is a part of, as they are now; at most 20 of each table"`
	Sinks       []PassportSink `json:"sinks" nullable:"false" doc:"Where it, and the results that it is a part of, are delivered to"`
	Timeline    []Step         `json:"timeline" nullable:"false"`
}

// QuarantineSample is one quarantined event of a group.
type QuarantineSample struct {
	EventID string `json:"event_id"`
	Value   string `json:"value"`
	Message string `json:"message"`
	Stream  string `json:"stream"`
	Line    int64  `json:"line"`
	OrderID string `json:"order_id"`
	Payload string `json:"payload"`
}

// QuarantineGroup is what one rule holds back of one source.
type QuarantineGroup struct {
	Source    string             `json:"source"`
	Rule      string             `json:"rule"`
	Category  string             `json:"category"`
	Field     string             `json:"field"`
	Count     int64              `json:"count"`
	Amount    event.Micros       `json:"amount" format:"decimal"`
	FirstSeen time.Time          `json:"first_seen" doc:"Receive time of the first"`
	LastSeen  time.Time          `json:"last_seen" doc:"Receive time of the last"`
	Samples   []QuarantineSample `json:"samples" nullable:"false" doc:"The first five"`
}

// QuarantineAnswer is the answer of /api/v1/quarantine.
type QuarantineAnswer struct {
	Total  int64             `json:"total"`
	Amount event.Micros      `json:"amount" format:"decimal" doc:"Sum over all, whatever the currency"`
	Groups []QuarantineGroup `json:"groups" nullable:"false" doc:"Largest first"`
}

// SourceRow is one source of events.
type SourceRow struct {
	Name     string     `json:"name"`
	Adapter  string     `json:"adapter"`
	Events   int64      `json:"events" doc:"Events received"`
	Rejected int64      `json:"rejected"`
	LastSeen *time.Time `json:"last_seen" doc:"Time of the last receipt; its minute when that was before the process started"`
	Kind     string     `json:"kind" doc:"http, file, inbox, kafka or replay; or the kind of peer that the events are fetched from"`

	State     string `json:"state" doc:"paused; passive: it waits for senders; running: it is connected; retrying: its last attempt failed; broken: it failed often, and is tried now and then; probing: it is being tried"`
	Bytes     int64  `json:"bytes" doc:"Bytes of payloads taken since the process started"`
	Refused   int64  `json:"refused" doc:"Requests and files that were answered with an error since the process started"`
	Errors    int64  `json:"errors" doc:"Attempts to fetch events that failed since the process started"`
	Lag       int64  `json:"lag" doc:"What has not been fetched, in the unit of its kind"`
	LastError string `json:"last_error" doc:"Of the last attempt that failed; empty: none has"`

	Health *HealthRow `json:"health,omitempty" doc:"How good its events are; absent for a source that is not configured"`
}

// SourcesAnswer is the answer of /api/v1/sources.
type SourcesAnswer struct {
	Sources []SourceRow `json:"sources" nullable:"false"`
}

// SchemaColumn describes one column.
type SchemaColumn struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

// SchemaTable describes one table that SQL can read.
type SchemaTable struct {
	Name    string         `json:"name"`
	Comment string         `json:"comment"`
	Columns []SchemaColumn `json:"columns" nullable:"false"`
}

// SchemaAnswer is the answer of /api/v1/schema.
type SchemaAnswer struct {
	Tables []SchemaTable `json:"tables" nullable:"false" doc:"That the caller may read, with the columns that it may read"`
	Reader SQLLimits     `json:"reader" doc:"What bounds the statements of the caller, as /api/v1/sql/limits tells it"`
}

// SQLColumn describes one column of a result.
type SQLColumn struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"SQL type, such as DECIMAL(38,6)"`
}

// SQLRequest is one query.
type SQLRequest struct {
	_     struct{} `additionalProperties:"false"`
	Query string   `json:"query" minLength:"1" doc:"One statement that reads" example:"SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country ORDER BY revenue DESC"`
	Limit int      `json:"limit,omitempty" minimum:"1" doc:"Rows to return at most; the server's limit holds as well"`
}

// SQLAnswer is the answer of /api/v1/sql as JSON.
type SQLAnswer struct {
	Columns   []SQLColumn `json:"columns" nullable:"false"`
	Rows      [][]any     `json:"rows" nullable:"false" doc:"Decimals and 128-bit integers are strings, times RFC 3339 in UTC"`
	RowCount  int64       `json:"row_count"`
	Truncated bool        `json:"truncated" doc:"Whether a limit cut the result off"`
	ElapsedMS float64     `json:"elapsed_ms"`
	Cached    bool        `json:"cached" doc:"Whether the rows were kept from an earlier run; nothing was stored since"`
}

// LineError is what was wrong with one line of a file.
type LineError struct {
	Line    int64  `json:"line"`
	Column  int64  `json:"column"`
	Message string `json:"message"`
}

// FileAnswer is the answer of /api/v1/files.
type FileAnswer struct {
	Stream        string      `json:"stream" doc:"Name under which rows know the file"`
	Lines         int64       `json:"lines" doc:"Lines of the file, the header included"`
	AcceptedByLog int64       `json:"accepted_by_log" doc:"Records durable in the log"`
	Resumed       int64       `json:"resumed,omitempty" doc:"Of these and of the rejected, how many an earlier, interrupted upload had put there"`
	Rejected      int64       `json:"rejected" doc:"Records refused, counted in the ledger"`
	Errors        []LineError `json:"errors" nullable:"false" doc:"What was wrong, the first 100"`
}
