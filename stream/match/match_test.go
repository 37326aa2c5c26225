package match_test

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
	"github.com/millrace/millrace/stream/match"
	"github.com/millrace/millrace/stream/pattern"
	"github.com/millrace/millrace/stream/streamtest"
)

// step is an event of a customer: its type, and a number.
type step struct {
	Type string       `state:"type"`
	N    event.Micros `state:"n"`
}

func readStep(b *event.Batch, i int, emit func(stream.Record[string, step])) {
	emit(stream.Record[string, step]{Key: b.CustomerID[i], Value: step{b.Type.Values[b.Type.Codes[i]], b.Amount[i] / 1_000_000}})
}

func is(typ string) func(step) bool { return func(s step) bool { return s.Type == typ } }

func begin(typ string) *pattern.Builder[step] { return pattern.Begin[step](typ).Where(is(typ)) }

// patterns cover what a match can wait for: events, deadlines, other matches.
var patterns = map[string]func() *pattern.Builder[step]{
	"a b": func() *pattern.Builder[step] {
		return begin("a").FollowedBy("b").Where(is("b")).Within(10 * time.Second)
	},
	"a+ b": func() *pattern.Builder[step] {
		return begin("a").OneOrMore().Greedy().FollowedBy("b").Where(is("b")).Within(20 * time.Second).Skip(pattern.PastLastEvent)
	},
	"a, no b": func() *pattern.Builder[step] {
		return begin("a").NotFollowedBy("b").Where(is("b")).Within(8 * time.Second)
	},
	"rising": func() *pattern.Builder[step] {
		return pattern.Begin[step]("first").FollowedBy("more").WhereWith(func(s step, m *pattern.Partial[step]) bool {
			last, ok := m.Previous()
			return ok && s.N > last.Event.N
		}).Times(2, 3).Within(15 * time.Second).Skip(pattern.ToNext)
	},
	"a b, any": func() *pattern.Builder[step] {
		return begin("a").FollowedByAny("b").Where(is("b")).Within(12 * time.Second)
	},
}

func compiled(name string) *pattern.Pattern[step] {
	p, err := patterns[name]().Compile()
	if err != nil {
		panic(err)
	}
	return p
}

func text(taken []pattern.Taken[step]) string {
	var b strings.Builder
	for _, t := range taken {
		fmt.Fprintf(&b, "%s=%s%d@%d ", t.Step, t.Event.Type, t.Event.N, (t.At-midnight)/100_000)
	}
	return strings.TrimSpace(b.String())
}

func matched(m pattern.Match[step]) string    { return text(m.Taken) }
func timedOut(m pattern.Timeout[step]) string { return "timed out " + text(m.Taken) }

func job(p *pattern.Pattern[step], lateness time.Duration) *stream.Job {
	j := stream.NewJob("journeys", 1)
	all := stream.Events(j, "steps", readStep)
	byKey := stream.KeyBy(all, "by customer", func(r stream.Record[string, step]) string { return r.Key })
	steps := stream.Keyed[string, step]{Stream: stream.Map(byKey.Stream, "steps alone",
		func(r stream.Record[string, stream.Record[string, step]]) stream.Record[string, step] { return r.Value })}
	found := match.Pattern(steps, "journey", p, matched, match.Options[step, string]{
		Lateness: lateness, TTL: time.Hour, TimedOut: timedOut,
	})
	stream.ToTable(found.Matches, "matches", "what matched", "key", "id")
	stream.ToTable(found.Timeouts, "timeouts", "what timed out", "key", "id")
	stream.ToTable(found.Late, "late", "what came too late")
	return j
}

var midnight = streamtest.At("00:00:00")

type published struct {
	Key       string `json:"key"`
	ID        uint64 `json:"id"`
	Revision  uint32 `json:"revision"`
	Retracted bool   `json:"retracted"`
	Value     string `json:"value"`
}

type placed struct {
	key               string
	at                int64
	partition, offset int
	step
}

