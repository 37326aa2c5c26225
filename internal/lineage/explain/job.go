package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
)

// Jobs are those that run.
type Jobs interface {
	List() []*stream.Job
	// Watermark is the event time that a job has reached, µs; 0 when not known yet.
	Watermark(job string) int64
}

// Reader reads events of the log again, as they were judged: those of the offsets, which
// rise within each partition, and maybe others. A batch is the reader's again when visit
// returns; its strings stay valid.
type Reader interface {
	Read(ctx context.Context, offsets map[int32][]int64, visit func(*event.Batch) error) error
}

// ErrGone is what a reader wraps when the log has an event no more.
var ErrGone = errors.New("the log no longer has some of the events")

// Cell asks for a cell of a job's table.
type Cell struct {
	Job    string // may be empty when the table is given
	Table  string // may be empty when the job has one
	Key    map[string]any
	Column string
	Limit  int
	Cursor string
}

// JobCell is what is known of a cell of a job's table beyond its rows.
type JobCell struct {
	Job       string
	Version   int
	Table     string
	Row       map[string]any
	Watermark time.Time // of the job; zero when not known
	Revisions []Revision
}

// Revision is one publication of a row, with the cell as it was then.
type Revision struct {
	Number    int64 // in the order of all results
	Revision  int64
	Phase     string
	Retracted bool
	Value     any
}

const (
	maxRevisions = 50
	// candidatesPerEvent bounds the events that are looked at for each that may be
	// one of a row's.
	candidatesPerEvent = 10
	attempts           = 3
)

// jobTable is a table of a running job.
type jobTable struct {
	job      *stream.Job
	sink     stream.Sink
	declared olap.JobTable
}

// Job explains a cell of a job's table: it lists the events that the row is made of, and runs
// the job again over exactly these.
func (e *Explainer) Job(ctx context.Context, c Cell) (*Answer, error) {
	t, err := e.jobTable(&c)
	if err != nil {
		return nil, err
	}
	of := digest(t.declared.Name, c.Column, c.Key)
	at, err := e.asOf(ctx, c.Cursor, of)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		a, err := e.jobCell(ctx, t, &c, at)
		if err != nil || a.Equals || n == attempts {
			return a, err
		}
		// Maybe the row was published again meanwhile.
		now, err := e.jobRow(ctx, t, &c)
		if err != nil {
			return nil, err
		}
		if fmt.Sprint(now) == fmt.Sprint(job.Row(a.Job.Row)) {
			return a, nil
		}
	}
}

// jobTable finds the table that a cell is of.
func (e *Explainer) jobTable(c *Cell) (*jobTable, error) {
	var found []*jobTable
	var names []string
	if e.cfg.Jobs != nil {
		for _, j := range e.cfg.Jobs.List() {
			for _, sink := range j.Sinks() {
				if sink.Kind != stream.Table || c.Job != "" && j.Name() != c.Job {
					continue
				}
				names = append(names, sink.Name)
				if c.Table != "" && sink.Name != c.Table {
					continue
				}
				t, err := result.NewTable(&sink)
				if err != nil {
					return nil, err
				}
				found = append(found, &jobTable{j, sink, t.Table})
			}
		}
	}
	switch {
	case len(found) == 0 && len(names) == 0:
		return nil, refuse("GET /api/v1/jobs lists those that run", "no job %q publishes a table", c.Job)
	case len(found) == 0:
		return nil, refuse("name one of "+strings.Join(names, ", "), "there is no table %q of a job", c.Table)
	case len(found) > 1:
		return nil, refuse("name one as table: "+strings.Join(names, ", "), "job %q has several tables", c.Job)
	}
	t := found[0]
	if slices.Contains(job.Arrival, c.Column) {
		return nil, refuse("choose a column that says what the row means", "%q says how the row came to be published; its revisions tell more", c.Column)
	}
	columns := make([]string, len(t.declared.Columns))
	for i, col := range t.declared.Columns {
		columns[i] = col.Name
	}
	if !slices.Contains(columns, c.Column) {
		return nil, refuse("name one of "+strings.Join(columns, ", "), "table %q has no column %q", t.declared.Name, c.Column)
	}
	return t, nil
}

func (t *jobTable) columns() []string {
	names := make([]string, len(t.declared.Columns))
	for i, c := range t.declared.Columns {
		names[i] = c.Name
	}
	return names
}

