package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/store/record"
)

// A repaired event stays in the partition that its broken payload chose. When the repair
// changes what events are partitioned by, the true event would come to another
// partition, whose index of known events knows nothing of it. So the identities of
// what was recovered are entered there, by whoever has the partition of the recovered
// event: that may be another process than the one that sent it.

// enteredCollection has, by topic and partition, the offset below which all that was
// recovered is entered where it belongs.
const enteredCollection = "quarantine_entered"

// maxEntered bounds how many acts are looked at together.
const maxEntered = 1000

// recovered is an act by which an event was accepted.
type recovered struct {
	at      Coordinates
	run, by string
}

// enterRecovered enters the identities of recovered events in the partitions that they
// belong to. Doing it twice changes nothing.
func (s *Service) enterRecovered(ctx context.Context) error {
	owns, err := s.owns()
	if errors.Is(err, errNoPartitions) {
		return nil
	}
	if err != nil {
		return err
	}
	at, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return err
	}
	if s.looked == nil {
		if s.looked, err = s.entered(ctx); err != nil {
			return err
		}
	}
	to := maps.Clone(at.Offsets)
	maps.DeleteFunc(to, func(p int32, end int64) bool { return s.looked[p] == end || !owns(p) })
	for len(to) > 0 {
		found, err := s.recoveredBelow(ctx, to)
		if err != nil {
			return err
		}
		if err := s.enterAll(ctx, found); err != nil {
			return err
		}
		if len(found) == maxEntered { // there may be more, behind the last
			last := found[len(found)-1].at
			maps.DeleteFunc(to, func(p int32, end int64) bool {
				if p < last.Partition {
					s.looked[p] = end
				}
				return p < last.Partition
			})
			s.looked[last.Partition] = last.Offset + 1
		} else {
			maps.Copy(s.looked, to)
			clear(to)
		}
		if len(found) > 0 {
			if err := s.saveEntered(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// recoveredBelow finds the next recovered events up to some positions, in the order of
// their coordinates.
func (s *Service) recoveredBelow(ctx context.Context, to map[int32]int64) ([]recovered, error) {
	var c conditions
	var parts []string
	for _, p := range partitions(to) {
		from := s.looked[p]
		if from > to[p] {
			from = 0 // it is another log than before
		}
		parts = append(parts, `(a.partition = ? AND a."offset" >= ? AND a."offset" < ?)`)
		c.args = append(c.args, p, from, to[p])
	}
	rows, err := s.query(ctx, &c, fmt.Sprintf(`SELECT a.partition, a."offset", a.run, a."by" FROM quarantine_acts a
WHERE a.outcome = 'recovered' AND (%s) ORDER BY 1, 2 LIMIT %d`, strings.Join(parts, " OR "), maxEntered))
	found := make([]recovered, len(rows))
	for i, r := range rows {
		found[i] = recovered{Coordinates{int32(r.count(0)), r.count(1)}, r.text(2), r.text(3)}
	}
	return found, err
}

// enterAll enters what acts have recovered where it does not lie where it belongs.
func (s *Service) enterAll(ctx context.Context, found []recovered) error {
	offsets := make(map[int32][]int64)
	for _, f := range found {
		offsets[f.at.Partition] = append(offsets[f.at.Partition], f.at.Offset)
	}
	stored := make(map[Coordinates]*eventlog.Stored, len(found))
	for _, p := range partitions(offsets) {
		slices.Sort(offsets[p])
		all, err := s.cfg.Raw.GetAll(ctx, p, offsets[p])
		if err != nil {
			return fmt.Errorf("cannot read redriven events from the log: %w", err)
		}
		for offset, r := range all {
			stored[Coordinates{p, offset}] = r
		}
	}
	var acts []eventlog.ActEntry
	for _, f := range found {
		r := stored[f.at]
		if r == nil {
			continue // the log holds it no longer; so does the index of known events soon
		}
		if to, ok := s.belongs(&r.Record); ok && to != f.at.Partition {
			acts = append(acts, entering(s.ids([]*adapter.Record{&r.Record})[0], to, &r.Record,
				eventlog.Act{Run: f.run, By: f.by, Reason: "repaired at " + f.at.String()}))
		}
	}
	if len(acts) == 0 {
		return nil
	}
	if err := s.cfg.Log.AppendActs(ctx, acts); err != nil {
		return fmt.Errorf("cannot write to the log: %w", err)
	}
	return nil
}

// belongs returns the partition that a record has by its route key; false when it has
// none that can be known.
func (s *Service) belongs(r *adapter.Record) (partition int32, ok bool) {
	a, ok := s.cfg.Adapters[r.Adapter]
	if !ok {
		return 0, false
	}
	key, err := a.NewDecoder(nil).RouteKey(nil, r)
	if err != nil {
		return 0, false
	}
	return s.cfg.Log.Partition(key), true
}

// entering is the act that makes known in a partition that an identity was accepted in
// another one.
func entering(id event.ID, to int32, r *adapter.Record, who eventlog.Act) eventlog.ActEntry {
	who.Kind, who.ID = event.Enter, id.String()
	return eventlog.ActEntry{
		Partition: to, Record: adapter.Record{Source: r.Source, Adapter: r.Adapter, Stream: r.Stream, Line: r.Line},
		Act: who,
	}
}

func (s *Service) entered(ctx context.Context) (below map[int32]int64, err error) {
	below = make(map[int32]int64)
	err = s.cfg.Records.View(ctx, func(r record.Reader) error {
		found, err := r.Get(enteredCollection, s.cfg.Topic)
		if errors.Is(err, record.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(found.Value, &below)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read up to where recovered events are entered: %w", err)
	}
	return below, nil
}

func (s *Service) saveEntered(ctx context.Context) error {
	text, err := json.Marshal(s.looked)
	if err != nil {
		return err
	}
	err = s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Put(enteredCollection, s.cfg.Topic, text)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot keep up to where recovered events are entered: %w", err)
	}
	return nil
}
