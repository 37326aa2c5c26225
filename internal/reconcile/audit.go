package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// Scope is what an audit is about: records received in a period. Zero times are
// open ends.
type Scope struct {
	From, To time.Time // of receipt; From is inclusive, To exclusive
	Source   string    // empty: all
}

func (s Scope) has(source string, receivedMicros int64) bool {
	return (s.Source == "" || s.Source == source) &&
		(s.From.IsZero() || receivedMicros >= s.From.UnixMicro()) && (s.To.IsZero() || receivedMicros < s.To.UnixMicro())
}

// FindingKind says in what way two things disagree.
type FindingKind string

// The kinds of findings.
const (
	Missing  FindingKind = "missing"  // the log has a record of which a store has no row
	Doubled  FindingKind = "doubled"  // a store has more rows of a record than it may
	Foreign  FindingKind = "foreign"  // a store has a row of which the log has no record
	Differs  FindingKind = "differs"  // a row says something else than its record
	Disagree FindingKind = "disagree" // the ledger counts other than the stores hold
)

// Finding is one disagreement.
type Finding struct {
	Kind      FindingKind
	Table     string // of the analytics store; "ledger" for the ledger
	Source    string
	Partition int32 // of the record; -1 when it is about a count
	Offset    int64
	EventID   string
	Minute    time.Time // of a ledger row; zero otherwise
	Detail    string
}

// Report is what an audit found.
type Report struct {
	Scope    Scope
	Began    time.Time
	Took     time.Duration
	Records  int64            // of the log, in the scope
	Acts     int64            // of these, decisions about quarantined events
	Rows     map[string]int64 // of each table, in the scope
	Compared int64            // accepted events whose rows were compared with their record
	// OtherVersions are accepted events that other versions of adapter, rules or
	// enrichment made: their rows may differ from what the present ones make, so that
	// only their number was checked.
	OtherVersions int64
	// Gone are rows whose records the log no longer has: that they are there once was
	// checked, against the log they were not.
	Gone     int64
	Findings []Finding // the first of them
	Found    int64     // how many there are
}

// OK reports that nothing disagrees.
func (r *Report) OK() bool { return r.Found == 0 }

// maxFindings bounds what a report keeps.
const maxFindings = 1000

func (r *Report) find(f Finding) {
	if r.Found++; len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, f)
	}
}

// Auditor recounts. It is safe for concurrent use.
type Auditor struct {
	Log       Log
	Store     Store
	Ledger    Ledger
	Judge     func() Judge // makes one for a single audit
	Clock     clock.Clock
	Retention time.Duration // of the ledger's minutes
}

// chunkRecords is how many records, of all partitions, wait to be compared.
const chunkRecords = 100_000

// Audit reads the log and every table of events for the scope, and compares them
// with the ledger and with each other, all as of one commit of the pass.
// progress is told how many of how many records have been read.
func (a *Auditor) Audit(ctx context.Context, s Scope, progress func(read, of int64)) (*Report, error) {
	began := a.Clock.Now()
	run := &audit{
		Auditor: a, report: &Report{Scope: s, Began: began.UTC(), Rows: make(map[string]int64)}, judge: a.Judge(),
		recount: make(map[minuteKey]*ledger.Counts), booked: make(map[minuteKey]ledger.Counts), pending: make(map[int32]*chunk), skipped: make(map[minuteKey]bool),
	}
	if err := run.begin(ctx); err != nil {
		return nil, fmt.Errorf("cannot begin the audit: %w", err)
	}
	if err := run.records(ctx, progress); err != nil {
		return nil, fmt.Errorf("cannot compare the stores with the log: %w", err)
	}
	if err := run.gone(ctx); err != nil {
		return nil, fmt.Errorf("cannot check the rows whose records are gone: %w", err)
	}
	if err := run.ledger(ctx); err != nil {
		return nil, fmt.Errorf("cannot compare the ledger: %w", err)
	}
	slices.SortStableFunc(run.report.Findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Table, y.Table), cmp.Compare(x.Partition, y.Partition), cmp.Compare(x.Offset, y.Offset), x.Minute.Compare(y.Minute))
	})
	run.report.Took = a.Clock.Now().Sub(began)
	return run.report, nil
}