// naive gives the events of each key to a matcher in their order.
func naive(p *pattern.Pattern[step], events []placed, until int64) (want []string) {
	slices.SortFunc(events, func(a, b placed) int {
		return slices.Compare([]int64{a.at, int64(a.partition), int64(a.offset)}, []int64{b.at, int64(b.partition), int64(b.offset)})
	})
	m := pattern.NewMatcher(p, pattern.Limits{})
	states := make(map[string]*pattern.State[step])
	for _, key := range []string{"k1", "k2"} {
		states[key] = &pattern.State[step]{}
	}
	add := func(key string) (func(pattern.Match[step]), func(pattern.Timeout[step])) {
		return func(x pattern.Match[step]) { want = append(want, key+" "+matched(x)) },
			func(x pattern.Timeout[step]) { want = append(want, key+" "+timedOut(x)) }
	}
	for _, e := range events {
		emit, timeout := add(e.key)
		m.Expire(states[e.key], e.at, emit, timeout)
		if err := m.Advance(states[e.key], e.at, e.step, emit); err != nil {
			panic(err)
		}
	}
	for key, s := range states {
		emit, timeout := add(key)
		m.Expire(s, until, emit, timeout)
	}
	slices.Sort(want)
	return want
}

func TestMatchesAreThoseOfTheEventsInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := compiled(rapid.SampledFrom([]string{"a b", "a+ b", "a, no b", "rising", "a b, any"}).Draw(rt, "pattern"))
		lateness := time.Duration(rapid.IntRange(1, 40).Draw(rt, "lateness")) * time.Second
		partitions := rapid.IntRange(1, 3).Draw(rt, "partitions")
		k := streamtest.New(t, streamtest.Config{
			Partitions: partitions, Shards: rapid.SampledFrom([]int{1, 3, 8}).Draw(rt, "shards"),
			Workers: rapid.IntRange(1, 3).Draw(rt, "workers"), Memory: rapid.SampledFrom([]int64{0, 20_000}).Draw(rt, "memory"),
		}, job(p, lateness))
		var pending []streamtest.Event
		for range rapid.IntRange(1, 60).Draw(rt, "events") {
			pending = append(pending, streamtest.Event{
				Type: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "type"), Customer: rapid.SampledFrom([]string{"k1", "k2"}).Draw(rt, "key"),
				Time:   midnight + 500_000*rapid.Int64Range(1, 120).Draw(rt, "time"),
				Amount: 1_000_000 * event.Micros(rapid.IntRange(0, 2).Draw(rt, "n")),
			})
		}
		var mark int64
		var log []placed
		offsets := make([]int, partitions)
		stands := make(map[string]published)
		for len(pending) > 0 {
			switch rapid.IntRange(0, 9).Draw(rt, "do") {
			case 0:
				add(rt, stands, k.Commit())
			case 1:
				k.Crash()
				k.Watermark(mark)
			case 2:
				bound := pending[0].Time
				for _, e := range pending {
					bound = min(bound, e.Time)
				}
				mark = max(mark, bound+lateness.Microseconds()-1-rapid.Int64Range(0, 10_000_000).Draw(rt, "behind"))
				k.Watermark(mark)
				add(rt, stands, k.Commit())
			default:
				i, to := rapid.IntRange(0, len(pending)-1).Draw(rt, "which"), rapid.IntRange(0, partitions-1).Draw(rt, "partition")
				e := pending[i]
				k.Send(to, e)
				log = append(log, placed{e.Customer, e.Time, to, offsets[to], step{e.Type, e.Amount / 1_000_000}})
				offsets[to]++
				pending = slices.Delete(pending, i, i+1)
			}
		}
		k.Watermark(midnight + (10 * time.Minute).Microseconds())
		add(rt, stands, k.Commit())
		if f := k.Failed(); len(f) > 0 {
			rt.Fatalf("job failed: %s\n%s", f[0].Reason, f[0].Stack)
		}
		var got []string
		for _, p := range stands {
			if !p.Retracted {
				got = append(got, p.Key+" "+p.Value)
			}
		}
		slices.Sort(got)
		if want := naive(p, log, midnight+(10*time.Minute).Microseconds()); !slices.Equal(got, want) {
			rt.Fatalf("results:\n%s\n\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func add(t *rapid.T, stands map[string]published, rows []streamtest.Row) {
	for _, r := range rows {
		var p published
		if err := json.Unmarshal([]byte(r.JSON), &p); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s/%d", p.Key, p.ID)
		if was, ok := stands[name]; r.Sink == "late" || ok && was.Revision >= p.Revision {
			t.Fatalf("%s after %v", r, was)
		}
		stands[name] = p
	}
}

func TestAPatternThatWaitsLongerThanItsTTLStops(t *testing.T) {
	j := stream.NewJob("waits", 1)
	all := stream.Events(j, "steps", func(b *event.Batch, i int, emit func(step)) { emit(step{Type: b.Type.Values[b.Type.Codes[i]]}) })
	byType := stream.KeyBy(all, "by type", func(s step) string { return s.Type })
	found := match.Pattern(byType, "journey", compiled("a b"), matched, match.Options[step, string]{TTL: time.Second})
	stream.ToTable(found.Matches, "matches", "what matched", "key", "id")
	k := streamtest.New(t, streamtest.Config{}, j)
	k.Send(0, streamtest.Event{Time: midnight + 1, Type: "a"})
	k.Commit()
	if f := k.Failed(); len(f) != 1 || !strings.Contains(f[0].Reason, "the pattern waits 10s, longer than the TTL of 1s; raise the TTL") {
		t.Fatalf("failures: %v", f)
	}
}

// Two events that are equal in all but their place in the log make two matches.
func TestEqualEventsMakeMatchesOfTheirOwn(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{}, job(compiled("a b, any"), time.Minute))
	for _, typ := range []string{"a", "b", "b"} {
		k.Send(0, streamtest.Event{Time: midnight + 1, Type: typ, Customer: "k1"})
	}
	stands := make(map[uint64]bool)
	for _, r := range k.Commit() {
		var p published
		if err := json.Unmarshal([]byte(r.JSON), &p); err != nil {
			t.Fatal(err)
		}
		stands[p.ID] = true
	}
	if len(stands) != 2 {
		t.Errorf("%d results, want 2", len(stands))
	}
}

