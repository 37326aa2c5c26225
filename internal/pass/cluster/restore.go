package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
)

// notePeriod is how often a restore that waits says so.
const notePeriod = 5 * time.Second

// restore opens tasks from their changelogs. The places come with the group's positions;
// one below zero says that there is none.
func (p *Process) restore(ctx context.Context, places map[stream.Place]int64) (map[stream.Place]*task, error) {
	if len(places) == 0 {
		return nil, nil
	}
	barriers, err := p.raiseBarriers(ctx, places)
	if err != nil {
		return nil, err
	}
	stores := make(map[stream.Place]Local)
	tasks, err := p.fill(ctx, places, barriers, stores)
	if err != nil {
		for place, t := range tasks {
			t.close()
			delete(tasks, place)
		}
		for _, store := range stores {
			err = errors.Join(err, store.Close())
		}
		return nil, err
	}
	return tasks, nil
}

// raiseBarriers appends a record to each changelog, outside of any transaction. Who reads
// committed records and meets it has passed all transactions that were open before.
func (p *Process) raiseBarriers(ctx context.Context, places map[stream.Place]int64) (map[stream.Place]int64, error) {
	var records []*kgo.Record
	byRecord := make(map[*kgo.Record]stream.Place)
	for place := range places {
		r := &kgo.Record{Topic: p.cfg.changelog(place), Partition: place.Number, Key: barrierKey, Value: []byte(p.cfg.Instance)}
		records = append(records, r)
		byRecord[r] = place
	}
	barriers := make(map[stream.Place]int64)
	for _, result := range p.client.ProduceSync(ctx, records...) {
		if result.Err != nil {
			return nil, fmt.Errorf("cannot write a barrier to the changelog of %s: %w", byRecord[result.Record], result.Err)
		}
		barriers[byRecord[result.Record]] = result.Record.Offset
	}
	return barriers, nil
}

// fill replays the changelogs into new stores and opens the tasks over them.
func (p *Process) fill(ctx context.Context, places, barriers map[stream.Place]int64, stores map[stream.Place]Local) (map[stream.Place]*task, error) {
	for place := range places {
		store, err := p.cfg.Local(place)
		if err != nil {
			return nil, fatalf("cannot open a store for the state of %s: %w", place, err)
		}
		stores[place] = store
	}
	if err := p.replay(ctx, barriers, stores); err != nil {
		return nil, err
	}
	tasks := make(map[stream.Place]*task)
	for place, store := range stores {
		t, err := newTask(&p.cfg, place, p.fronts, store, p.codec, p.cfg.Clock.Now())
		if err != nil {
			return tasks, fatal(err)
		}
		tasks[place] = t
		if err := p.position(ctx, t, places[place]); err != nil {
			return tasks, err
		}
	}
	return tasks, nil
}

// replay reads the changelogs up to the barriers.
func (p *Process) replay(ctx context.Context, barriers map[stream.Place]int64, stores map[stream.Place]Local) error {
	from := make(map[string]map[int32]kgo.Offset)
	for place := range barriers {
		topic := p.cfg.changelog(place)
		if from[topic] == nil {
			from[topic] = make(map[int32]kgo.Offset)
		}
		from[topic][place.Number] = kgo.NewOffset().AtStart()
	}
	reader, err := kgo.NewClient(p.options(
		kgo.ConsumePartitions(from), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(200*time.Millisecond),
	)...)
	if err != nil {
		return fmt.Errorf("cannot read the changelogs: %w", err)
	}
	defer reader.Close()
	open := make(map[stream.Place]int64, len(barriers))
	for place, barrier := range barriers {
		open[place] = barrier
	}
	for len(open) > 0 {
		if err := p.replayFetch(ctx, reader, open, stores); err != nil {
			return err
		}
	}
	return nil
}

// replayFetch applies one fetch. It removes from open what has met its barrier.
func (p *Process) replayFetch(ctx context.Context, reader *kgo.Client, open map[stream.Place]int64, stores map[stream.Place]Local) error {
	polling, cancel := context.WithTimeout(ctx, notePeriod)
	defer cancel()
	fetches := reader.PollFetches(polling)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errs := fetches.Errors(); len(errs) > 0 {
		e := errs[0]
		if !errors.Is(e.Err, context.DeadlineExceeded) {
			return fmt.Errorf("cannot read partition %d of the changelog %q: %w", e.Partition, e.Topic, e.Err)
		}
		p.cfg.Logger.Warn("tasks wait for the open transaction of a process that is gone or slow", "group", p.cfg.Group, "tasks", len(open))
		return nil
	}
	var failed error
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		place := stream.Place{Shard: f.Topic == p.cfg.shardsTopic(), Number: f.Partition}
		barrier, wanted := open[place]
		for _, r := range f.Records {
			if !wanted || failed != nil {
				return
			}
			if r.Offset >= barrier {
				delete(open, place)
				return
			}
			if len(r.Key) > 0 && string(r.Key) != string(barrierKey) {
				failed = fatalOr(put(stores[place], r.Key, r.Value))
			}
		}
	})
	return failed
}

// position checks where a task stands, which is in its changelog, against the group's
// position. A task that never ran begins with the oldest record.
func (p *Process) position(ctx context.Context, t *task, group int64) error {
	_, ran, err := t.local.Get(progressKey)
	switch {
	case err != nil:
		return fatal(err)
	case ran && group >= 0 && group != t.progress.position:
		return fatalf("the changelog of %s ends at offset %d of topic %q, the group %q at %d: the group's offsets were set by hand, "+
			"or the changelog is of another time; set the group back, or delete topics and group together",
			t.place, t.progress.position, p.cfg.source(t.place), p.cfg.Group, group)
	case !ran && group > 0:
		return fatalf("the group %q has read topic %q up to offset %d, but the changelog of %s is empty: it was deleted; "+
			"delete the group and the other topics that begin with its name, too", p.cfg.Group, p.cfg.source(t.place), group, t.place)
	case ran:
		return nil
	}
	t.begin, err = p.oldest(ctx, t.place)
	t.progress.position = t.begin
	return err
}

func (p *Process) oldest(ctx context.Context, place stream.Place) (int64, error) {
	topic := p.cfg.source(place)
	var listed kadm.ListedOffsets
	listed, err := p.admin.ListStartOffsets(ctx, topic)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("cannot list the start offsets of topic %q: %w", topic, err)
	}
	o, ok := listed.Lookup(topic, place.Number)
	if !ok {
		return 0, fmt.Errorf("topic %q has no partition %d", topic, place.Number)
	}
	return o.Offset, nil
}
