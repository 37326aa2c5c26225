//go:build kafka

package kafkasource_test

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/kafkatest"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func startKafka(t *testing.T) *cluster {
	t.Helper()
	broker := kafkatest.Start(t, kafkatest.Options{})
	cfg := config.Default().Log
	cfg.Brokers = []string{broker.Addr()}
	return open(t, eventlog.Config{Log: cfg, Seeds: cfg.Brokers, Compress: true})
}

func TestApacheKafkaEveryRecordOfATopicOnceThroughRestartsAndKills(t *testing.T) {
	everyRecordOnce(t, startKafka(t))
}

func TestApacheKafkaTombstonesAndLargeRecordsAreRefusedWithAReason(t *testing.T) {
	refusals(t, startKafka(t))
}

// A transaction's end takes an offset of its own, and what was rolled back is
// no event.
func TestApacheKafkaTransactionsOfAProducer(t *testing.T) {
	c := startKafka(t)
	if err := c.topic.EnsureSource(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	client, err := c.client(kgo.TransactionalID("shop"), kgo.DefaultProduceTopic("orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 40 {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for k := range 25 {
			client.Produce(t.Context(), kgo.StringRecord(fmt.Sprintf("event-%d-%d", i, k)), nil)
		}
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), kgo.TransactionEndTry(i%4 != 3)); err != nil {
			t.Fatal(err)
		}
	}
	stored := resumetest.New()
	c.run(t, &cursors{Log: stored}, 400) // killed in the middle
	c.run(t, stored, 750)
	found := c.payloads(t)
	for i := range 40 {
		for k := range 25 {
			want := 1
			if i%4 == 3 {
				want = 0
			}
			if n := found[fmt.Sprintf("event-%d-%d", i, k)]; n != want {
				t.Fatalf("event-%d-%d is %d times in the raw topic, want %d", i, k, n, want)
			}
		}
	}
}
