package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/peers/data"
	"github.com/millrace/millrace/internal/eventlog/embedded"
)

const (
	testPartitions = 4
	testEvents     = 1500
)

// broker is a broker with the topics of the benchmark, small.
type broker struct {
	address string
	client  *kgo.Client
	admin   *kadm.Client
	ads     string
}

func openBroker(t *testing.T) *broker {
	t.Helper()
	b, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Address()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	k := &broker{address: b.Address(), client: client, admin: kadm.NewClient(client), ads: filepath.Join(t.TempDir(), "ads.csv")}
	var ads bytes.Buffer
	for _, ad := range data.Ads(1) {
		fmt.Fprintf(&ads, "%s,%s\n", ad.ID, ad.Campaign)
	}
	if err := os.WriteFile(k.ads, ads.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	// A slow clock of events: enough windows end in few events.
	c := data.Config{Seed: 1, Events: testEvents, Rate: 25}
	k.fill(t, "nexmark", c, data.Nexmark)
	k.fill(t, "ysb", c, data.YSB)
	return k
}

func (k *broker) create(t *testing.T, topic string) {
	t.Helper()
	if _, err := k.admin.CreateTopic(t.Context(), testPartitions, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
}

func (k *broker) fill(t *testing.T, topic string, c data.Config, events func(data.Config, func(*data.Record) error) error) {
	t.Helper()
	k.create(t, topic)
	var records []*kgo.Record
	add := func(r data.Record, partition int) {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(partition), Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value)})
	}
	place := kgo.StickyKeyPartitioner(nil).ForTopic(topic)
	err := events(c, func(r *data.Record) error {
		add(*r, place.Partition(&kgo.Record{Key: r.Key}, testPartitions))
		return nil
	})
	for p := range testPartitions {
		add(data.End(c), p)
	}
	if err == nil {
		err = k.client.ProduceSync(t.Context(), records...).FirstErr()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (k *broker) arguments(t *testing.T, query, output string) *arguments {
	k.create(t, output)
	input := "nexmark"
	if query == "ysb" {
		input = "ysb"
	}
	return &arguments{
		query: query, brokers: k.address, input: input, output: output, partitions: testPartitions, events: testEvents,
		parallelism: 2, commit: time.Hour, ads: k.ads, work: t.TempDir(),
	}
}

func start(t *testing.T, a *arguments, round int) *contestant {
	t.Helper()
	c, err := open(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	c.roundLen = round
	return c
}

// table reads the results as the harness does, and checks that each of them is in the
// topic once, in the order of the numbers.
func (k *broker) table(t *testing.T, topic string) map[string]string {
	t.Helper()
	ends, err := k.admin.ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	ends.Each(func(o kadm.ListedOffset) { left += int(o.Offset) })
	reader, err := kgo.NewClient(kgo.SeedBrokers(k.address), kgo.ConsumeTopics(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	out, numbers, newest := map[string]string{}, []uint64{}, map[int32]uint64{}
	for left > 0 {
		fetches := reader.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			left--
			n := binary.BigEndian.Uint64(r.Headers[0].Value)
			if n < newest[r.Partition] {
				t.Errorf("partition %d: result %d is behind result %d", r.Partition, n, newest[r.Partition])
			}
			newest[r.Partition] = n
			numbers = append(numbers, n)
			out[string(r.Key)] = string(r.Value)
			if r.Value == nil {
				delete(out, string(r.Key))
			}
		})
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != uint64(i) {
			t.Fatalf("the topic has %d results, the one with number %d is missing or there twice", len(numbers), i)
		}
	}
	return out
}

// crash is one life of a process that ends without notice: between two commits, or when
// some of the results of a commit are delivered. It reports whether all was done before.
func crash(t *testing.T, a *arguments, random *rand.Rand) (done bool) {
	c := start(t, a, 1+random.IntN(150))
	defer c.close()
	rounds := func(n int) {
		for ; n > 0 && !c.complete(); n-- {
			if err := c.round(t.Context(), time.Minute); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 1 + random.IntN(5) {
		if c.complete() {
			break // what an earlier life left to deliver is on its way
		}
		rounds(1 + random.IntN(3))
		if err := c.seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.delivery.wait(); err != nil {
		t.Fatal(err)
	}
	if c.complete() {
		return true
	}
	rounds(1)
	if random.IntN(2) == 0 {
		return false
	}
	outputs, err := c.save()
	if err == nil && len(outputs) > 0 {
		err = c.delivery.send(context.WithoutCancel(t.Context()), c.delivery.next, rowsOf(outputs)[:random.IntN(len(outputs)+1)], nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return false
}

func TestResultsAreThereOnceWhateverCrashes(t *testing.T) {
	k := openBroker(t)
	for _, query := range slices.Sorted(maps.Keys(queries)) {
		t.Run(query, func(t *testing.T) {
			quiet := start(t, k.arguments(t, query, query+"-quiet"), roundLen)
			defer quiet.close()
			if err := quiet.process(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := k.table(t, query+"-quiet")
			if len(want) < 3 {
				t.Fatalf("only %d results", len(want))
			}
			random := rand.New(rand.NewPCG(1, uint64(len(want))))
			a := k.arguments(t, query, query+"-crashed")
			lives := 1
			for ; !crash(t, a, random); lives++ {
			}
			if got := k.table(t, query+"-crashed"); !maps.Equal(got, want) {
				t.Errorf("after %d lives there are %d results that differ from the %d of an undisturbed run", lives, len(got), len(want))
			}
			if lives < 2 {
				t.Errorf("no crash happened")
			}
		})
	}
}
