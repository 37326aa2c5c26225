package stream_test

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
	"github.com/millrace/millrace/stream/streamtest"
)

// order is an element of the tests' machines: what to do, and a number.
type order struct {
	Do string       `state:"do"`
	N  event.Micros `state:"n"`
}

func readOrder(b *event.Batch, i int, emit func(stream.Record[string, order])) {
	do := b.Type.Values[b.Type.Codes[i]]
	emit(stream.Record[string, order]{Key: b.CustomerID[i], Value: order{do, b.Amount[i] / 1_000_000}})
	if do == "twice" {
		emit(stream.Record[string, order]{Key: b.CustomerID[i], Value: order{"add", 1}})
	}
}

// account is the state of a key. It has pointers, so that a snapshot that shares
// memory with the tip shows.
type account struct {
	Count   int64        `state:"count"`
	Sum     event.Micros `state:"sum"`
	Recent  []int64      `state:"recent"`
	Session int64        `state:"session"` // when it began; 0: none
	Chain   int64        `state:"chain"`
}

// actor is what a machine may do in a call.
type actor struct {
	state  *account
	at     int64
	emit   func(id uint64, v string)
	wakeAt func(int64)
}

const sessionGap = 10_000_000

func (a actor) summary() string {
	return fmt.Sprintf("%d %d %v chain %d", a.state.Count, a.state.Sum, a.state.Recent, a.state.Chain)
}

// obey is a small machine that does what its elements say.
func (a actor) obey(o order) {
	s := a.state
	s.Count++
	s.Sum += o.N
	s.Recent = append(s.Recent, int64(o.N))
	if len(s.Recent) > 3 {
		s.Recent = append([]int64{}, s.Recent[1:]...)
		s.Recent[0]++ // a change in place
	}
	switch o.Do {
	case "session": // closed when its gap is over
		if s.Session == 0 {
			s.Session = a.at
		}
		a.wakeAt(a.at + sessionGap)
	case "cancel":
		s.Session = 0
		a.wakeAt(0)
	case "alarm":
		a.wakeAt(a.at + int64(o.N)*1_000_000)
	case "past":
		a.wakeAt(a.at - 1)
	case "chain":
		s.Chain = 3
		a.wakeAt(a.at + 2_000_000)
	case "total": // republished
		a.emit(uint64(o.N)%3, a.summary())
	case "even": // published or not, by what came before
		if s.Count%2 == 0 {
			a.emit(3+uint64(o.N)%2, a.summary())
		}
	case "once": // of a time, published once
		if s.Sum%2 == 0 {
			a.emit(1000+uint64(a.at), a.summary())
		}
	}
}

func (a actor) wake() {
	s := a.state
	if s.Session != 0 {
		a.emit(uint64(s.Session)<<20, "session "+a.summary())
		s.Session = 0
	}
	if s.Chain > 0 {
		s.Chain--
		a.emit(uint64(a.at)<<20+1, "chain "+a.summary())
		a.wakeAt(a.at + 1_500_000)
	}
	s.Count += 100
}

func orders(retain, settle, ttl time.Duration) *stream.Job {
	return ordersBy(stream.KeyBy, retain, settle, ttl)
}

// keying is [stream.KeyBy] or [stream.KeyByActor].
type keying func(stream.Stream[stream.Record[string, order]], string, func(stream.Record[string, order]) string) stream.Keyed[string, stream.Record[string, order]]

func ordersBy(keyBy keying, retain, settle, ttl time.Duration) *stream.Job {
	j := stream.NewJob("orders", 1)
	all := stream.Events(j, "orders", readOrder)
	byKey := keyBy(all, "by key", func(r stream.Record[string, order]) string { return r.Key })
	out := stream.Timeline(byKey, "accounts", stream.Machine[string, account, stream.Record[string, order], string]{
		Apply: func(t *stream.Turn[string, account, string], v stream.Record[string, order]) {
			actor{t.State, t.Time, t.Emit, t.WakeAt}.obey(v.Value)
		},
		Wake: func(t *stream.Turn[string, account, string]) {
			actor{t.State, t.Time, t.Emit, t.WakeAt}.wake()
		},
		Retain: retain, Settle: settle, TTL: ttl,
	})
	stream.ToTable(out.Results, "results", "what the machines publish", "key", "id")
	type late struct {
		Late string `state:"late"`
		Do   string `state:"do"`
	}
	stream.ToTable(stream.Map(out.Late, "late rows", func(r stream.Record[string, stream.Record[string, order]]) late {
		return late{r.Key, r.Value.Value.Do}
	}), "late", "what came too late")
	return j
}

// sent is an event of a test in its place in the log.
type sent struct {
	streamtest.Event
	partition, offset int
}

// naive runs the machine over the elements of each key in the order of their time, and
// returns the results that stand.
func naive(events []sent, until int64, ttl time.Duration) map[string]string {
	results := make(map[string]string)
	byKey := make(map[string][]sent)
	for _, e := range events {
		byKey[e.Customer] = append(byKey[e.Customer], e)
	}
	for key, list := range byKey {
		slices.SortFunc(list, func(a, b sent) int {
			return slices.Compare([]int64{a.Time, int64(a.partition), int64(a.offset)}, []int64{b.Time, int64(b.partition), int64(b.offset)})
		})
		naiveKey(key, list, until, ttl.Microseconds(), results)
	}
	return results
}

