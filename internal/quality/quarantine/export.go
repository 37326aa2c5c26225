package quarantine

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/millrace/millrace/event"
)

// The columns of an exported file. Those of the payload follow, each with
// columnPrefix before its name; a payload that is no line of them stands in
// payloadColumn.
var exportColumns = []string{
	"partition", "offset", "event_id", "source", "rule", "category", "field", "value", "message", "state", "received_at", "stream", "line",
}

const (
	columnPrefix  = "column."
	payloadColumn = "payload"
	exportPage    = 2000
)

// Formats of files that people edit.
const (
	FormatCSV   = "csv"
	FormatJSONL = "jsonl"
)

// Export writes the events that a filter matches, page by page, as a file that can be
// edited and imported again.
func (s *Service) Export(ctx context.Context, f HeldFilter, format string, w io.Writer) error {
	if format != FormatCSV && format != FormatJSONL {
		return fmt.Errorf("%w: format is %q; %s", ErrInvalid, format, nearest(format, []string{FormatCSV, FormatJSONL}))
	}
	if len(f.States) == 0 {
		f.States = []State{Open, Dead}
	}
	c, err := s.conditions(ctx, &f)
	if err != nil {
		return err
	}
	var out exporter = &jsonExporter{json.NewEncoder(w)}
	if format == FormatCSV {
		out = &csvExporter{w: csv.NewWriter(w)}
	}
	after := Coordinates{Partition: -1}
	for first := true; ; first = false {
		page := &conditions{text: append([]string(nil), c.text...), args: append([]any(nil), c.args...)}
		page.behind(after)
		items, more, err := s.items(ctx, page, exportPage)
		if err != nil {
			return err
		}
		lines, err := s.lines(ctx, items)
		if err != nil {
			return err
		}
		if first {
			if err := out.begin(items, lines); err != nil {
				return err
			}
		}
		for i := range items {
			if err := out.write(&items[i], lines[items[i].Coordinates()]); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil || !more {
			return err
		}
		after = items[len(items)-1].Coordinates()
	}
}

// lines cuts the payloads of items that are lines of fields.
func (s *Service) lines(ctx context.Context, items []HeldItem) (map[Coordinates]*line, error) {
	raw, err := s.raw(ctx, items)
	if err != nil {
		return nil, err
	}
	out := make(map[Coordinates]*line)
	for i := range items {
		at := items[i].Coordinates()
		if stored, ok := raw[at]; ok && items[i].State != Purged {
			if l, ok := s.line(&stored.Record); ok {
				out[at] = l
			}
		}
	}
	return out, nil
}

type exporter interface {
	begin(items []HeldItem, lines map[Coordinates]*line) error
	write(item *HeldItem, l *line) error
	flush() error
}

// csvExporter writes CSV for spreadsheets.
type csvExporter struct {
	w     *csv.Writer
	names []string // of the payload's columns
	cells []string
}

// begin chooses the columns: those of the first line that there is.
func (e *csvExporter) begin(items []HeldItem, lines map[Coordinates]*line) error {
	header := append([]string(nil), exportColumns...)
	for i := range items {
		if l := lines[items[i].Coordinates()]; l != nil {
			for _, c := range l.layout.Columns {
				e.names = append(e.names, c.Name)
				header = append(header, neutral(columnPrefix+c.Name))
			}
			break
		}
	}
	return e.w.Write(append(header, payloadColumn))
}

func (e *csvExporter) write(i *HeldItem, l *line) error {
	e.cells = append(e.cells[:0], strconv.Itoa(int(i.Partition)), strconv.FormatInt(i.Offset, 10), i.EventID, i.Source, i.Rule, i.Category,
		i.Field, i.Value, i.Message, string(i.State), i.ReceivedAt.Format(time.RFC3339Nano), i.Stream, strconv.FormatInt(i.Line, 10))
	values, whole := make([]string, len(e.names)), i.Payload
	if l != nil && l.named(e.names) {
		for k, name := range e.names {
			values[k] = l.value(l.index(name))
		}
		whole = ""
	}
	e.cells = append(append(e.cells, values...), whole)
	for k := range e.cells {
		e.cells[k] = neutral(e.cells[k])
	}
	return e.w.Write(e.cells)
}

func (e *csvExporter) flush() error {
	e.w.Flush()
	return e.w.Error()
}

// named reports whether the line has just these columns, in any order.
func (l *line) named(names []string) bool {
	if len(names) == 0 || len(names) != len(l.layout.Columns) {
		return false
	}
	for _, name := range names {
		if l.index(name) < 0 {
			return false
		}
	}
	return true
}

func (l *line) index(name string) int {
	for i, c := range l.layout.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// jsonExporter writes an object per line.
type jsonExporter struct{ encoder *json.Encoder }

// exported is an event as JSON Lines carry it.
type exported struct {
	Partition  int32             `json:"partition"`
	Offset     int64             `json:"offset"`
	EventID    string            `json:"event_id"`
	Source     string            `json:"source"`
	Rule       string            `json:"rule"`
	Category   string            `json:"category"`
	Field      string            `json:"field,omitempty"`
	Value      string            `json:"value,omitempty"`
	Message    string            `json:"message"`
	State      State             `json:"state"`
	ReceivedAt time.Time         `json:"received_at"`
	Amount     event.Micros      `json:"amount"`
	Stream     string            `json:"stream"`
	Line       int64             `json:"line"`
	Columns    map[string]string `json:"columns,omitempty"`
	Payload    *string           `json:"payload,omitempty"`
}

func (e *jsonExporter) begin([]HeldItem, map[Coordinates]*line) error {
	e.encoder.SetEscapeHTML(false)
	return nil
}

func (e *jsonExporter) write(i *HeldItem, l *line) error {
	out := exported{
		Partition: i.Partition, Offset: i.Offset, EventID: i.EventID, Source: i.Source, Rule: i.Rule, Category: i.Category, Field: i.Field,
		Value: i.Value, Message: i.Message, State: i.State, ReceivedAt: i.ReceivedAt, Amount: i.Amount, Stream: i.Stream, Line: i.Line,
	}
	if l == nil {
		out.Payload = &i.Payload
		return e.encoder.Encode(out)
	}
	out.Columns = make(map[string]string, len(l.fields))
	for k, c := range l.layout.Columns {
		out.Columns[c.Name] = l.value(k)
	}
	return e.encoder.Encode(out)
}

func (e *jsonExporter) flush() error { return nil }