// key is the condition that a row is the one of a cell.
func (t *jobTable) key(c *Cell) (string, error) {
	values, err := keyValues(c.Key)
	if err != nil {
		return "", err
	}
	conditions := []string{}
	for _, v := range values {
		i := slices.IndexFunc(t.declared.Columns, func(o olap.JobColumn) bool { return o.Name == v.column })
		if i < 0 {
			return "", refuse("name columns of the key: "+strings.Join(t.declared.Key, ", "), "table %q has no column %q", t.declared.Name, v.column)
		}
		conditions = append(conditions, same(quote(v.column), v.value, t.declared.Columns[i].Type.SQL()))
	}
	return where(conditions), nil
}

// jobRow reads the row of a cell.
func (e *Explainer) jobRow(ctx context.Context, t *jobTable, c *Cell) (job.Row, error) {
	key, err := t.key(c)
	if err != nil {
		return nil, err
	}
	// The key was written by a user.
	result, err := e.run(ctx, "SELECT "+quoteAll(t.columns())+" FROM "+quote(t.declared.Name)+key+" LIMIT 2")
	if err != nil {
		return nil, err
	}
	rows, err := result.All()
	if err != nil {
		return nil, err
	}
	switch {
	case len(rows) == 0:
		return nil, refuse("take the key from the table as it is now", "table %q has no such row", t.declared.Name)
	case len(rows) > 1:
		return nil, refuse("give all of "+strings.Join(t.declared.Key, ", "), "several rows of table %q are like that", t.declared.Name)
	}
	row := make(job.Row, len(rows[0]))
	for i, name := range t.columns() {
		row[name] = rows[0][i]
	}
	return row, nil
}

// jobCell explains a cell as it is now.
func (e *Explainer) jobCell(ctx context.Context, t *jobTable, c *Cell, at page) (*Answer, error) {
	row, err := e.jobRow(ctx, t, c)
	if err != nil {
		return nil, err
	}
	i := slices.Index(t.columns(), c.Column)
	a := &Answer{Column: c.Column, Type: t.declared.Columns[i].Type.SQL(), Value: row[c.Column], AsOf: AsOf{at.At, at.Results}}
	a.Job = &JobCell{Job: t.job.Name(), Version: t.job.Version(), Table: t.declared.Name, Row: row}
	if mark := e.cfg.Jobs.Watermark(t.job.Name()); mark != 0 {
		a.Job.Watermark = time.UnixMicro(mark).UTC()
	}
	if a.Job.Revisions, err = e.revisions(ctx, t, c); err != nil {
		return nil, err
	}
	made := e.behind(t)(row, c.Column)
	found, err := e.candidates(ctx, t, &made, a, at)
	if err != nil || a.Reason != "" {
		return a, err
	}
	if err := e.again(ctx, t, &made, found, row, a); err != nil {
		return nil, err
	}
	return a, e.listEvents(ctx, a, at, clampRows(c.Limit))
}

// revisions are the publications of a row that are kept, newest first.
func (e *Explainer) revisions(ctx context.Context, t *jobTable, c *Cell) ([]Revision, error) {
	key, err := t.key(c)
	if err != nil {
		return nil, err
	}
	value := func(name, none string) string {
		if slices.Contains(t.columns(), name) {
			return quote(name)
		}
		return none
	}
	result, err := e.run(ctx, fmt.Sprintf("SELECT %s, %s, %s, %s, %s FROM %s%s ORDER BY 1 DESC LIMIT %d", quote(olap.RevisionColumn),
		value("revision", "NULL::BIGINT"), value("phase", "NULL::VARCHAR"), value("retracted", "false"), quote(c.Column),
		quote(t.declared.Name+olap.RevisionsSuffix), key, maxRevisions))
	if err != nil {
		return nil, err
	}
	rows, err := result.All()
	if err != nil {
		return nil, err
	}
	all := make([]Revision, 0, len(rows))
	for _, row := range rows {
		r := Revision{Number: count(row[0]), Revision: count(row[1]), Value: row[4]}
		r.Phase, _ = row[2].(string)
		r.Retracted, _ = row[3].(bool)
		all = append(all, r)
	}
	return all, nil
}

// behind says what the rows of a table are made of. Of jobs that do not say it, all that
// they read in the time of the row's window is.
func (e *Explainer) behind(t *jobTable) job.Behind {
	if b, ok := e.behindTables[t.declared.Name]; ok && e.builtin(t.job) {
		return b
	}
	return func(r job.Row, _ string) job.Made {
		m := job.Made{Where: "true"}
		for _, bounds := range [][2]string{{"window_start", "window_end"}, {"started_at", "ended_at"}, {"start", "end"}} {
			from, _ := r[bounds[0]].(time.Time)
			to, _ := r[bounds[1]].(time.Time)
			if from.IsZero() || to.IsZero() {
				continue
			}
			m.Where, m.Args = "happened >= ? AND happened <= ?", []any{from, to}
			break
		}
		return m
	}
}

