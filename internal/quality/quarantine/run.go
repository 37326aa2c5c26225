package quarantine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/store/record"
)

// RunState is how a run stands.
type RunState string

// The states of a run.
const (
	Queued    RunState = "queued"
	Running   RunState = "running"
	Paused    RunState = "paused"
	Done      RunState = "done"
	Cancelled RunState = "cancelled"
)

// Ended reports whether the run will not go on.
func (s RunState) Ended() bool { return s == Done || s == Cancelled }

// HeldRun carries one act to all events of a filter as of a moment. It survives
// restarts: the record store has it.
type HeldRun struct {
	ID        string          `json:"id"`
	Kind      event.ActKind   `json:"kind" enum:"redrive,waive,reopen,purge,bury"`
	Filter    HeldFilter      `json:"filter"`
	Patch     string          `json:"patch,omitempty" doc:"Name and version of the patch; empty: as received"`
	PatchText string          `json:"patch_text,omitempty" doc:"The patch"`
	Import    bool            `json:"import,omitempty" doc:"It redrives what was edited in an imported file"`
	Automatic bool            `json:"automatic,omitempty" doc:"The platform began it by itself"`
	By        string          `json:"by"`
	Reason    string          `json:"reason,omitempty"`
	State     RunState        `json:"state" enum:"queued,running,paused,done,cancelled"`
	Rate      int             `json:"rate" doc:"Most events per second; 0: no limit"`
	Progress  HeldProgress    `json:"progress"`
	Created   time.Time       `json:"created"`
	Started   *time.Time      `json:"started,omitempty"`
	Ended     *time.Time      `json:"ended,omitempty"`
	Error     string          `json:"error,omitempty" doc:"Why it does not get on at the moment; it is tried again"`
	Failures  []HeldFailure   `json:"failures" nullable:"false" doc:"The first events that could not be tried"`
	Broken    []HeldBroken    `json:"broken" nullable:"false" doc:"What the events that were quarantined again have broken, the most frequent first"`
	History   []HeldRunChange `json:"history" nullable:"false"`

	work `json:"-"`
}

// work is what the runner keeps of a run.
type work struct {
	Snapshot map[int32]int64 `json:"snapshot,omitempty"` // events below these offsets
	Cursor   *Coordinates    `json:"cursor,omitempty"`   // that it is past
	Chunks   int             `json:"chunks,omitempty"`   // of edits
	Chunk    int             `json:"chunk,omitempty"`    // the next
	Due      *due            `json:"due,omitempty"`      // of an automatic run
	Via      string          `json:"via,omitempty"`      // how it was asked for, until the audit trail has it
}

// storedRun is a run in the record store.
type storedRun struct {
	*HeldRun

	Work *work `json:"work"`
}

// HeldProgress counts the events of a run.
type HeldProgress struct {
	Total         int64 `json:"total" doc:"Events that the filter matched when the run was made"`
	Done          int64 `json:"done" doc:"Events that are done with, whatever came of it"`
	Left          int64 `json:"left"`
	Recovered     int64 `json:"recovered" doc:"Accepted"`
	Duplicate     int64 `json:"duplicate" doc:"Settled: the same event was received otherwise"`
	Requarantined int64 `json:"requarantined" doc:"Broken again"`
	Applied       int64 `json:"applied" doc:"Waived, reopened, purged or buried"`
	Void          int64 `json:"void" doc:"Settled by something else before the act came"`
	Failed        int64 `json:"failed" doc:"Could not be tried"`
	Elsewhere     int64 `json:"elsewhere" doc:"Settled by something else before their turn"`
}

// HeldFailure is an event that could not be tried.
type HeldFailure struct {
	Item   string `json:"item" doc:"partition:offset"`
	Reason string `json:"reason"`
}

// HeldBroken is what events broke again.
type HeldBroken struct {
	Rule    string `json:"rule"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message,omitempty" doc:"Of the first"`
	Count   int64  `json:"count"`
}

