package pass_test

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/cockroachdb/pebble/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
)

// script runs testdata/*.txt: a pass over one partition whose store is held, so
// that its checkpoint is ahead. Commands:
//
//	start [rules=V] [adapter=none]         a pass whose store takes nothing
//	send                                   lines "id customer day amount"; waits until they are committed
//	act                                    lines "kind offset [as=id] [by=who] [payload as of send]", or "source state [sample]"
//	raw                                    lines "header of an act | payload"; waits as send
//	through                                lets the store take what waits, and holds it again
//	crash                                  the power goes; what the store has not taken it never gets
//	finish [rules=V] [adapter=none]        a pass that stores all there is and stops; prints what it logged
//	fails [rules=V] [adapter=none]         the same for a pass that cannot; prints why
//	tables                                 all rows in the order of their offset
//	ledger                                 the counts
//	log                                    positions that the verdict log covers
//	damage from=N                          removes the entry of the verdict log that begins at N
//	advance to=N                           moves the store's position on
type script struct {
	*shop
	running bool
	ids     map[int64]string // of what was sent, by offset
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &script{shop: newShop(t, 1), ids: make(map[int64]string)}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return s.run(d) })
		if s.running {
			t.Errorf("%s leaves a pass running", path)
		}
	})
}

func (s *script) run(d *datadriven.TestData) string {
	switch d.Cmd {
	case "start":
		s.configure(d)
		s.gate.hold()
		s.start()
		s.running = true
	case "send":
		for line := range strings.SplitSeq(strings.TrimSpace(d.Input), "\n") {
			f := strings.Fields(line)
			sent := s.send(sentLine(f))
			s.ids[sent[0].Offset] = f[0]
		}
		s.untilCommitted()
	case "act":
		var acts []eventlog.ActEntry
		for line := range strings.SplitSeq(strings.TrimSpace(d.Input), "\n") {
			acts = append(acts, s.act(strings.Fields(line)))
		}
		s.appendActs(acts)
		s.untilCommitted()
	case "raw":
		s.raw(d.Input)
		s.untilCommitted()
	case "through":
		s.gate.open(false)
		s.untilQueryable()
		s.gate.hold()
	case "crash":
		s.gate.open(true)
		_ = s.stop() // errPower, unless nothing waited
		s.running = false
	case "finish":
		s.configure(d)
		s.finish()
		return logged(s.log.String())
	case "fails":
		return s.fails(d)
	case "tables":
		return s.rowsOf()
	case "ledger":
		return s.counts()
	case "log":
		return s.verdictLog(-1)
	case "damage":
		var from int64
		d.ScanArgs(s.t, "from", &from)
		return s.verdictLog(from)
	case "advance":
		var to int64
		d.ScanArgs(s.t, "to", &to)
		s.withStore(func(store olap.Store) {
			if err := store.Write(s.t.Context(), olap.Commit{Positions: map[int32]int64{0: to}}); err != nil {
				s.t.Fatal(err)
			}
		})
	default:
		d.Fatalf(s.t, "no command %q", d.Cmd)
	}
	return ""
}

func sentLine(f []string) string {
	return fmt.Sprintf("%s %s 2026-01-%sT10:00:00Z %s", f[0], f[1], f[2], f[3])
}

// act reads a line of the command.
func (s *script) act(f []string) eventlog.ActEntry {
	e := eventlog.ActEntry{
		Act:    eventlog.Act{Kind: event.ActKind(f[0]), By: "ann", Run: "r1", Attempt: 1},
		Record: adapter.Record{Source: "shop", Adapter: "words", Stream: "test"},
	}
	if e.Act.Kind == event.SetSource {
		e.Act.State = f[1]
		if len(f) > 2 {
			e.Act.Sample, _ = strconv.ParseInt(f[2], 10, 64)
		}
		return e
	}
	e.Act.Offset, _ = strconv.ParseInt(f[1], 10, 64)
	id := s.ids[e.Act.Offset]
	for f = f[2:]; len(f) > 0 && strings.Contains(f[0], "="); f = f[1:] {
		name, value, _ := strings.Cut(f[0], "=")
		switch name {
		case "as":
			id = value
		case "by":
			e.Act.By = value
		}
	}
	e.Act.ID = event.NewID("shop", []byte(id)).String()
	if len(f) > 0 {
		e.Record.Payload = []byte(sentLine(f))
	}
	return e
}