// builtin reports whether a job is the one of its name that comes with the platform, and not
// one that a file puts in its place.
func (e *Explainer) builtin(j *stream.Job) bool {
	doc, known := e.descriptions[j.Name()]
	return known && doc == j.Doc()
}

// reads is the condition that a job reads an event.
func reads(j *stream.Job) string {
	var any []string
	for _, r := range j.Reads() {
		terms := []string{"late IS NOT TRUE"}
		if r.Late {
			terms[0] = "late"
		}
		for column, values := range map[string][]string{"type": r.Types, "source": r.Sources} {
			if len(values) == 0 {
				continue
			}
			quoted := make([]string, len(values))
			for i, v := range values {
				quoted[i] = literal(v)
			}
			terms = append(terms, column+" IN ("+strings.Join(quoted, ", ")+")")
		}
		any = append(any, "("+strings.Join(terms, " AND ")+")")
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// candidate is an event that may be one of a row's.
type candidate struct {
	place
	late     bool
	versions string
	id       string
}

// candidates reads which events may be behind a row. When they are too many, the answer
// says so.
func (e *Explainer) candidates(ctx context.Context, t *jobTable, made *job.Made, a *Answer, at page) ([]candidate, error) {
	most := e.cfg.MaxEvents * candidatesPerEvent
	if made.Keep == nil {
		most = e.cfg.MaxEvents
	}
	a.Query = "SELECT partition, \"offset\", event_id, late, versions FROM (SELECT *, coalesce(event_time, received_at) AS happened FROM events WHERE " +
		before(at.At) + ") AS e WHERE (" + made.Where + ") AND " + reads(t.job) + " ORDER BY happened, partition, \"offset\""
	result, err := e.cfg.Store.Query(ctx, olap.Query{
		SQL: fmt.Sprintf("%s LIMIT %d", a.Query, most+1), Args: made.Args, Limits: olap.Limits{Rows: most + 2, Bytes: 1 << 28, Timeout: e.cfg.Limits.Timeout},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the events behind a row of %s: %w", t.declared.Name, err)
	}
	rows, err := result.All()
	if err != nil {
		return nil, fmt.Errorf("cannot read the events behind a row of %s: %w", t.declared.Name, err)
	}
	if len(rows) > most {
		a.Reason = fmt.Sprintf("more than %d events may be behind it (lineage.explain.max_events), too many to run the job again", most)
		return nil, nil
	}
	all := make([]candidate, len(rows))
	for i, row := range rows {
		c := &all[i]
		c.partition, c.offset = int32(count(row[0])), count(row[1])
		if id, ok := row[2].(event.ID); ok {
			c.id = id.String()
		}
		c.late, _ = row[3].(bool)
		c.versions, _ = row[4].(string)
	}
	return all, nil
}

// listEvents lists a page of the events that the job was run over.
func (e *Explainer) listEvents(ctx context.Context, a *Answer, at page, limit int) error {
	all := a.Listed
	from := min(at.Skip, len(all))
	a.Listed = all[from:min(from+limit, len(all))]
	at.Skip = from + len(a.Listed)
	if at.Skip < len(all) && len(a.Listed) > 0 {
		a.Next = at.String()
	}
	return e.fill(ctx, a)
}

// countVersions counts what made the events behind a row.
func countVersions(events []candidate) []Version {
	index := make(map[string]int)
	var all []Version
	for _, c := range events {
		i, known := index[c.versions]
		if !known {
			i = len(all)
			index[c.versions] = i
			all = append(all, Version{Versions: c.versions})
		}
		all[i].Events++
		if c.late {
			all[i].Late++
		}
	}
	slices.SortStableFunc(all, func(a, b Version) int {
		return cmp.Or(cmp.Compare(b.Events, a.Events), strings.Compare(a.Versions, b.Versions))
	})
	return all[:min(len(all), maxVersions)]
}

// tablesOf are the tables that a job publishes, with their revisions.
func tablesOf(j *stream.Job) (all []Table) {
	for _, sink := range j.Sinks() {
		if sink.Kind != stream.Table {
			continue
		}
		if t, err := result.NewTable(&sink); err == nil { // the pass has refused the others
			all = append(all, JobTable(j.Name(), &t.Table)...)
		}
	}
	return all
}