func naiveKey(key string, list []sent, until, ttl int64, results map[string]string) {
	var s account
	var wake, at int64
	act := func(now int64) actor {
		at = now
		return actor{&s, now, func(id uint64, v string) {
			results[fmt.Sprintf("%s/%d", key, id)] = fmt.Sprintf("%d %s", now, v)
		}, func(w int64) { wake = w }}
	}
	pass := func(to int64) {
		for wake != 0 && wake <= to && wake <= at+ttl {
			now := max(at, wake)
			wake = 0
			act(now).wake()
		}
		if to > at+ttl {
			s, wake = account{}, 0
		}
	}
	for i, e := range list {
		if i > 0 {
			pass(e.Time)
		}
		act(e.Time).obey(order{e.Type, e.Amount / 1_000_000})
		if e.Type == "twice" {
			pass(e.Time)
			act(e.Time).obey(order{"add", 1})
		}
	}
	pass(until)
}

// published is a row of the job.
type published struct {
	Key       string `json:"key"`
	ID        uint64 `json:"id"`
	Revision  uint32 `json:"revision"`
	Retracted bool   `json:"retracted"`
	Value     string `json:"value"`
}

// standing keeps the newest revision of each result.
type standing map[string]published

func (s standing) add(t *rapid.T, times map[string]int64, rows []streamtest.Row) {
	for _, r := range rows {
		if r.Sink != "results" {
			t.Fatalf("%s is late, though it came in time", r.JSON)
		}
		var p published
		if err := json.Unmarshal([]byte(r.JSON), &p); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s/%d", p.Key, p.ID)
		if was, ok := s[name]; ok && was.Revision >= p.Revision {
			t.Fatalf("%s: revision %d after %d", name, p.Revision, was.Revision)
		} else if p.Retracted && (!ok || was.Retracted) {
			t.Fatalf("%s: retracted, but does not stand", name)
		}
		s[name] = p
		times[name] = r.Time
	}
}

func (s standing) results(times map[string]int64) map[string]string {
	results := make(map[string]string)
	for name, p := range s {
		if !p.Retracted {
			results[name] = fmt.Sprintf("%d %s", times[name], p.Value)
		}
	}
	return results
}

// journey sends events in any order within retain of the watermark, with commits and
// crashes between, and gives check what each commit put out.
func journey(t *rapid.T, k *streamtest.Kit, partitions int, pending []streamtest.Event, retain time.Duration, check func([]streamtest.Row)) (log []sent) {
	offsets := make([]int, partitions)
	var mark int64
	for len(pending) > 0 {
		switch rapid.IntRange(0, 9).Draw(t, "step") {
		case 0:
			check(k.Commit())
		case 1:
			k.Crash()
			k.Watermark(mark)
		case 2:
			bound := pending[0].Time
			for _, e := range pending {
				bound = min(bound, e.Time)
			}
			mark = max(mark, bound+retain.Microseconds()-1-rapid.Int64Range(0, 15_000_000).Draw(t, "behind"))
			k.Watermark(mark)
			check(k.Commit())
		default:
			i := rapid.IntRange(0, len(pending)-1).Draw(t, "which")
			p := rapid.IntRange(0, partitions-1).Draw(t, "partition")
			k.Send(p, pending[i])
			log = append(log, sent{pending[i], p, offsets[p]})
			offsets[p]++
			pending = slices.Delete(pending, i, i+1)
		}
	}
	return log
}

func TestATimelineIsARunInTheOrderOfTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		partitions := rapid.IntRange(1, 3).Draw(rt, "partitions")
		shards := rapid.SampledFrom([]int{1, 3, 8}).Draw(rt, "shards")
		retain := time.Duration(rapid.IntRange(1, 40).Draw(rt, "retain")) * time.Second
		ttl := time.Duration(rapid.IntRange(1, 100).Draw(rt, "ttl")) * time.Second
		settle := time.Hour
		kinds := []string{"add", "twice", "session", "cancel", "alarm", "past", "chain", "once"}
		if rapid.Bool().Draw(rt, "settle") {
			kinds = append(kinds, "total", "even")
		} else {
			settle = 0
		}
		var events []streamtest.Event
		keys := rapid.IntRange(1, 3).Draw(rt, "keys")
		for range rapid.IntRange(1, 150).Draw(rt, "events") {
			events = append(events, streamtest.Event{
				Customer: fmt.Sprint("k", rapid.IntRange(1, keys).Draw(rt, "key")),
				Time:     streamtest.At("00:00:00") + 500_000*rapid.Int64Range(1, 200).Draw(rt, "time"),
				Type:     rapid.SampledFrom(kinds).Draw(rt, "do"),
				Amount:   1_000_000 * event.Micros(rapid.IntRange(0, 12).Draw(rt, "n")),
			})
		}
		keyBy := keying(stream.KeyBy[string, stream.Record[string, order]])
		if partitions == 1 && rapid.Bool().Draw(rt, "in the partition") {
			keyBy = stream.KeyByActor[string, stream.Record[string, order]]
		}
		k := streamtest.New(t, streamtest.Config{Partitions: partitions, Shards: shards, Workers: rapid.IntRange(1, 3).Draw(rt, "workers"), Memory: rapid.SampledFrom([]int64{0, 20_000}).Draw(rt, "memory")}, ordersBy(keyBy, retain, settle, ttl))
		stands, times := standing{}, map[string]int64{}
		check := func(rows []streamtest.Row) { stands.add(rt, times, rows) }
		log := journey(rt, k, partitions, events, retain, check)
		end := streamtest.At("00:05:00")
		k.Watermark(end)
		check(k.Commit())
		if f := k.Failed(); len(f) > 0 {
			rt.Fatalf("job failed: %s %s", f[0].Reason, f[0].Stack)
		}
		got, want := stands.results(times), naive(log, end, ttl)
		if d := difference(got, want); d != "" {
			rt.Fatalf("results differ:\n%s", d)
		}
	})
}