// raw writes records with an act's header that no writer of ours made.
func (s *script) raw(input string) {
	client, err := kgo.NewClient(kgo.SeedBrokers(s.address), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	for line := range strings.SplitSeq(strings.TrimSpace(input), "\n") {
		header, payload, _ := strings.Cut(line, " | ")
		k := &kgo.Record{Topic: s.topic.Name(), Value: []byte(payload), Headers: []kgo.RecordHeader{
			{Key: eventlog.MetaHeader, Value: eventlog.AppendMeta(nil, &adapter.Record{Source: "shop", Adapter: "words"})},
			{Key: eventlog.ActHeader, Value: []byte(header)},
		}}
		if err := client.ProduceSync(s.t.Context(), k).FirstErr(); err != nil {
			s.t.Fatal(err)
		}
		s.sent++
	}
}

func (s *script) configure(d *datadriven.TestData) {
	s.rules, s.adapters = "", map[string]adapter.Adapter{"words": words{}}
	d.MaybeScanArgs(s.t, "rules", &s.rules)
	if d.HasArg("adapter") {
		clear(s.adapters)
	}
}

func (s *script) fails(d *datadriven.TestData) string {
	s.configure(d)
	s.start()
	err := s.ended()
	if err == nil {
		return "it does not\n"
	}
	return err.Error() + "\n"
}

// logged keeps what a test may compare of a log.
func logged(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		_, line, _ = strings.Cut(line, "level=")
		out.WriteString(line)
	}
	return out.String()
}

func (s *script) withStore(f func(olap.Store)) {
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(s.data, "olap.db"), Threads: 1, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	f(store)
}

func (s *script) rowsOf() string {
	var out strings.Builder
	s.withStore(func(store olap.Store) {
		r, err := store.Query(s.t.Context(), olap.Query{SQL: `
SELECT "offset", 'accepted ' || customer_id || ' ' || amount || ' ' || channel || if(late, ' late', '') || if(recovered, ' recovered', '') || if(corrected, ' corrected', '') || if(warned, ' warned', '') || ' [' || versions || ']' FROM events
UNION ALL SELECT "offset", '  corrected ' || field || ' from ' || before || ' to ' || after || ' by ' || rule FROM corrections
UNION ALL SELECT "offset", 'quarantined ' || coalesce(customer_id, '?') || ': ' || rule || ', ' || category || coalesce(', ' || message, '') ||
  if(state = 'open' AND attempts = 0 AND "by" IS NULL, '', ' (' || state || ' after ' || attempts || coalesce(' by ' || "by", '') || ')') || if(payload IS NULL, ' blank', '') FROM quarantine
UNION ALL SELECT "offset", coalesce(kind, '?') || ' of ' || original_offset || ' by ' || coalesce("by", '?') || ': ' || outcome || coalesce(' ' || state, '') ||
  coalesce(', ' || rule, '') || coalesce(', ' || message, '') || coalesce(', ' || payload, '') FROM quarantine_acts
UNION ALL SELECT "offset", 'duplicate' FROM duplicates
ORDER BY 1, 2 DESC`})
		if err != nil {
			s.t.Fatal(err)
		}
		defer r.Close()
		rows, err := r.All()
		if err != nil {
			s.t.Fatal(err)
		}
		for _, row := range rows {
			fmt.Fprintf(&out, "%d %s\n", row...)
		}
	})
	return out.String()
}

// withState opens the checkpoint's database as such.
func (s *script) withState(f func(*pebble.DB)) {
	db, err := pebble.Open(filepath.Join(s.data, "state"), &pebble.Options{Merger: ledger.Merger(), Logger: quiet{}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	f(db)
}

type quiet struct{}

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (quiet) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

func (s *script) counts() (text string) {
	s.withState(func(db *pebble.DB) {
		c, err := ledger.New(db).Total()
		if err != nil {
			s.t.Fatal(err)
		}
		text = fmt.Sprintf("received %d: accepted %d, duplicate %d, quarantined %d; late %d, corrected %d\n",
			c.Received, c.Accepted, c.Duplicate, c.Quarantined, c.Late, c.Corrected)
		if c.Open() != c.Quarantined {
			text += fmt.Sprintf("of the quarantined recovered %d, waived %d, dead %d, open %d\n", c.Recovered, c.Waived, c.Dead, c.Open())
		}
		if !c.Balanced() {
			text += "it does not balance\n"
		}
	})
	return text
}

// verdictLog returns what the verdict log covers, after the entry that begins at a
// position was removed. How many events an entry has is a matter of time.
func (s *script) verdictLog(remove int64) string {
	var out strings.Builder
	s.withState(func(db *pebble.DB) {
		it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte("p\x00\x00\x00\x00v"), UpperBound: []byte("p\x00\x00\x00\x00w")})
		if err != nil {
			s.t.Fatal(err)
		}
		defer it.Close()
		last := int64(-1)
		for ok := it.First(); ok; ok = it.Next() {
			from := int64(binary.BigEndian.Uint64(it.Key()[6:]))
			n, _ := binary.Uvarint(it.Value()[1:])
			if from == remove {
				if err := db.Delete(it.Key(), pebble.Sync); err != nil {
					s.t.Fatal(err)
				}
				continue
			}
			if from != last {
				if last >= 0 {
					fmt.Fprintf(&out, "to %d\n", last)
				}
				fmt.Fprintf(&out, "from %d ", from)
			}
			last = from + int64(n)
		}
		if last >= 0 {
			fmt.Fprintf(&out, "to %d\n", last)
		}
	})
	return out.String()
}
