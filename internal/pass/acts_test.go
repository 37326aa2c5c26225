package pass_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/ledger"
)

// written is a record of the log as a test remembers it.
type written struct {
	partition int32
	offset    int64
	line      string        // of an act that enters an identity: which
	act       *eventlog.Act // nil of an event
}

// actModel says what becomes of records, in the plainest way: one partition, record by
// record, by rules "1", without a horizon.
type actModel struct {
	seen     map[string]int          // length of the amount that the id came with first
	contents map[string]map[int]bool // others that it was redriven with
	held     map[int64]*heldModel
	given    map[string]string // free or taken: identities whose first event was given up; elsewhere: accepted there
	accepted []int64
	counts   ledger.Counts
}

type heldModel struct {
	id       string
	conflict bool
	state    string
}

func newActModel() *actModel {
	return &actModel{seen: make(map[string]int), contents: make(map[string]map[int]bool), held: make(map[int64]*heldModel), given: make(map[string]string)}
}

// anyLength is the length of the amount of an identity that was only entered.
const anyLength = -1

func isBroken(amount string) bool { return amount == "much" || amount == "100.01" }

func (m *actModel) apply(w written) {
	if w.act != nil {
		m.applyAct(w)
		return
	}
	m.counts.Received++
	f := strings.Fields(w.line)
	id, amount := f[0], f[3]
	switch first, dup := m.seen[id]; {
	case dup && (first == anyLength || first == len(amount) || m.contents[id][len(amount)]):
		m.counts.Duplicate++
		return
	case dup:
		m.held[w.offset] = &heldModel{id, true, "open"}
	case isBroken(amount):
		m.seen[id] = len(amount)
		m.held[w.offset] = &heldModel{id, false, "open"}
	default:
		m.seen[id] = len(amount)
		m.counts.Accepted++
		m.accepted = append(m.accepted, w.offset)
		return
	}
	m.counts.Quarantined++
}

func (m *actModel) applyAct(w written) {
	if w.act.Kind == event.Enter {
		m.enter(w.line)
		return
	}
	h := m.held[w.act.Offset]
	if h == nil || event.NewID("shop", []byte(h.id)).String() != w.act.ID || h.state == "recovered" || h.state == "purged" {
		return
	}
	if given := m.given[h.id]; !h.conflict && given != "taken" && given != "elsewhere" {
		switch w.act.Kind {
		case event.Waive, event.Purge:
			m.given[h.id] = "free"
		case event.Reopen:
			m.given[h.id] = ""
		}
	}
	switch w.act.Kind {
	case event.Waive:
		h.state = "waived"
	case event.Bury:
		if h.state == "open" {
			h.state = "dead"
		}
	case event.Reopen:
		h.state = "open"
	case event.Purge:
		h.state = "purged"
	case event.Redrive:
		if h.state != "waived" {
			m.redrive(w, h)
		}
	}
}

// enter makes known that an identity was accepted in another partition.
func (m *actModel) enter(id string) {
	if _, dup := m.seen[id]; !dup {
		m.seen[id] = anyLength
	}
	if m.given[id] != "taken" {
		m.given[id] = "elsewhere"
	}
}

func (m *actModel) redrive(w written, h *heldModel) {
	f := strings.Fields(w.line)
	id, amount := f[0], f[3]
	first, dup := m.seen[id]
	own := id == h.id && !h.conflict
	known := dup && first == anyLength || first == len(amount) || m.contents[id][len(amount)]
	switch {
	case m.given[id] == "free" && !own:
		if !isBroken(amount) {
			m.given[id] = "taken"
			m.learn(id, amount)
		}
	case m.given[id] == "elsewhere" && (own || known), m.given[id] == "taken" && known:
		h.state = "recovered"
		return
	case m.given[id] == "taken", m.given[id] == "elsewhere":
		return
	case own:
		if first != len(amount) {
			m.learn(id, amount)
		}
	case dup && known:
		h.state = "recovered" // it was received otherwise
		return
	case dup:
		return
	}
	if isBroken(amount) {
		return
	}
	if !dup {
		m.seen[id] = len(amount)
	}
	h.state = "recovered"
	m.accepted = append(m.accepted, w.offset)
}

// learn lets the content be a duplicate under the identity.
func (m *actModel) learn(id, amount string) {
	if m.contents[id] == nil {
		m.contents[id] = make(map[int]bool)
	}
	m.contents[id][len(amount)] = true
}

// check compares a partition with the model.
func (m *actModel) check(s *shop, partition int32) {
	s.t.Helper()
	accepted := s.count(fmt.Sprintf(`SELECT "offset" FROM events WHERE partition = %d ORDER BY 1`, partition))
	want := make([][]int64, 0, len(m.accepted))
	for _, offset := range m.accepted {
		want = append(want, []int64{offset})
	}
	if text := fmt.Sprint(want); accepted != text {
		s.t.Errorf("partition %d: the accepted differ: %s", partition, difference(accepted, text))
	}
	var states [][]any
	for _, offset := range slices.Sorted(maps.Keys(m.held)) {
		states = append(states, []any{offset, m.held[offset].state})
	}
	got := s.count(fmt.Sprintf(`SELECT "offset", state FROM quarantine WHERE partition = %d ORDER BY 1`, partition))
	if text := fmt.Sprint(states); got != text {
		s.t.Errorf("partition %d: what became of the quarantined differs: %s", partition, difference(got, text))
	}
}

