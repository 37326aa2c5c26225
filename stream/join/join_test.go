package join_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/join"
	"github.com/millrace/millrace/stream/streamtest"
)

// thing is an element of either side: its name, and a number.
type thing struct {
	Name string       `state:"name"`
	N    event.Micros `state:"n"`
}

func read(b *event.Batch, i int, emit func(stream.Record[string, thing])) {
	emit(stream.Record[string, thing]{Key: b.CustomerID[i], Value: thing{b.OrderID[i], b.Amount[i] / 1_000_000}})
	if b.SessionID[i] == "twins" {
		emit(stream.Record[string, thing]{Key: b.CustomerID[i], Value: thing{b.OrderID[i] + "'", b.Amount[i] / 1_000_000}})
	}
}

type keyed = stream.Keyed[string, thing]

// side reads the events of a type.
func side(j *stream.Job, typ string) keyed {
	all := stream.Events(j, typ, read, stream.Types(typ))
	byKey := stream.KeyBy(all, typ+" by key", func(r stream.Record[string, thing]) string { return r.Key })
	flat := stream.Map(byKey.Stream, typ+" alone", func(r stream.Record[string, stream.Record[string, thing]]) stream.Record[string, thing] {
		return r.Value
	})
	return keyed{Stream: flat}
}

// out writes the results and the late elements of a join.
func out[L, R any](j *stream.Job, joined join.Joined[string, L, R, string]) *stream.Job {
	stream.ToTable(joined.Results, "results", "what met", "key", "id")
	stream.ToTable(joined.Late, "late", "what came too late")
	return j
}

func nameOf(t *thing) string {
	if t == nil {
		return "-"
	}
	return t.Name
}

func met(l, r *thing) string { return nameOf(l) + "+" + nameOf(r) }

func looked(l thing, v *thing) string { return met(&l, v) }

func intervals(within join.Bounds) *stream.Job {
	j := stream.NewJob("intervals", 1)
	return out(j, join.Interval(side(j, "left"), side(j, "right"), "pairs", within, met))
}

func versions(opt join.Versions[thing]) *stream.Job {
	j := stream.NewJob("versions", 1)
	return out(j, join.AsOf(side(j, "left"), side(j, "right"), "as of", opt, looked))
}

// sums is the state of the broadcast: it depends on the order of its updates.
type sums struct {
	By   map[string]int64 `state:"by"`
	Last []string         `state:"last"`
}

func addTo(s *sums, u thing) {
	if s.By == nil {
		s.By = make(map[string]int64)
	}
	s.By[u.Name[:1]] = 2*s.By[u.Name[:1]] + int64(u.N)
	s.Last = append(s.Last, u.Name)
	s.Last = s.Last[max(0, len(s.Last)-2):]
}

// judged has a result only when a number is even.
func judged(_ string, l thing, s *sums) (string, bool) {
	n := s.By["r"] + int64(l.N)
	return fmt.Sprintf("%s %v %d", l.Name, s.Last, n), n%2 == 0
}

func rules(opt join.Rules[sums, thing]) *stream.Job {
	j := stream.NewJob("rules", 1)
	opt.Apply = addTo
	all := stream.Map(stream.Events(j, "right", read, stream.Types("right")), "updates", func(r stream.Record[string, thing]) thing { return r.Value })
	return out(j, join.Broadcast(side(j, "left"), stream.Broadcast(all, "everywhere"), "judged", opt, judged))
}

// placed is an element in its place in the log.
type placed struct {
	key               string
	at                int64
	partition, offset int
	thing
}

func before(a, b placed) int {
	return slices.Compare([]int64{a.at, int64(a.partition), int64(a.offset)}, []int64{b.at, int64(b.partition), int64(b.offset)})
}

// world is a random shop: a job's engine, and what it was sent.
type world struct {
	t             *rapid.T
	kit           *streamtest.Kit
	lefts, rights []placed
	stands        map[string]published
	times         map[string]int64
}

type published struct {
	Key       string `json:"key"`
	ID        uint64 `json:"id"`
	Revision  uint32 `json:"revision"`
	Retracted bool   `json:"retracted"`
	Value     string `json:"value"`
}