// HeldRunChange is one step in the life of a run.
type HeldRunChange struct {
	At     time.Time `json:"at"`
	State  RunState  `json:"state"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// RunRequest asks for a run.
type RunRequest struct {
	Kind    event.ActKind   `json:"kind" enum:"redrive,waive,reopen,purge,bury" doc:"What to do"`
	Filter  HeldFilter      `json:"filter" doc:"To which events"`
	Patch   json.RawMessage `json:"patch,omitempty" doc:"Redrive: the patch, as an object, or as the text of a patch file. Absent: as received"`
	Rate    int             `json:"rate,omitempty" minimum:"0" maximum:"10000000" doc:"Most events per second. Absent: quarantine.rate"`
	Confirm string          `json:"confirm,omitempty" maxLength:"64" doc:"The token that the dry run gave; needed when the run is large or its filter matches everything"`
	By      string          `json:"by,omitempty" maxLength:"200" doc:"Who does it. Absent: api"`
	Reason  string          `json:"reason,omitempty" maxLength:"1000" doc:"Why; needed to waive and to purge"`

	// Via is how it came, such as the path of the request, for the audit trail; empty: it is
	// not noted there.
	Via string `json:"-"`
}

// Errors of runs, besides [ErrInvalid] and [ErrNotFound].
var (
	// ErrConfirm says that a run needs the token of its dry run.
	ErrConfirm = errors.New("needs confirmation")
	// ErrState says that a run is in a state in which that cannot be done.
	ErrState = errors.New("wrong state")
	// ErrBusy says that too many runs wait.
	ErrBusy = errors.New("too many runs wait")
)

const (
	runCollection  = "quarantine_run"
	editCollection = "quarantine_edit"
	seqCollection  = "quarantine_seq"
	maxFailures    = 20
	maxBroken      = 50
	maxHistory     = 100
)

// actable are the states that an act of a kind changes.
var actable = map[event.ActKind][]State{
	event.Redrive: {Open, Dead}, event.Waive: {Open, Dead}, event.Reopen: {Waived, Dead}, event.Purge: {Open, Dead, Waived}, event.Bury: {Open},
}

// narrow leaves the states of the filter that the kind of act can change.
func narrow(f *HeldFilter, kind event.ActKind) error {
	can, ok := actable[kind]
	if !ok {
		return fmt.Errorf("%w: kind is %q; there are redrive, waive, reopen, purge and bury", ErrInvalid, kind)
	}
	if len(f.States) == 0 {
		f.States = can
		return nil
	}
	var left []State
	for _, s := range f.States {
		if slices.Contains(can, s) {
			left = append(left, s)
		}
	}
	if len(left) == 0 {
		return fmt.Errorf("%w: %s changes nothing about events that are %v; it is for %v", ErrInvalid, kind, f.States, can)
	}
	f.States = left
	return nil
}

// token is what confirms a run. Runs of about as many events have the same: a few more
// that came since the dry run change nothing.
func token(kind event.ActKind, f *HeldFilter, patch string, count int64) string {
	return digest(kind, f, patch, bits.Len64(uint64(count)))
}

// mustConfirm says why a run needs its token; empty: it does not.
func (s *Service) mustConfirm(f *HeldFilter, count int64) string {
	if f.Everything() {
		return "its filter matches everything"
	}
	if count > int64(s.cfg.Settings.ConfirmAbove) {
		return fmt.Sprintf("it is about %d events, more than %d (quarantine.confirm_above)", count, s.cfg.Settings.ConfirmAbove)
	}
	return ""
}

// Start makes a run. It is queued, and begins by itself.
func (s *Service) Start(ctx context.Context, r RunRequest) (*HeldRun, error) {
	if (r.Kind == event.Waive || r.Kind == event.Purge) && r.Reason == "" {
		return nil, fmt.Errorf("%w: a %s needs a reason", ErrInvalid, r.Kind)
	}
	if err := checkActor(r.By, r.Reason); err != nil {
		return nil, err
	}
	text, patch, err := s.patch(r.Patch)
	if err != nil {
		return nil, err
	}
	if patch != nil && r.Kind != event.Redrive {
		return nil, fmt.Errorf("%w: a %s takes no patch", ErrInvalid, r.Kind)
	}
	run := &HeldRun{Kind: r.Kind, Filter: r.Filter, PatchText: text, By: orDefault(r.By), Reason: r.Reason, Rate: r.Rate, work: work{Via: r.Via}}
	if patch != nil {
		run.Patch = patch.Version()
	}
	if err := narrow(&run.Filter, run.Kind); err != nil {
		return nil, err
	}
	if err := s.freeze(ctx, run); err != nil {
		return nil, err
	}
	why := s.mustConfirm(&run.Filter, run.Progress.Total)
	if why != "" && r.Confirm != token(run.Kind, &run.Filter, run.Patch, run.Progress.Total) {
		return nil, fmt.Errorf("%w: %s; make a dry run first (/api/v1/quarantine/dry-run) and give its token as confirm", ErrConfirm, why)
	}
	return run, s.enqueue(ctx, run, nil)
}

// tell notes a run in the audit trail, once. It does nothing before that is done: a run
// that begins is not undone because its note failed, so a note that failed is made up for by
// the runner.
func (s *Service) tell(ctx context.Context, id string) error {
	s.telling.Lock()
	defer s.telling.Unlock()
	run, err := s.RunByID(ctx, id)
	if err != nil || run.Via == "" || s.cfg.Audit == nil {
		return err
	}
	if err := s.cfg.Audit(ctx, run); err != nil {
		return fmt.Errorf("cannot note the run in the audit trail: %w", err)
	}
	_, err = s.update(ctx, id, func(r *HeldRun) error {
		r.Via = ""
		return nil
	})
	return err
}

// checkActor says what the log would not take of who asks for a run, and why.
func checkActor(by, reason string) error {
	if err := eventlog.CheckActor(by, reason); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// patch reads a patch as clients send it: an object, or the text of a file.
func (s *Service) patch(raw json.RawMessage) (text string, p Patch, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil, nil
	}
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	if text == "" {
		return "", nil, nil
	}
	p, err = s.cfg.Compile([]byte(text), "patch")
	if err != nil {
		return "", nil, fmt.Errorf("%w: the patch is wrong: %w", ErrInvalid, err)
	}
	return text, p, nil
}

// freeze takes the snapshot of a run, and counts its events.
func (s *Service) freeze(ctx context.Context, run *HeldRun) error {
	at, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return err
	}
	run.Snapshot = at.Offsets
	c, err := s.runConditions(ctx, run)
	if err != nil {
		return err
	}
	rows, err := s.query(ctx, c, `SELECT count(*) FROM quarantine q WHERE `+c.where())
	if err != nil {
		return err
	}
	run.Progress.Total = rows[0].count(0)
	run.Progress.Left = run.Progress.Total
	return nil
}

// runConditions select the events that a run has left.
func (s *Service) runConditions(ctx context.Context, run *HeldRun) (*conditions, error) {
	c, err := s.conditions(ctx, &run.Filter)
	if err != nil {
		return nil, err
	}
	c.below(run.Snapshot)
	if run.Cursor != nil {
		c.behind(*run.Cursor)
	}
	if run.Due != nil {
		run.Due.add(c)
	}
	return c, nil
}

// enqueue stores a new run and what was edited for it.
func (s *Service) enqueue(ctx context.Context, run *HeldRun, chunks [][]byte) error {
	run.State, run.Created = Queued, s.now()
	run.Failures, run.Broken = []HeldFailure{}, []HeldBroken{}
	run.History = []HeldRunChange{{At: run.Created, State: Queued, By: run.By, Reason: run.Reason}}
	if run.Rate == 0 {
		run.Rate = s.cfg.Settings.Rate
	}
	run.Chunks = len(chunks)
	err := s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		waiting, err := s.forget(tx)
		if err != nil {
			return err
		}
		if waiting >= s.cfg.Settings.MaxQueue {
			return fmt.Errorf("%w: %d of them; cancel some, or wait (quarantine.max_queue)", ErrBusy, waiting)
		}
		if run.ID, err = runName(tx, run); err != nil {
			return err
		}
		for i, chunk := range chunks {
			if _, err := tx.Put(editCollection, chunkKey(run.ID, i), chunk); err != nil {
				return err
			}
		}
		return putRun(tx, run)
	})
	if err != nil {
		return fmt.Errorf("cannot keep the run: %w", err)
	}
	s.met.started.Add(1)
	if err := s.tell(ctx, run.ID); err != nil {
		s.cfg.Logger.Warn("a run of the quarantine waits until the audit trail has it", "run", run.ID, "error", err)
		s.complain(ctx, run, err)
	}
	s.nudge()
	return nil
}

func chunkKey(run string, i int) string { return fmt.Sprintf("%s/%06d", run, i) }

// forget removes the oldest ended runs, and counts those that wait.
func (s *Service) forget(tx record.Tx) (waiting int, err error) {
	all, err := tx.Scan(runCollection, record.Range{})
	if err != nil {
		return 0, err
	}
	runs, err := decodeRuns(all)
	if err != nil {
		return 0, err
	}
	surplus := len(all) + 1 - s.cfg.Settings.MaxRuns
	for i := range runs {
		switch run := &runs[i]; {
		case !run.State.Ended():
			if !run.Automatic {
				waiting++
			}
		case surplus > 0:
			surplus--
			if err := tx.Delete(runCollection, run.ID); err != nil {
				return 0, err
			}
		}
	}
	return waiting, nil
}

// decodeRuns decodes runs, the oldest first: ids of automatic ones and of people's have
// different beginnings, but one numbering.
func decodeRuns(all []record.Record) ([]HeldRun, error) {
	runs := make([]HeldRun, len(all))
	for i := range all {
		run, err := decodeRun(all[i])
		if err != nil {
			return nil, err
		}
		runs[i] = *run
	}
	slices.SortStableFunc(runs, func(a, b HeldRun) int { return cmp.Compare(a.number(), b.number()) })
	return runs, nil
}

// number is that of the run among all of them.
func (r *HeldRun) number() int64 {
	n, err := strconv.ParseInt(r.ID[strings.LastIndexByte(r.ID, '-')+1:], 10, 64)
	if err != nil {
		return 0 // no run has such an id
	}
	return n
}

func decodeRun(r record.Record) (*HeldRun, error) {
	run := new(HeldRun)
	if err := json.Unmarshal(r.Value, &storedRun{run, &run.work}); err != nil {
		return nil, fmt.Errorf("the record %s %q is damaged: %w", runCollection, r.Key, err)
	}
	return run, nil
}

func putRun(tx record.Tx, run *HeldRun) error {
	text, err := json.Marshal(storedRun{run, &run.work})
	if err == nil {
		_, err = tx.Put(runCollection, run.ID, text)
	}
	return err
}

func (s *Service) now() time.Time { return s.cfg.Clock.Now().UTC().Truncate(time.Microsecond) }

// Runs returns the runs that are remembered, the newest first.
func (s *Service) Runs(ctx context.Context) ([]HeldRun, error) {
	var out []HeldRun
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		all, err := r.Scan(runCollection, record.Range{})
		if err != nil {
			return err
		}
		out, err = decodeRuns(all)
		return err
	})
	slices.Reverse(out)
	return list(out), err
}

// RunByID returns one run.
func (s *Service) RunByID(ctx context.Context, id string) (run *HeldRun, err error) {
	err = s.cfg.Records.View(ctx, func(r record.Reader) error {
		run, err = getRun(r, id)
		return err
	})
	return run, err
}

func getRun(r record.Reader, id string) (*HeldRun, error) {
	if id == "" || len(id) > record.MaxKeyBytes {
		return nil, fmt.Errorf("%w: there is no run %.40q", ErrNotFound, id)
	}
	found, err := r.Get(runCollection, id)
	if errors.Is(err, record.ErrNotFound) {
		return nil, fmt.Errorf("%w: there is no run %q; /api/v1/quarantine/runs lists those that are remembered", ErrNotFound, id)
	}
	if err != nil {
		return nil, err
	}
	return decodeRun(found)
}

// update changes a run in a transaction.
func (s *Service) update(ctx context.Context, id string, change func(*HeldRun) error) (run *HeldRun, err error) {
	err = s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		if run, err = getRun(tx, id); err != nil {
			return err
		}
		if err := change(run); err != nil {
			return err
		}
		return putRun(tx, run)
	})
	return run, err
}

// Control is what is done to a run.
type Control struct {
	By     string `json:"by,omitempty" maxLength:"200" doc:"Who does it. Absent: api"`
	Reason string `json:"reason,omitempty" maxLength:"1000"`
}

// Pause lets a run wait, at the latest behind the batch that it is writing.
func (s *Service) Pause(ctx context.Context, id string, c Control) (*HeldRun, error) {
	return s.control(ctx, id, c, Paused, Queued, Running)
}

// Resume lets a paused run go on where it was.
func (s *Service) Resume(ctx context.Context, id string, c Control) (*HeldRun, error) {
	return s.control(ctx, id, c, Queued, Paused)
}

// Cancel ends a run. What it has done stays.
func (s *Service) Cancel(ctx context.Context, id string, c Control) (*HeldRun, error) {
	run, err := s.control(ctx, id, c, Cancelled, Queued, Running, Paused)
	if err != nil {
		return run, err
	}
	s.ended(ctx, run)
	if run.Chunks == 0 {
		return run, nil
	}
	return run, s.dropEdits(ctx, id)
}

// began tells the observer of a run that begins, or goes on.
func (s *Service) began(ctx context.Context, run *HeldRun) {
	if s.cfg.Observer != nil && run.State == Running {
		s.cfg.Observer.RunBegan(ctx, run)
	}
}

// ended tells the observer of a run that will not go on.
func (s *Service) ended(ctx context.Context, run *HeldRun) {
	if s.cfg.Observer != nil {
		s.cfg.Observer.RunEnded(ctx, run)
	}
}

// either lists states that would do.
func either(states []RunState) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	return strings.Join(names, " or ")
}

func (s *Service) control(ctx context.Context, id string, c Control, to RunState, from ...RunState) (*HeldRun, error) {
	run, err := s.update(ctx, id, func(run *HeldRun) error {
		if run.State == to {
			return nil
		}
		if !slices.Contains(from, run.State) {
			return fmt.Errorf("%w: run %s is %s; this can be done while it is %s", ErrState, id, run.State, either(from))
		}
		run.enter(to, s.now(), orDefault(c.By), c.Reason)
		return nil
	})
	s.nudge()
	return run, err
}

// enter changes the state of a run.
func (r *HeldRun) enter(to RunState, now time.Time, by, reason string) {
	r.State = to
	if to == Running && r.Started == nil {
		r.Started = &now
	}
	if to.Ended() {
		r.Ended, r.Error = &now, ""
	}
	r.History = append(r.History, HeldRunChange{At: now, State: to, By: by, Reason: reason})
	if n := len(r.History); n > maxHistory {
		r.History = slices.Delete(r.History, 1, n-maxHistory+1)
	}
}
