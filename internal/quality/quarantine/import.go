package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

// ImportRequest is an edited file on its way in.
type ImportRequest struct {
	Format  string // csv or jsonl
	Body    io.Reader
	DryRun  bool
	Confirm string
	By      string
	Reason  string
	Rate    int
	Via     string // as of a [RunRequest]
}

// HeldImport is what an edited file comes to.
type HeldImport struct {
	Rows      int64         `json:"rows" doc:"Of the file, without its header"`
	Changed   int64         `json:"changed" doc:"Rows whose payload differs from what was exported"`
	Unchanged int64         `json:"unchanged" doc:"Rows that are left alone"`
	Wrong     int64         `json:"wrong" doc:"Rows that cannot be taken; they are left alone"`
	Errors    []ImportError `json:"errors" nullable:"false" doc:"Why, for the first of them"`
	DryRun    *DryRun       `json:"dry_run,omitempty" doc:"What redriving the changed ones would do"`
	Confirm   string        `json:"confirm,omitempty" doc:"Token that the import of the same file needs"`
	Run       *HeldRun      `json:"run,omitempty" doc:"The run that redrives the changed ones. Absent for a dry run, and when nothing has changed"`
}

// ImportError is why a row cannot be taken.
type ImportError struct {
	Line   int    `json:"line" doc:"In the file, from 1"`
	Reason string `json:"reason"`
}

const (
	maxImportErrors = 200  // that are told
	maxWrongRows    = 5000 // of a file that is worth reading on
	importChunk     = 1000
	maxChunkBytes   = 8 << 20
)

// importing is one import under way.
type importing struct {
	*Service

	answer  HeldImport
	pending []edited // whose events are not looked up yet
	seen    map[Coordinates]int
	changed []change1
	limit   int
}

// change1 is the new payload of one event.
type change1 struct {
	item    HeldItem
	payload []byte
}

// Import takes a file that was exported and edited: what has changed is redriven with
// its new payload. Without DryRun it needs the token that the dry run of the same file gave.
func (s *Service) Import(ctx context.Context, r ImportRequest) (*HeldImport, error) {
	if err := checkActor(r.By, r.Reason); err != nil {
		return nil, err
	}
	body := &limitedReader{r: r.Body, left: int64(s.cfg.Settings.ImportBytes)}
	rows, err := openRows(body, r.Format)
	if err != nil {
		return nil, body.cause(err)
	}
	in := &importing{Service: s, seen: make(map[Coordinates]int), limit: s.cfg.Settings.ImportRows, answer: HeldImport{Errors: []ImportError{}}}
	if err := in.read(ctx, rows); err != nil {
		return nil, body.cause(err)
	}
	slices.SortFunc(in.changed, func(a, b change1) int { return a.item.Coordinates().compare(b.item.Coordinates()) })
	confirm := in.token()
	if r.DryRun {
		in.answer.Confirm = confirm
		return in.dryRun(ctx)
	}
	if len(in.changed) == 0 {
		return &in.answer, nil
	}
	if r.Confirm != confirm {
		return nil, fmt.Errorf("%w: make a dry run of the file first (dry_run=true), and give its token as confirm", ErrConfirm)
	}
	return in.start(ctx, &r)
}

