package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// task is the front of the jobs in a partition of the input, or a shard. One goroutine
// at a time uses it.
type task struct {
	cfg    *Config
	place  stream.Place
	fronts int   // of the group
	local  Local // as of the newest commit
	codec  announcements

	// As of what was processed. An abort throws it away, and open makes it anew.
	engine    *stream.Engine
	front     *stream.Front // nil in a shard
	hearing   *hearing
	out       *outbox
	changes   *changes
	progress  progress
	own       announcement // of a front
	published []stream.Output
	announced []byte // what the shards were told last
	dirty     bool   // something was processed since the commit

	begin       int64 // position of a task that was never committed
	assigned    bool  // the client fetches for it
	outputs     *outputs
	batch       event.Batch
	read        time.Time // when records came last
	sealed      time.Time
	announcedAt time.Time
}

// newTask returns the task of a local store that has its changelog.
func newTask(cfg *Config, place stream.Place, fronts int, local Local, codec announcements, now time.Time) (*task, error) {
	t := &task{
		cfg: cfg, place: place, fronts: fronts, local: local, codec: codec,
		changes: newChanges(local), outputs: newOutputs(cfg.Output, place), read: now,
	}
	t.batch.Partition = place.Number
	if err := t.open(); err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", place, err)
	}
	return t, nil
}

// open makes the engine as of the newest commit.
func (t *task) open() error {
	t.progress, t.own = progress{position: t.begin}, announcement{Sources: make(map[string]sighting)}
	t.dirty, t.published, t.announced = false, nil, nil
	t.hearing = newHearing(t.cfg, t.place, t.fronts)
	t.out = newOutbox(t.cfg.exchangeTopic(), t.place, t.cfg.Shards, t.hearing)
	if err := t.load(); err != nil {
		return err
	}
	config := stream.Config{
		Jobs: t.cfg.Jobs, Shards: t.cfg.Shards, Backend: engineState{t.local}, Memory: t.cfg.Memory, Workers: 1,
		Watermarks: t.hearing.watermarks, Exchange: t.out,
	}
	if t.place.Shard {
		config.Held = []int32{t.place.Number}
	}
	engine, err := stream.NewEngine(config)
	if err != nil {
		return err
	}
	t.engine, t.front = engine, nil
	if !t.place.Shard {
		if t.front, err = engine.OpenFront(t.place.Number); err != nil {
			engine.Close()
			return err
		}
	}
	return nil
}

// load reads what is ours of the local store.
func (t *task) load() error {
	b, found, err := t.local.Get(progressKey)
	if err != nil || !found {
		return err
	}
	if t.progress, err = parseProgress(b); err != nil {
		return err
	}
	lo := []byte{ownKeys, 'h'}
	return t.local.Scan(lo, []byte{ownKeys, 'h' + 1}, func(key, value []byte) error {
		from, _, err := cutPlace(key[len(lo):])
		if err != nil {
			return err
		}
		a, err := t.codec.parse(value)
		if err != nil {
			return err
		}
		if from == t.place && !from.Shard {
			t.own = a.clone()
			if t.own.Sources == nil {
				t.own.Sources = make(map[string]sighting)
			}
		}
		t.hearing.hear(from, a)
		return nil
	})
}

// close lets go of the engine, not of the local store.
func (t *task) close() {
	if t.engine != nil {
		t.engine.Close()
		t.engine = nil
	}
}

// drop lets go of the task.
func (t *task) drop() error {
	t.close()
	return t.local.Close()
}

// rollback goes back to the newest commit.
func (t *task) rollback() error {
	t.close()
	t.changes.reset()
	return t.open()
}

// process works records of the task's source off.
func (t *task) process(records []*kgo.Record, now time.Time) error {
	for len(records) > 0 && records[0].Offset < t.progress.position {
		records = records[1:]
	}
	if len(records) == 0 {
		return nil
	}
	t.read, t.dirty = now, true
	t.progress.position = records[len(records)-1].Offset + 1
	if !t.place.Shard {
		return t.processEvents(records)
	}
	for _, r := range records {
		if err := eachPart(r.Value, t.processPart); err != nil {
			return fmt.Errorf("%s, offset %d of the exchange: %w", t.place, r.Offset, err)
		}
	}
	return nil
}