func difference(got, want map[string]string) string {
	var lines []string
	for name, v := range got {
		if want[name] != v {
			lines = append(lines, fmt.Sprintf("%s: got %q, want %q", name, v, want[name]))
		}
	}
	for name, v := range want {
		if _, ok := got[name]; !ok {
			lines = append(lines, fmt.Sprintf("%s: got nothing, want %q", name, v))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestTimelineScript(t *testing.T) {
	span := func(text string) time.Duration {
		if text == "" {
			return 0
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	streamtest.Script(t, "testdata/timeline.txt", func(args map[string]string) *stream.Job {
		return orders(span(args["retain"]), span(args["settle"]), span(args["ttl"]))
	})
}

// stored is how many keys the backend has after some events, when all time is over.
func stored(t *testing.T, job *stream.Job, events ...streamtest.Event) int {
	k := streamtest.New(t, streamtest.Config{}, job)
	for i, e := range events {
		k.Send(0, e)
		if i%50 == 49 || i == 0 {
			k.Watermark(e.Time - 1_000_000)
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

func TestATimelineLetsGoOfEverything(t *testing.T) {
	var events []streamtest.Event
	for i := range 1000 {
		events = append(events, streamtest.Event{
			Time: streamtest.At("00:00:01") + int64(i)*100_000, Customer: fmt.Sprint("k", i*7%20), Amount: event.Micros(i) * 1_000_000,
			Type: []string{"session", "chain", "total", "once", "even", "alarm"}[i%6],
		})
	}
	for _, settle := range []time.Duration{0, time.Minute} {
		empty := stored(t, orders(10*time.Second, settle, time.Hour))
		used := stored(t, orders(10*time.Second, settle, time.Hour), events...)
		if tables := 4; used > empty+tables { // each keeps its number of entries
			t.Errorf("settle %s: %d keys are stored at the end, %d of no elements", settle, used, empty)
		}
	}
}

// A machine that wants to be woken at the same time for ever stops its job, not the
// engine.
func TestAWakeThatDoesNotMoveOnFails(t *testing.T) {
	j := stream.NewJob("restless", 1)
	all := stream.Events(j, "orders", readOrder)
	byKey := stream.KeyBy(all, "by key", func(r stream.Record[string, order]) string { return r.Key })
	type turn = stream.Turn[string, account, string]
	out := stream.Timeline(byKey, "restless", stream.Machine[string, account, stream.Record[string, order], string]{
		Apply: func(t *turn, _ stream.Record[string, order]) { t.WakeAt(t.Time) },
		Wake:  func(t *turn) { t.WakeAt(t.Time) },
		TTL:   time.Hour,
	})
	stream.ToTable(out.Results, "results", "nothing", "key")
	k := streamtest.New(t, streamtest.Config{}, j)
	k.Send(0, streamtest.Event{Time: streamtest.At("10:00:00"), Customer: "ann"})
	k.Watermark(streamtest.At("10:00:01"))
	k.Commit()
	if f := k.Failed(); len(f) != 1 || !strings.Contains(f[0].Reason, "key ann was woken at") || !strings.Contains(f[0].Reason, "ask for a later time") {
		t.Fatalf("failures: %v", f)
	}
}

func TestATimelineWithoutRetentionTakesWhatIsInOrder(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{}, orders(0, 0, time.Hour))
	for _, second := range []string{"10:00:01", "10:00:02", "10:00:01", "10:00:02"} {
		k.Send(0, streamtest.Event{Time: streamtest.At(second), Customer: "ann", Type: "twice", Amount: 1_000_000})
	}
	k.Send(0, streamtest.Event{Time: streamtest.At("10:00:03"), Customer: "ann", Type: "once", Amount: 0})
	var got []string
	for _, r := range k.Commit() {
		got = append(got, r.Sink+" "+r.JSON)
	}
	want := []string{
		`late {"late":"ann","do":"twice"}`, `late {"late":"ann","do":"add"}`,
		`results {"key":"ann","id":1767607203001000,"revision":1,"retracted":false,"value":"7 6 [2 1 0] chain 0"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