// limitedReader fails when a body is longer than it may be.
type limitedReader struct {
	r    io.Reader
	left int64
	over bool
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		var one [1]byte
		n, err := l.r.Read(one[:])
		if n > 0 {
			l.over = true
			return 0, errImportTooLong
		}
		return 0, err
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

var errImportTooLong = fmt.Errorf("%w: the file is too long; the limit is quarantine.import_bytes", ErrInvalid)

func (l *limitedReader) cause(err error) error {
	if l.over {
		return errImportTooLong
	}
	return err
}

// read reads the file and finds what has changed.
func (in *importing) read(ctx context.Context, rows rowReader) error {
	for {
		row, err := rows.next()
		var wrong *rowError
		switch {
		case errors.Is(err, io.EOF):
			return in.resolve(ctx)
		case errors.As(err, &wrong):
			in.answer.Rows++
			if err := in.wrong(wrong.line, wrong.reason); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if in.answer.Rows++; in.answer.Rows > int64(in.limit) {
			return fmt.Errorf("%w: the file has more than %d rows (quarantine.import_rows); take it in parts", ErrInvalid, in.limit)
		}
		if first, twice := in.seen[row.at]; twice {
			if err := in.wrong(row.line, fmt.Sprintf("the event %s is in line %d already", row.at, first)); err != nil {
				return err
			}
			continue
		}
		in.seen[row.at] = row.line
		if in.pending = append(in.pending, *row); len(in.pending) == importChunk {
			if err := in.resolve(ctx); err != nil {
				return err
			}
		}
	}
}

// wrong counts a row that cannot be taken. A file of nothing else is given up.
func (in *importing) wrong(line int, reason string) error {
	in.answer.Wrong++
	if len(in.answer.Errors) < maxImportErrors {
		in.answer.Errors = append(in.answer.Errors, ImportError{line, cut(reason)})
	}
	if in.answer.Wrong > maxWrongRows {
		return fmt.Errorf("%w: more than %d rows cannot be taken; the first is line %d: %s", ErrInvalid, maxWrongRows, in.answer.Errors[0].Line, in.answer.Errors[0].Reason)
	}
	return nil
}

// resolve looks up the events of pending rows, and compares.
func (in *importing) resolve(ctx context.Context) error {
	if len(in.pending) == 0 {
		return nil
	}
	f := HeldFilter{}
	for i := range in.pending {
		f.Items = append(f.Items, in.pending[i].at.String())
	}
	var c conditions
	c.filter(&f, nil)
	items, err := in.heads(ctx, &c, len(in.pending))
	if err != nil {
		return err
	}
	found := make(map[Coordinates]*HeldItem, len(items))
	for i := range items {
		found[items[i].Coordinates()] = &items[i]
	}
	items = items[:0:0] // in the order of the file
	for i := range in.pending {
		if item := found[in.pending[i].at]; item != nil {
			items = append(items, *item)
		}
	}
	rows := in.pending
	for part := range in.parts(items, importChunk) {
		raw, err := in.raw(ctx, part)
		if err != nil {
			return err
		}
		last := part[len(part)-1].Coordinates()
		n := 1 + slices.IndexFunc(rows, func(r edited) bool { return r.at == last })
		if err := in.compare(rows[:n], found, raw); err != nil {
			return err
		}
		rows = rows[n:]
	}
	in.pending = in.pending[:0]
	return in.compare(rows, found, nil) // those behind the last event are about none
}

// compare says of each row what it changes.
func (in *importing) compare(rows []edited, found map[Coordinates]*HeldItem, raw map[Coordinates]*eventlog.Stored) error {
	for i := range rows {
		row := &rows[i]
		var r *adapter.Record
		if stored := raw[row.at]; stored != nil {
			r = &stored.Record
		}
		payload, err := in.edit(row, found[row.at], r)
		switch {
		case err != nil:
			if err := in.wrong(row.line, err.Error()); err != nil {
				return err
			}
		case payload == nil:
			in.answer.Unchanged++
		default:
			in.answer.Changed++
			in.changed = append(in.changed, change1{*found[row.at], payload})
		}
	}
	return nil
}

// edit returns the payload that a row makes of its event; nil when nothing changed.
func (in *importing) edit(row *edited, item *HeldItem, r *adapter.Record) ([]byte, error) {
	switch {
	case item == nil:
		return nil, fmt.Errorf("there is no quarantined event at %s", row.at)
	case item.EventID != row.id:
		return nil, fmt.Errorf("the event at %s is %s and not %q; was the row moved, or does the file come from another platform?", row.at, item.EventID, row.id)
	case r == nil:
		return nil, errGone
	}
	payload, err := in.payload(row, r)
	if err != nil || payload == nil {
		return nil, err
	}
	if item.State != Open && item.State != Dead {
		return nil, fmt.Errorf("it has changed, but the event is %s by now", item.State)
	}
	return payload, nil
}

func (in *importing) payload(row *edited, r *adapter.Record) ([]byte, error) {
	if row.payload == nil {
		if l, ok := in.line(r); ok && len(row.columns) > 0 {
			return l.edited(row.columns)
		}
		return nil, nil
	}
	switch was := text(r.Payload); {
	case *row.payload == was || *row.payload == unixBreaks(was):
		return nil, nil
	case !utf8.Valid(r.Payload):
		return nil, errors.New("the event's bytes are no UTF-8, which a file cannot show: repair it by a patch (step encoding)")
	}
	return []byte(breaksOf(*row.payload, text(r.Payload))), nil
}

// scientific is how spreadsheets show long numbers, with digits lost.
var scientific = regexp.MustCompile(`^[0-9](?:[.,][0-9]+)?E\+[0-9]+$`)

// edited returns the line with the columns that differ; nil when none does. A number that
// was only written otherwise has not changed: spreadsheets do that by themselves.
func (l *line) edited(columns map[string]string) ([]byte, error) {
	changes := make(map[int]string)
	for name, now := range columns {
		i := l.index(name)
		if i < 0 {
			if now == "" {
				continue // a column of other rows
			}
			return nil, fmt.Errorf("its payload has no column %q", name)
		}
		was := l.value(i)
		if now == was || sameNumber(now, was) || now == unixBreaks(was) {
			continue
		}
		if scientific.MatchString(now) && isNumber(was) {
			return nil, fmt.Errorf("column %q was %s and is %s: the spreadsheet has rounded it; format the column as text", name, was, now)
		}
		changes[i] = breaksOf(now, was)
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return l.with(changes)
}

// unixBreaks is a text as a reader of CSV returns it: line breaks within quotes lose
// their carriage return.
func unixBreaks(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// breaksOf gives an edited text the line breaks that it had before a reader of CSV took
// their carriage returns away.
func breaksOf(now, was string) string {
	if n := strings.Count(was, "\r\n"); n == 0 || n != strings.Count(was, "\n") || strings.Contains(now, "\r\n") {
		return now
	}
	return strings.ReplaceAll(now, "\n", "\r\n")
}

func sameNumber(a, b string) bool {
	x, err := event.ParseMicros(a)
	y, err2 := event.ParseMicros(b)
	return err == nil && err2 == nil && x == y
}

// token confirms just these changes.
func (in *importing) token() string {
	parts := make([]any, 0, 2*len(in.changed))
	for _, c := range in.changed {
		parts = append(parts, c.item.Coordinates(), string(c.payload))
	}
	return digest(parts...)
}

func (in *importing) run(r *ImportRequest) *HeldRun {
	run := &HeldRun{Kind: event.Redrive, Import: true, Patch: "import", By: orDefault(r.By), Reason: r.Reason, Rate: r.Rate, work: work{Via: r.Via}}
	run.Progress.Total = int64(len(in.changed))
	run.Progress.Left = run.Progress.Total
	return run
}

func (in *importing) dryRun(ctx context.Context) (*HeldImport, error) {
	d := newDryRun(in.Service, in.run(new(ImportRequest)))
	items, edits := make([]HeldItem, 0, len(in.changed)), make(edits, len(in.changed))
	for _, c := range in.changed[:min(len(in.changed), in.cfg.Settings.DryRunRows)] {
		items = append(items, c.item)
		edits[c.item.Coordinates()] = c.payload
	}
	do := func(item *HeldItem, _ *adapter.Record) ([]byte, error) { return edits[item.Coordinates()], nil }
	err := d.try(ctx, items, do, defaultSamples)
	if err == nil {
		d.answer.Confirm = in.answer.Confirm
		in.answer.DryRun, err = d.finish(ctx)
	}
	return &in.answer, err
}

// start stores what was edited, in pieces that are redriven one by one.
func (in *importing) start(ctx context.Context, r *ImportRequest) (*HeldImport, error) {
	var chunks [][]byte
	var part []edit
	size, held := 0, int64(0) // of the new payloads, of those that they take the place of
	closePart := func() error {
		text, err := json.Marshal(part)
		chunks, part, size, held = append(chunks, text), nil, 0, 0
		return err
	}
	for _, c := range in.changed {
		full := len(part) == min(importChunk, in.cfg.Settings.BatchRows) || size+len(c.payload) > maxChunkBytes || held+c.item.bytes > int64(in.cfg.Settings.BatchBytes)
		if full && len(part) > 0 {
			if err := closePart(); err != nil {
				return nil, err
			}
		}
		part = append(part, edit{c.item.Coordinates().String(), c.payload})
		size, held = size+len(c.payload), held+c.item.bytes
	}
	if err := closePart(); err != nil {
		return nil, err
	}
	run := in.run(r)
	run.Snapshot = map[int32]int64{} // the edits say which events are meant
	if err := in.enqueue(ctx, run, chunks); err != nil {
		return nil, err
	}
	in.answer.Run = run
	return &in.answer, nil
}
