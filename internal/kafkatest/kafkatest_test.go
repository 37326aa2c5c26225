//go:build kafka

package kafkatest_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafkatest"
)

func TestApacheKafkaKeepsItsDataAndAddressThroughStopAndKill(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	address := b.Addr()
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.DefaultProduceTopic("t"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopic(t.Context(), 1, 1, nil, "t"); err != nil {
		t.Fatal(err)
	}
	for round, end := range []func() error{
		func() error { return b.Stop(t.Context()) },
		func() error { b.Kill(); return nil },
	} {
		if err := client.ProduceSync(t.Context(), kgo.StringRecord("v")).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := b.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if b.Addr() != address {
			t.Errorf("the address was %s and is %s", address, b.Addr())
		}
		ends, err := admin.ListEndOffsets(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		if o, _ := ends.Lookup("t", 0); o.Offset != int64(round+1) {
			t.Errorf("round %d: the topic ends at %d", round, o.Offset)
		}
	}
}

func TestApacheKafkaThatCannotStartSaysWhy(t *testing.T) {
	_, err := kafkatest.Open(t.Context(), t.TempDir(), kafkatest.Options{Properties: map[string]string{"log.retention.ms": "soon"}})
	if err == nil || !strings.Contains(err.Error(), "log.retention.ms") {
		t.Errorf("the error does not name the wrong property: %v", err)
	}
}

func TestApacheKafkaWithoutJavaSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := kafkatest.Open(t.Context(), t.TempDir(), kafkatest.Options{})
	if err == nil || !strings.Contains(err.Error(), "apt-get install default-jre-headless") {
		t.Errorf("the error does not say what to install: %v", err)
	}
}
