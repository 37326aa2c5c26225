package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/pass/cluster"
)

const (
	sessionTimeout  = 2 * time.Second
	inputPartitions = 4
	workerShards    = 5
	customersPerRun = 40
)

// shop is a group with its input, and what must come out.
type shop struct {
	t      *testing.T
	addr   string // of a broker
	client *kgo.Client
	group  string
	rand   *rand.Rand

	events  int
	counts  map[string]int64            // per customer
	minutes map[string]map[string]int64 // per customer and start
	sent    int
}

func newShop(t *testing.T, addr, name string, seed uint64, events int) *shop {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s := &shop{
		t: t, addr: addr, events: events, client: client, group: fmt.Sprintf("%s-%d", name, seed), rand: rand.New(rand.NewPCG(seed, 1)),
		counts: make(map[string]int64), minutes: make(map[string]map[string]int64),
	}
	admin := kadm.NewClient(client)
	for topic, partitions := range map[string]int32{".input": inputPartitions, ".counts": 3, ".minutes": 3, ".totals": 1} {
		if _, err := admin.CreateTopic(t.Context(), partitions, 1, nil, s.group+topic); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// send appends a part of the run's events. Each partition is in the order of event time.
func (s *shop) send(from, to float64) {
	s.t.Helper()
	begin := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	var records []*kgo.Record
	for i := int(from * float64(s.events)); i < int(to*float64(s.events)); i++ {
		at := begin.Add(time.Duration(i) * 300 * time.Second / time.Duration(s.events))
		records = append(records, s.event(fmt.Sprintf("customer-%d", s.rand.IntN(customersPerRun)), at, -1))
	}
	if to == 1 { // time passes the windows in every partition
		for p := range int32(inputPartitions) {
			records = append(records, s.event(fmt.Sprintf("last-%d", p), begin.Add(time.Hour), p))
		}
	}
	if err := s.client.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) event(customer string, at time.Time, partition int32) *kgo.Record {
	if partition < 0 {
		partition = int32(crc32.ChecksumIEEE([]byte(customer)) % inputPartitions)
		start := at.Truncate(time.Minute).Format(time.RFC3339)
		if s.minutes[start] == nil {
			s.minutes[start] = make(map[string]int64)
		}
		s.minutes[start][customer]++
	}
	s.counts[customer]++
	s.sent++
	return &kgo.Record{Topic: s.group + ".input", Partition: partition, Value: fmt.Appendf(nil, "%s %d", customer, at.UnixMicro())}
}

// output is a record of an output topic.
type output struct {
	Customer string
	N        int64
	Key      string
	Start    string
	Revision uint32
	Value    int64
}

// verify reads what is committed until all is there, and a little longer. Each output
// must be there once.
func (s *shop) verify() {
	s.t.Helper()
	reader, err := kgo.NewClient(
		kgo.SeedBrokers(s.addr), kgo.ConsumeTopics(s.group+".counts", s.group+".minutes", s.group+".totals"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		s.t.Fatal(err)
	}
	defer reader.Close()
	windows := len(s.minutes)
	for _, of := range s.minutes {
		windows += len(of)
	}
	seen := &ledger{s: s, next: make(map[string]map[int]bool), counts: make(map[string]int64), windows: make(map[string]bool)}
	deadline := time.Now().Add(90 * time.Second)
	for until := deadline; time.Now().Before(until); {
		ctx, cancel := context.WithTimeout(s.t.Context(), 200*time.Millisecond)
		fetches := reader.PollFetches(ctx)
		cancel()
		fetches.EachRecord(seen.take)
		if seen.outputs == s.sent+windows && until == deadline {
			until = time.Now().Add(time.Second) // for what must not come
		}
	}
	if seen.outputs != s.sent+windows {
		s.t.Errorf("%d outputs, want %d for events and %d of windows", seen.outputs, s.sent, windows)
	}
	for customer, n := range s.counts {
		if seen.counts[customer] != n {
			s.t.Errorf("%s was counted %d times, want %d", customer, seen.counts[customer], n)
		}
	}
	for task, numbers := range seen.next {
		for n := range len(numbers) {
			if !numbers[n] {
				s.t.Errorf("of the %d outputs of %s number %d is missing", len(numbers), task, n)
				break
			}
		}
	}
}

// ledger is what a reader has seen.
type ledger struct {
	s       *shop
	outputs int
	next    map[string]map[int]bool // numbers per task
	counts  map[string]int64
	windows map[string]bool
}

func (l *ledger) take(r *kgo.Record) {
	l.outputs++
	var task string
	var number int
	for _, h := range r.Headers {
		switch h.Key {
		case cluster.HeaderTask:
			task = string(h.Value)
		case cluster.HeaderNumber:
			_, _ = fmt.Sscan(string(h.Value), &number)
		}
	}
	if l.next[task] == nil {
		l.next[task] = make(map[int]bool)
	}
	if l.next[task][number] {
		l.s.t.Errorf("output %d of %s is there twice", number, task)
	}
	l.next[task][number] = true
	var o output
	if err := json.Unmarshal(r.Value, &o); err != nil {
		l.s.t.Errorf("%s: %v", r.Value, err)
	}
	switch r.Topic {
	case l.s.group + ".counts":
		if o.N != l.counts[o.Customer]+1 {
			l.s.t.Errorf("%s was counted %d after %d", o.Customer, o.N, l.counts[o.Customer])
		}
		l.counts[o.Customer] = o.N
	case l.s.group + ".minutes":
		l.window(r, o, l.s.minutes[o.Start][o.Key])
	case l.s.group + ".totals":
		want := int64(0)
		for _, n := range l.s.minutes[o.Start] {
			want += n
		}
		l.window(r, o, want)
	}
}

func (l *ledger) window(r *kgo.Record, o output, want int64) {
	id := r.Topic + " " + o.Key + " " + o.Start
	if l.windows[id] || o.Revision != 1 || o.Value != want {
		l.s.t.Errorf("window %s: revision %d, value %d, want revision 1 once, value %d", id, o.Revision, o.Value, want)
	}
	l.windows[id] = true
}