// actor sends events and acts at random, and remembers them.
type actor struct {
	*shop
	random *rand.Rand
	known  int
	log    []written
	broken []written
}

func (a *actor) sendEvents(n int) {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = sale(a.random, &a.known)
	}
	for i, e := range a.send(lines...) {
		w := written{partition: e.Partition, offset: e.Offset, line: lines[i]}
		a.log = append(a.log, w)
		if amount := strings.Fields(w.line)[3]; isBroken(amount) || amount == "7.123456" {
			a.broken = append(a.broken, w)
		}
	}
}

var kinds = []event.ActKind{event.Redrive, event.Redrive, event.Redrive, event.Redrive, event.Waive, event.Reopen, event.Bury, event.Purge, event.Enter}

func (a *actor) sendActs(n int) {
	if len(a.broken) == 0 {
		return
	}
	acts, names := make([]eventlog.ActEntry, n), make([]string, n)
	for i := range acts {
		original := a.broken[a.random.IntN(len(a.broken))]
		f := strings.Fields(original.line)
		e := redriveOf(eventlog.Entry{Partition: original.partition, Offset: original.offset}, original.line)
		e.Act.Kind = kinds[a.random.IntN(len(kinds))]
		if e.Act.Kind == event.Enter {
			entered := fmt.Sprint("e", a.random.IntN(a.known+20))
			if a.random.IntN(2) == 0 {
				entered = f[0]
			}
			acts[i], names[i] = enteringOf(e, entered), entered
			continue
		}
		switch a.random.IntN(6) {
		case 0: // another identity, maybe of somebody else
			f[0] = fmt.Sprint("e", a.random.IntN(a.known+20))
			f[3] = "12.00"
		case 1: // in vain
		case 2:
			e.Act.ID = event.NewID("shop", []byte("nobody")).String()
		default:
			f[3] = []string{"12.00", "9.00"}[a.random.IntN(2)]
		}
		e.Record.Payload = []byte(strings.Join(f, " "))
		acts[i], names[i] = e, string(e.Record.Payload)
	}
	a.appendActs(acts)
	for i, e := range acts {
		a.log = append(a.log, written{e.Partition, e.Offset, names[i], &e.Act})
	}
}

// enteringOf makes of an act one that enters an identity.
func enteringOf(e eventlog.ActEntry, id string) eventlog.ActEntry {
	e.Act.Kind, e.Act.Offset, e.Act.ID, e.Record.Payload = event.Enter, 0, event.NewID("shop", []byte(id)).String(), nil
	return e
}

// wantModel compares tables and ledger with the model.
func (a *actor) wantModel() {
	a.t.Helper()
	slices.SortFunc(a.log, func(x, y written) int {
		return cmp.Or(cmp.Compare(x.partition, y.partition), cmp.Compare(x.offset, y.offset))
	})
	var total ledger.Counts
	for partition := range a.topic.Partitions() {
		m := newActModel()
		for _, w := range a.log {
			if w.partition == partition {
				m.apply(w)
			}
		}
		m.check(a.shop, partition)
		total.Add(m.counts)
		for _, h := range m.held {
			switch h.state {
			case "recovered":
				total.Recovered++
			case "waived":
				total.Waived++
			case "dead", "purged":
				total.Dead++
			}
		}
	}
	got, err := a.checkpoint.Ledger().Total()
	got.Late, got.Corrected = 0, 0
	if err != nil || got != total {
		a.t.Errorf("the ledger is %+v, the model has %+v, %v", got, total, err)
	}
	if total.Recovered == 0 || total.Waived == 0 || total.Dead == 0 || total.Open() == 0 {
		a.t.Errorf("the test does not reach everything: %+v", total)
	}
}

// Whatever crashes come between, acts do what they do in the plainest model, and every
// row is that of an undisturbed run.
func TestCrashesChangeNoActs(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	a := &actor{shop: newShop(t, 3), random: rand.New(rand.NewPCG(seed, 0))}
	a.rules = "1"
	for round := range 6 {
		a.disturb(a.random)
		a.start()
		for range 1 + a.random.IntN(8) {
			a.sendEvents(1 + a.random.IntN(150))
			if a.random.IntN(2) == 0 {
				a.untilRead()
			}
			a.sendActs(1 + a.random.IntN(40))
		}
		if err := a.stop(); err != nil && !errors.Is(err, errPower) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	a.gate.before, a.gate.after = 0, 0
	a.start()
	a.untilQueryable()
	a.wantModel()
	if err := a.stop(); err != nil {
		t.Fatal(err)
	}
	a.wantUndisturbed()
}

// untilRead gives the pass time for some commits, or to fail.
func (a *actor) untilRead() { time.Sleep(time.Duration(a.random.IntN(20)) * time.Millisecond) }