// audit is one run.
type audit struct {
	*Auditor
	report  *Report
	judge   Judge
	from    map[int32]int64 // where the log's records of the scope begin
	to      map[int32]int64 // the commit
	booked  map[minuteKey]ledger.Counts
	recount map[minuteKey]*ledger.Counts
	pending map[int32]*chunk
	start   map[int32]int64 // of the log when it began to be read
	strays  []stray
	skipped map[minuteKey]bool // minutes of the ledger that cannot be compared
	changes []int64            // scratch: corrections that each record of the chunk makes
}

type minuteKey struct {
	source string
	minute int64 // since 1970
}

// chunk is a stretch of records of a partition.
type chunk struct {
	from    int64 // offset where it begins
	records []*eventlog.Stored
	bytes   int
}

// chunkBytes bounds the payloads of all chunks.
const chunkBytes = 128 << 20

// begin reads the ledger and the positions of one commit, and waits until the store
// has its rows.
func (a *audit) begin(ctx context.Context) error {
	scope := a.report.Scope
	err := a.Ledger.LedgerAt(func(l *ledger.Ledger, positions map[int32]int64) error {
		a.to = positions
		rows, err := l.Rows(ledger.ByMinute, ledger.Filter{Source: scope.Source, From: scope.From, To: scope.To})
		for _, r := range rows {
			a.booked[minuteKey{r.Source, r.At.Unix() / 60}] = r.Counts
		}
		return err
	})
	if err != nil {
		return err
	}
	end := a.Clock.Now().Add(storeWait)
	for {
		stored, err := a.Store.Positions(ctx)
		if err != nil {
			return err
		}
		behind := slices.IndexFunc(slices.Sorted(maps.Keys(a.to)), func(p int32) bool { return stored.Offsets[p] < a.to[p] })
		if behind < 0 {
			return nil
		}
		if !a.Clock.Now().Before(end) {
			return fmt.Errorf("%w: its rows are not up to what was committed %s ago; try again when it has caught up", ErrBehind, storeWait)
		}
		if err := a.Clock.Sleep(ctx, storePause); err != nil {
			return err
		}
	}
}

// ErrBehind says that the analytics store does not keep up.
var ErrBehind = errors.New("the analytics store is behind the ledger")

// How long an audit waits for the rows of the commit that it is about.
const (
	storeWait  = 30 * time.Second
	storePause = 20 * time.Millisecond
)

// records walks the log and compares it with the rows.
func (a *audit) records(ctx context.Context, progress func(read, of int64)) (err error) {
	if a.start, err = a.Log.StartOffsets(ctx); err != nil {
		return err
	}
	a.from = maps.Clone(a.start)
	if from := a.report.Scope.From; !from.IsZero() {
		at, err := a.Log.OffsetsAt(ctx, from)
		if err != nil {
			return err
		}
		for p := range a.from {
			a.from[p] = max(a.from[p], at[p])
		}
	}
	var read, total int64
	for p, from := range a.from {
		total += max(0, a.to[p]-from)
		a.pending[p] = &chunk{from: from}
	}
	err = a.Log.Read(ctx, a.from, a.to, func(r *eventlog.Stored) error {
		c := a.pending[r.Partition]
		c.records = append(c.records, r)
		c.bytes += len(r.Record.Payload)
		if len(c.records) < max(1, chunkRecords/len(a.pending)) && c.bytes < chunkBytes/len(a.pending) {
			return nil
		}
		read += int64(len(c.records))
		progress(read, total)
		return a.compare(ctx, r.Partition, c, r.Offset+1)
	})
	if err != nil {
		return err
	}
	for _, p := range slices.Sorted(maps.Keys(a.pending)) {
		if err := a.compare(ctx, p, a.pending[p], max(a.pending[p].from, a.to[p])); err != nil {
			return err
		}
	}
	progress(total, total)
	return a.judgeStrays(ctx)
}

// counts returns the recount of a source's minute.
func (a *audit) counts(source string, receivedMicros int64) *ledger.Counts {
	k := minuteKey{source, receivedMicros / microsPerMinute}
	c, ok := a.recount[k]
	if !ok {
		c = new(ledger.Counts)
		a.recount[k] = c
	}
	return c
}

const microsPerMinute = 60_000_000