func (w *world) add(rows []streamtest.Row) {
	for _, r := range rows {
		if r.Sink != "results" {
			w.t.Fatalf("%s is late, though it came in time", r.JSON)
		}
		var p published
		if err := json.Unmarshal([]byte(r.JSON), &p); err != nil {
			w.t.Fatal(err)
		}
		name := fmt.Sprintf("%s/%d", p.Key, p.ID)
		was, known := w.stands[name]
		switch {
		case p.Revision != was.Revision+1:
			w.t.Fatalf("%s: revision %d after %d", r.JSON, p.Revision, was.Revision)
		case p.Retracted && (!known || was.Retracted):
			w.t.Fatalf("%s: retracted, but does not stand", r.JSON)
		}
		w.stands[name], w.times[name] = p, r.Time
	}
}

func (w *world) results() []string {
	var all []string
	for name, p := range w.stands {
		if !p.Retracted {
			all = append(all, result(p.Key, w.times[name], p.Value))
		}
	}
	slices.Sort(all)
	return all
}

func result(key string, at int64, value string) string {
	return fmt.Sprintf("%s %d %s", key, at-midnight, value)
}

var midnight = streamtest.At("00:00:00")

// play sends random elements in any order within the lateness, with commits and
// crashes between, and lets time end.
func play(outer *testing.T, t *rapid.T, job *stream.Job, lateness time.Duration) *world {
	partitions := rapid.IntRange(1, 3).Draw(t, "partitions")
	w := &world{t: t, stands: make(map[string]published), times: make(map[string]int64)}
	w.kit = streamtest.New(outer, streamtest.Config{
		Partitions: partitions, Shards: rapid.SampledFrom([]int{1, 3, 8}).Draw(t, "shards"),
		Workers: rapid.IntRange(1, 3).Draw(t, "workers"), Memory: rapid.SampledFrom([]int64{0, 20_000}).Draw(t, "memory"),
	}, job)
	var pending []streamtest.Event
	keys := rapid.IntRange(1, 3).Draw(t, "keys")
	for i := range rapid.IntRange(1, 60).Draw(t, "events") {
		typ := rapid.SampledFrom([]string{"left", "right"}).Draw(t, "side")
		pending = append(pending, streamtest.Event{
			Type: typ, Customer: fmt.Sprint("k", rapid.IntRange(1, keys).Draw(t, "key")), Order: fmt.Sprint(typ[:1], i),
			Time:    midnight + 500_000*rapid.Int64Range(1, 150).Draw(t, "time"),
			Amount:  1_000_000 * event.Micros(rapid.IntRange(0, 3).Draw(t, "n")),
			Session: rapid.SampledFrom([]string{"", "", "", "twins"}).Draw(t, "twins"),
		})
	}
	offsets := make([]int, partitions)
	var mark int64
	for len(pending) > 0 {
		switch rapid.IntRange(0, 9).Draw(t, "step") {
		case 0:
			w.add(w.kit.Commit())
		case 1:
			w.kit.Crash()
			w.kit.Watermark(mark)
		case 2:
			bound := pending[0].Time
			for _, e := range pending {
				bound = min(bound, e.Time)
			}
			mark = max(mark, bound+lateness.Microseconds()-1-rapid.Int64Range(0, 10_000_000).Draw(t, "behind"))
			w.kit.Watermark(mark)
			w.add(w.kit.Commit())
		default:
			i := rapid.IntRange(0, len(pending)-1).Draw(t, "which")
			p := rapid.IntRange(0, partitions-1).Draw(t, "partition")
			w.kit.Send(p, pending[i])
			w.note(pending[i], p, offsets[p])
			offsets[p]++
			pending = slices.Delete(pending, i, i+1)
		}
	}
	w.kit.Watermark(midnight + time.Hour.Microseconds())
	w.add(w.kit.Commit())
	if f := w.kit.Failed(); len(f) > 0 {
		t.Fatalf("job failed: %s\n%s", f[0].Reason, f[0].Stack)
	}
	return w
}

func (w *world) note(e streamtest.Event, p, offset int) {
	to := &w.lefts
	if e.Type == "right" {
		to = &w.rights
	}
	at := placed{e.Customer, e.Time, p, offset, thing{e.Order, e.Amount / 1_000_000}}
	*to = append(*to, at)
	if e.Session == "twins" {
		at.Name += "'"
		*to = append(*to, at)
	}
}

func (w *world) expect(want []string) {
	slices.Sort(want)
	got := w.results()
	if !slices.Equal(got, want) {
		w.t.Fatalf("results:\n%s\n\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestIntervalIsANestedLoop(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		second := func(name string, lo, hi int) time.Duration {
			return time.Duration(rapid.IntRange(lo, hi).Draw(rt, name)) * 500 * time.Millisecond
		}
		beforeD := second("before", -20, 40)
		afterD := second("length", 0, 60) - beforeD
		kind := rapid.SampledFrom([]join.Kind{join.Inner, join.Left, join.Full}).Draw(rt, "kind")
		lateness := second("lateness", 0, 100)
		w := play(t, rt, intervals(join.Within(beforeD, afterD).Keep(kind).Lateness(lateness)), lateness)
		w.expect(w.nested(beforeD.Microseconds(), afterD.Microseconds(), kind))
	})
}