func TestAFailingConditionIsToldAndNotFulfilled(t *testing.T) {
	broken := fmt.Errorf("cannot compare")
	p, err := pattern.FromSpec(pattern.Spec{
		Steps: []pattern.StepSpec{{Name: "a", Where: "x"}, {Name: "b", Link: "followed_by", Where: "y"}}, Within: 10 * time.Second,
	}, func(_, source string) (func(step, *pattern.Partial[step]) (bool, error), error) {
		return func(s step, _ *pattern.Partial[step]) (bool, error) {
			if s.Type == "c" {
				return false, broken
			}
			return (source == "x") == (s.Type == "a"), nil
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	j := stream.NewJob("failing", 1)
	all := stream.Events(j, "steps", func(b *event.Batch, i int, emit func(step)) { emit(step{Type: b.Type.Values[b.Type.Codes[i]]}) })
	one := stream.KeyBy(all, "all together", func(step) bool { return true })
	var told []error
	found := match.Pattern(one, "journey", p, matched, match.Options[step, string]{
		TTL: time.Hour, Failed: func(err error) { told = append(told, err) },
	})
	stream.ToTable(found.Matches, "matches", "what matched", "key", "id")
	k := streamtest.New(t, streamtest.Config{}, j)
	for i, typ := range []string{"a", "c", "b"} {
		k.Send(0, streamtest.Event{Time: midnight + int64(i) + 1, Type: typ})
	}
	if rows := k.Commit(); len(rows) != 1 || len(told) != 1 || !strings.Contains(told[0].Error(), broken.Error()) {
		t.Errorf("rows %v, errors %v", rows, told)
	}
}
