package alert

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// Report is something that somebody has asked to be sent on a schedule. It is of no
// incident; otherwise it is delivered as messages are.
type Report struct {
	Name    string // of what is reported, such as a query
	Key     string // tells this report of the name from its others
	Title   string
	Text    string
	Link    string // path in the console
	Failed  bool   // it says why there is no result
	Due     time.Time
	Targets []string
	Result  *Result // nil: none
}

// Result is the rows of a report.
type Result struct {
	File      string `json:"file"` // name that a file of it has
	CSV       string `json:"csv"`  // with a header
	Rows      int    `json:"rows"`
	Attach    bool   `json:"attach"`    // readers want the file, too
	Truncated bool   `json:"truncated"` // there are more rows than these
}

// Table returns the names of the columns, and at most so many rows.
func (r *Result) Table(most int) (head []string, rows [][]string) {
	in := csv.NewReader(strings.NewReader(r.CSV))
	head, err := in.Read()
	if err != nil {
		return nil, nil // there are no columns
	}
	for len(rows) < most {
		row, err := in.Read()
		if err != nil {
			break
		}
		rows = append(rows, row)
	}
	return head, rows
}

// Reporter is a channel that takes reports, too.
type Reporter interface {
	Channel
	// TakesReports does nothing.
	TakesReports()
}

// maxReportBytes bounds the results in the outbox, which is held in memory.
const maxReportBytes = 64 << 20

// ErrReportsFull says that too many results wait to be delivered.
var ErrReportsFull = errors.New("too many results wait to be delivered")

// TakesReports says why a target cannot be sent reports; nil for one that can.
func (d *Desk) TakesReports(target string) error {
	channel := d.cfg.Targets[target]
	if channel == nil {
		return fmt.Errorf("%w: %q is none of escalation.targets", ErrUnknown, target)
	}
	if _, ok := channel.(Reporter); !ok {
		return fmt.Errorf("%w: %q takes incidents only; reports go to mail, Slack and webhooks", ErrUnknown, target)
	}
	return nil
}

// Post queues a report to its targets, and stores with it what also writes, in the same
// transaction: both are durable when it returns nil, or nothing is. A report without
// targets only stores.
func (d *Desk) Post(ctx context.Context, r *Report, also func(record.Tx) error) error {
	for _, target := range r.Targets {
		if err := d.TakesReports(target); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.begin(d.cfg.Clock.Now())
	c.also = also
	if r.Result != nil && d.reportBytes()+len(r.Targets)*len(r.Result.CSV) > maxReportBytes {
		return fmt.Errorf("%w: more than %d MiB", ErrReportsFull, maxReportBytes>>20)
	}
	severity := Info
	if r.Failed {
		severity = Warning
	}
	for _, target := range r.Targets {
		e := &Entry{State: Waiting, Next: c.now, Message: Message{
			Incident: incidentID("report/"+r.Name, r.Key, r.Due), Target: target, Seq: 1, Kind: KindReport, Rule: r.Name, Key: r.Key, Severity: severity,
			Title: r.Title, Text: r.Text, Link: d.link(r.Link), Opened: r.Due, At: c.now, Result: r.Result,
		}}
		c.entries[e.key()] = e
	}
	return c.commit(ctx)
}

// reportBytes is what the results in the outbox take. mu is held.
func (d *Desk) reportBytes() int {
	n := 0
	for _, e := range d.outbox {
		if e.Result != nil {
			n += len(e.Result.CSV)
		}
	}
	return n
}