func (w *world) nested(before, after int64, kind join.Kind) (want []string) {
	matched := make(map[string]bool)
	for _, l := range w.lefts {
		for _, r := range w.rights {
			if l.key == r.key && r.at >= l.at-before && r.at <= l.at+after {
				want = append(want, result(l.key, max(l.at, r.at), met(&l.thing, &r.thing)))
				matched[l.Name], matched[r.Name] = true, true
			}
		}
	}
	for _, l := range w.lefts {
		if kind != join.Inner && !matched[l.Name] {
			want = append(want, result(l.key, l.at+max(0, after), met(&l.thing, nil)))
		}
	}
	for _, r := range w.rights {
		if kind == join.Full && !matched[r.Name] {
			want = append(want, result(r.key, r.at+max(0, before), met(nil, &r.thing)))
		}
	}
	return want
}

func TestAsOfIsTheNewestVersionNotLater(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lateness := time.Duration(rapid.IntRange(0, 50).Draw(rt, "lateness")) * time.Second
		kind := rapid.SampledFrom([]join.Kind{join.Inner, join.Left}).Draw(rt, "kind")
		w := play(t, rt, versions(join.Versions[thing]{Kind: kind, Lateness: lateness, TTL: time.Hour}), lateness)
		var want []string
		for _, l := range w.lefts {
			var version *placed
			for i, r := range w.rights {
				if r.key == l.key && r.at <= l.at && (version == nil || before(r, *version) >= 0) {
					version = &w.rights[i]
				}
			}
			switch {
			case version != nil:
				want = append(want, result(l.key, l.at, met(&l.thing, &version.thing)))
			case kind == join.Left:
				want = append(want, result(l.key, l.at, met(&l.thing, nil)))
			}
		}
		w.expect(want)
	})
}

func TestBroadcastIsTheUpdatesUpToATime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lateness := time.Duration(rapid.IntRange(0, 50).Draw(rt, "lateness")) * time.Second
		w := play(t, rt, rules(join.Rules[sums, thing]{Lateness: lateness, Max: 1000}), lateness)
		slices.SortStableFunc(w.rights, before)
		var want []string
		for _, l := range w.lefts {
			var s sums
			for _, r := range w.rights {
				if r.at <= l.at {
					addTo(&s, r.thing)
				}
			}
			if value, ok := judged(l.key, l.thing, &s); ok {
				want = append(want, result(l.key, l.at, value))
			}
		}
		w.expect(want)
	})
}

// stored is how many keys the backend has after n elements, when all time is over.
func stored(t *testing.T, job *stream.Job, n int) int {
	k := streamtest.New(t, streamtest.Config{}, job)
	for i := range n {
		at := midnight + int64(i+1)*100_000
		k.Send(0, streamtest.Event{
			Time: at, Type: []string{"left", "left", "right"}[i%3], Customer: fmt.Sprint("k", i*7%20), Order: fmt.Sprint("o", i),
		})
		if i%50 == 49 || i == 0 {
			k.Watermark(at - 1_000_000)
			k.Commit()
		}
	}
	for _, at := range []string{"10:00:00", "12:00:00", "14:00:00", "16:00:00"} {
		k.Watermark(streamtest.At(at))
		k.Commit()
	}
	if f := k.Failed(); len(f) > 0 {
		t.Fatal(f[0].Reason)
	}
	return k.StateKeys()
}

func TestStateGoes(t *testing.T) {
	for name, job := range map[string]func() *stream.Job{
		"interval": func() *stream.Job {
			return intervals(join.Within(time.Second, 3*time.Second).Keep(join.Full).Lateness(time.Second))
		},
		"as of":     func() *stream.Job { return versions(join.Versions[thing]{Lateness: time.Second, TTL: time.Hour}) },
		"table":     func() *stream.Job { return table(join.Rows{TTL: time.Hour}) },
		"broadcast": func() *stream.Job { return rules(join.Rules[sums, thing]{Lateness: time.Second}) },
	} {
		one, all := stored(t, job(), 3), stored(t, job(), 2000)
		if all > one+2 {
			t.Errorf("%s: %d keys are stored after 2,000 elements when all time is over, %d after 3", name, all, one)
		}
	}
}