func (t *task) processEvents(records []*kgo.Record) error {
	t.batch.Reset()
	t.batch.Partition = t.place.Number
	if err := t.cfg.Decode(&t.batch, records); err != nil {
		return fmt.Errorf("cannot decode the events of %s from offset %d: %w", t.place, records[0].Offset, err)
	}
	t.own.Clock = max(t.own.Clock, records[len(records)-1].Timestamp.UnixMicro())
	t.own.read(&t.batch)
	t.front.Process(&t.batch)
	return nil
}

func (t *task) processPart(from stream.Place, kind byte, part []byte) error {
	switch kind {
	case partParcel:
		err := t.engine.Receive(t.place.Number, part)
		if errors.Is(err, stream.ErrNoJob) {
			return t.unknown(part, err)
		}
		return err
	case partAnnouncement:
		a, err := t.codec.parse(part)
		if err != nil {
			return err
		}
		t.hear(from, a, part)
		return nil
	}
	return errRecord
}

func (t *task) unknown(parcel []byte, unknown error) error {
	job, err := stream.ParcelJob(parcel)
	if err == nil && slices.Contains(t.cfg.Retired, job) {
		return nil
	}
	return errors.Join(fmt.Errorf("another process sends elements to a job that this one does not have: "+
		"run the same jobs everywhere, or name it as retired: %w", unknown), err)
}

// hear keeps an announcement, and remembers it with the next commit.
func (t *task) hear(from stream.Place, a announcement, encoded []byte) {
	t.hearing.hear(from, a)
	t.changes.set(heardKey(from), bytes.Clone(encoded))
}

// seal ends the task's part of a transaction. It returns the records to be written.
func (t *task) seal(now time.Time, quiet time.Duration) ([]*kgo.Record, error) {
	if !t.place.Shard {
		if now.Sub(t.read) >= quiet { // everything has been read
			t.own.Clock = max(t.own.Clock, now.UnixMicro())
		}
		t.hear(t.place, t.own.clone(), t.codec.append(nil, &t.own))
	}
	sealed, err := t.engine.Seal(stream.SealRequest{
		Now: now.UnixMicro(), Positions: map[int32]int64{t.place.Number: t.progress.position}, Writer: t.changes,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot seal %s: %w", t.place, err)
	}
	for _, f := range sealed.Failed {
		t.cfg.Logger.Error("a job was stopped in one task; the others go on", "job", f.Job, "task", t.place.String(), "at", f.Place, "error", f.Reason, "stack", f.Stack)
	}
	t.published, t.sealed = sealed.Outputs, now
	records, err := t.outputs.records(sealed.Outputs, &t.progress.next)
	if err != nil {
		return nil, err
	}
	records = append(records, t.announce(now)...)
	t.changes.set(progressKey, t.progress.append(nil))
	for _, c := range t.changes.list {
		records = append(records, &kgo.Record{Topic: t.cfg.changelog(t.place), Partition: t.place.Number, Key: c.key, Value: c.value})
	}
	return records, nil
}

// announce ends what goes to the exchange.
func (t *task) announce(now time.Time) []*kgo.Record {
	a := &t.own
	if t.place.Shard {
		a = &announcement{Stages: t.engine.Passed()}
		if len(a.Stages) == 0 {
			return nil // nobody waits for this shard
		}
	}
	encoded := t.codec.append(nil, a)
	due := now.Sub(t.announcedAt) >= t.cfg.AnnounceInterval && !bytes.Equal(encoded, t.announced)
	if due {
		t.announced, t.announcedAt = encoded, now
	}
	return t.out.close(encoded, due)
}

// commit says that what seal returned is committed.
func (t *task) commit() error {
	if err := t.changes.apply(t.local); err != nil {
		return fmt.Errorf("cannot keep the state of %s: %w", t.place, err)
	}
	t.changes.reset()
	t.engine.Committed()
	if t.front != nil {
		t.front.Committed()
	}
	t.dirty = false
	if t.cfg.Feed != nil && len(t.published) > 0 {
		t.cfg.Feed(t.published)
	}
	t.published = nil
	return nil
}

// due reports whether the next commit has to include the task.
func (t *task) due(now time.Time, quiet time.Duration) bool {
	return t.dirty || now.Sub(t.sealed) >= quiet
}
