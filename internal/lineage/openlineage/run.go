package openlineage

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// Run is a run of a job. It is safe for concurrent use. A nil one tells nobody.
type Run struct {
	e   *Emitter
	ref open

	mu    sync.Mutex
	ended bool
}

// Begun is how a run begins.
type Begun struct {
	Job     string
	Type    JobType // Processing and Type; the rest is set
	Parent  *Run    // nil: none
	Nominal *NominalTime
	Inputs  []Dataset
	Outputs []Dataset
}

// open is a run that has begun, as it is kept.
type open struct {
	ID      string    `json:"id"`
	Job     string    `json:"job"`
	Type    string    `json:"type"`       // BATCH or STREAMING
	Kind    string    `json:"kind"`       // PASS, JOB, IMPORT …
	Started time.Time `json:"started_at"` // for people
	Parent  *Parent   `json:"parent,omitempty"`
}

const openRuns = "openlineage_run"

// Begin begins a run: it is kept, and START is sent. When it cannot be kept it is sent
// all the same: nobody waits for lineage.
func (e *Emitter) Begin(ctx context.Context, b Begun) *Run {
	if e == nil {
		return nil
	}
	r := &Run{e: e, ref: open{ID: e.newID(), Job: b.Job, Type: b.Type.Processing, Kind: b.Type.Type, Started: e.cfg.Clock.Now().UTC()}}
	if b.Parent != nil {
		p := &b.Parent.ref
		r.ref.Parent = &Parent{Run: ParentRun{p.ID}, Job: ParentJob{e.cfg.Namespace, p.Job}}
	}
	err := e.cfg.Records.Update(ctx, func(tx record.Tx) error {
		text, err := json.Marshal(r.ref)
		if err != nil {
			return err
		}
		_, err = tx.Put(openRuns, r.ref.ID, text)
		return err
	})
	if err != nil {
		e.cfg.Logger.Warn("a run is not kept for lineage; a crash would leave it open", "job", b.Job, "error", err)
	}
	var nominal []facet
	if b.Nominal != nil {
		nominal = append(nominal, b.Nominal)
	}
	e.Emit(e.event(Start, &r.ref, b.Inputs, b.Outputs, nominal...))
	return r
}

// event is an event of a run.
func (e *Emitter) event(t EventType, r *open, inputs, outputs []Dataset, facets ...facet) RunEvent {
	all := append([]facet{&Engine{Name: "millrace", Version: e.cfg.Version}}, facets...)
	if r.Parent != nil {
		parent := *r.Parent
		all = append(all, &parent)
	}
	return RunEvent{
		EventType: t, Run: RunRef{ID: r.ID, Facets: e.Facets(all...)}, Inputs: inputs, Outputs: outputs,
		Job: JobRef{Namespace: e.cfg.Namespace, Name: r.Job, Facets: e.Facets(&JobType{Processing: r.Type, Integration: "MILLRACE", Type: r.Kind})},
	}
}

// ID names the run; empty for a nil one.
func (r *Run) ID() string {
	if r == nil {
		return ""
	}
	return r.ref.ID
}

// Progress says that the run goes on, and what it has read and written.
func (r *Run) Progress(inputs, outputs []Dataset) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.e.Emit(r.e.event(Running, &r.ref, inputs, outputs))
	}
}

// End ends the run: with COMPLETE, or with FAIL when err says why. A second end is none.
func (r *Run) End(ctx context.Context, err error, inputs, outputs []Dataset) {
	if r == nil {
		return
	}
	switch {
	case err == nil:
		r.end(ctx, Complete, inputs, outputs)
	case errors.Is(err, context.Canceled):
		r.end(ctx, Abort, inputs, outputs, errorFacet(err.Error()))
	default:
		r.end(ctx, Fail, inputs, outputs, errorFacet(err.Error()))
	}
}

func errorFacet(message string) *ErrorMessage { return &ErrorMessage{Message: message, Language: "Go"} }

func (r *Run) end(ctx context.Context, t EventType, inputs, outputs []Dataset, facets ...facet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	r.ended = true
	r.e.Emit(r.e.event(t, &r.ref, inputs, outputs, facets...))
	r.e.forget(ctx, r.ref.ID)
}

// forget removes a run that has ended from those that have begun.
func (e *Emitter) forget(ctx context.Context, id string) {
	err := e.cfg.Records.Update(context.WithoutCancel(ctx), func(tx record.Tx) error { return tx.Delete(openRuns, id) })
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		e.cfg.Logger.Warn("a run that has ended is still kept for lineage; the next start ends it again", "error", err)
	}
}

// Recover ends the runs that a former process has begun and not ended, with ABORT. It
// returns how many there were.
func (e *Emitter) Recover(ctx context.Context) (int, error) {
	if e == nil {
		return 0, nil
	}
	var left []open
	err := e.cfg.Records.View(ctx, func(r record.Reader) error {
		left = nil
		all, err := r.Scan(openRuns, record.Range{})
		for _, one := range all {
			var o open
			if err := json.Unmarshal(one.Value, &o); err != nil {
				return fmt.Errorf("the record %s %q is damaged: %w", openRuns, one.Key, err)
			}
			left = append(left, o)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("cannot read the runs of a former process: %w", err)
	}
	for i := range left {
		e.Emit(e.event(Abort, &left[i], nil, nil, errorFacet("the process ended before the run did")))
		e.forget(ctx, left[i].ID)
	}
	return len(left), nil
}

// newID makes a UUID of version 7 (RFC 9562): the time in ms, then chance.
func (e *Emitter) newID() string {
	var id [16]byte
	if _, err := io.ReadFull(e.cfg.Random, id[6:]); err != nil {
		panic("BUG: there is no randomness: " + err.Error())
	}
	ms := uint64(e.cfg.Clock.Now().UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
