//go:build kafka

package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/kafkatest"
	"github.com/millrace/millrace/internal/runtime/config"
)

// logOn configures the log on a real broker, as docs/operating.md says.
func logOn(b *kafkatest.Broker, partitions int) eventlog.Config {
	cfg := config.Default().Log
	cfg.Brokers, cfg.Partitions, cfg.Group = []string{b.Addr()}, partitions, "millrace-pass"
	return eventlog.Config{Log: cfg, Seeds: cfg.Brokers, Compress: true, Logger: slog.New(slog.DiscardHandler)}
}

func openTopic(t *testing.T, cfg eventlog.Config) *eventlog.Topic {
	t.Helper()
	topic, err := eventlog.OpenTopic(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(topic.Close)
	return topic
}

func TestApacheKafkaHoldsWhatIsAcknowledgedThroughAKill(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	topic := openTopic(t, logOn(b, 3))
	w := writer(t, topic)
	batch := entries("a.csv", 0, 1000)
	if err := w.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	b.Kill()
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := openTopic(t, logOn(b, 9)); again.Partitions() != 3 {
		t.Errorf("an existing topic of 3 partitions has %d", again.Partitions())
	}
	for _, e := range batch[:20] {
		s, err := topic.Get(t.Context(), e.Partition, e.Offset)
		if err != nil {
			t.Fatal(err)
		}
		if string(s.Record.Payload) != string(e.Record.Payload) || s.Record.Line != e.Record.Line || s.Time.IsZero() {
			t.Fatalf("coordinates %d/%d hold %q line %d of %v", e.Partition, e.Offset, s.Record.Payload, s.Record.Line, s.Time)
		}
	}
	if _, err := topic.Get(t.Context(), 0, 1<<40); !errors.Is(err, eventlog.ErrGone) {
		t.Errorf("offset behind the end: %v", err)
	}
	// The same clients go on.
	if err := w.Append(t.Context(), entries("a.csv", 1000, 100)); err != nil {
		t.Fatal(err)
	}
	seen := map[int64]int{}
	if err := topic.Positions(t.Context(), "web", "a.csv", nil, func(_ int32, _, position int64) { seen[position]++ }); err != nil {
		t.Fatal(err)
	}
	for position := int64(1); position <= 1100; position++ {
		if seen[position] != 1 {
			t.Fatalf("position %d was read back %d times", position, seen[position])
		}
	}
}

func TestApacheKafkaThatIsGoneRefusesTheSenderAndTakesHimAgain(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	cfg := logOn(b, 1)
	cfg.ProduceTimeout = time.Second
	w := writer(t, openTopic(t, cfg))
	if err := w.Append(t.Context(), entries("a.csv", 0, 10)); err != nil {
		t.Fatal(err)
	}
	b.Kill()
	if err := w.Append(t.Context(), entries("a.csv", 10, 10)); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("without a broker: %v", err)
	}
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for err := w.Append(t.Context(), entries("a.csv", 10, 10)); err != nil; err = w.Append(t.Context(), entries("a.csv", 10, 10)) {
		if time.Now().After(deadline) {
			t.Fatalf("with the broker back: %v", err)
		}
	}
}

// member is a process of the group: it counts what it reads.
type member struct {
	mu       sync.Mutex
	owned    map[int32]bool
	position map[int32]int64
	read     int
}

func (m *member) Assigned(_ context.Context, partitions []int32) (map[int32]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := make(map[int32]int64)
	for _, p := range partitions {
		m.owned[p] = true
		at[p] = m.position[p]
	}
	return at, nil
}

func (m *member) Revoked(_ context.Context, partitions []int32, _ bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range partitions {
		delete(m.owned, p)
	}
}

// join runs a consumer until the returned function is called, which returns
// what ended the consumer.
func join(t *testing.T, topic *eventlog.Topic, instance string) (*member, func() error) {
	t.Helper()
	m := &member{owned: map[int32]bool{}, position: map[int32]int64{}}
	c, err := eventlog.OpenGroupConsumer(topic, instance, m)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		for {
			err := c.Poll(ctx, func(p int32, records []*kgo.Record) {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.read += len(records)
				m.position[p] = records[len(records)-1].Offset + 1
				c.CommitOffsets(ctx, maps.Clone(m.position))
			})
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	leave := sync.OnceValue(func() error {
		cancel()
		err := <-ended
		c.Close()
		return err
	})
	t.Cleanup(func() { _ = leave() })
	return m, leave
}

func (m *member) partitions() []int32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.owned))
}

func eventually(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

func TestApacheKafkaSharesPartitionsAndKnowsARestartedMemberAgain(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	topic := openTopic(t, logOn(b, 4))
	w := writer(t, topic)
	if err := w.Append(t.Context(), entries("a.csv", 0, 500)); err != nil {
		t.Fatal(err)
	}
	one, leaveOne := join(t, topic, "one")
	eventually(t, "the only member to have all partitions and records", time.Minute, func() bool {
		one.mu.Lock()
		defer one.mu.Unlock()
		return len(one.owned) == 4 && one.read == 500
	})
	two, _ := join(t, topic, "two")
	eventually(t, "two members to share", time.Minute, func() bool {
		return len(one.partitions()) == 2 && len(two.partitions()) == 2
	})
	mine := one.partitions()
	if err := leaveOne(); !errors.Is(err, context.Canceled) {
		t.Fatalf("the member ended with %v", err)
	}
	// Well within the session of 45 s, and without a rebalance of the others.
	again, _ := join(t, topic, "one")
	eventually(t, "the restarted member to have its partitions back", 2*time.Minute, func() bool {
		return slices.Equal(again.partitions(), mine)
	})
	if got := two.partitions(); len(got) != 2 {
		t.Errorf("the other member now has %v", got)
	}
}

func TestApacheKafkaFencesASecondProcessOfTheSameName(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	topic := openTopic(t, logOn(b, 2))
	first, leave := join(t, topic, "same")
	eventually(t, "the first to have all", time.Minute, func() bool { return len(first.partitions()) == 2 })
	second, _ := join(t, topic, "same")
	eventually(t, "the second to have all", time.Minute, func() bool { return len(second.partitions()) == 2 })
	eventually(t, "the first to have lost all", time.Minute, func() bool { return len(first.partitions()) == 0 })
	if err := leave(); !errors.Is(err, kerr.FencedInstanceID) || !strings.Contains(err.Error(), "another process of the same name") {
		t.Errorf("the first ended with %v", err)
	}
}

// security is how a client connects, and whether the broker must refuse it.
type security struct {
	name string
	set  func(*config.Log)
	fail bool
}

// logins are the ways to log in, over a transport.
func logins(transport config.TLS) []security {
	var all []security
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		for _, password := range []config.Secret{kafkatest.Password, "wrong"} {
			all = append(all, security{mechanism + " " + string(password), func(l *config.Log) {
				l.TLS = transport
				l.SASL = config.SASL{Mechanism: mechanism, Username: kafkatest.Username, Password: password}
			}, password == "wrong"})
		}
	}
	return append(all, security{"anonymous", func(l *config.Log) { l.TLS = transport }, true})
}

// wantAccess appends and reads a record, or is refused.
func wantAccess(t *testing.T, cfg eventlog.Config, allowed bool) {
	t.Helper()
	patience := 5 * time.Second
	if allowed {
		patience = time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	topic, err := eventlog.OpenTopic(ctx, cfg)
	if !allowed {
		if err == nil {
			topic.Close()
			t.Fatal("the broker lets the client in")
		}
		t.Logf("refused: %v", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer topic.Close()
	one := entries("a.csv", 0, 1)
	if err := writer(t, topic).Append(ctx, one); err != nil {
		t.Fatal(err)
	}
	if _, err := topic.Get(ctx, one[0].Partition, one[0].Offset); err != nil {
		t.Fatal(err)
	}
}

func TestApacheKafkaWithEncryptionAndLogin(t *testing.T) {
	for _, c := range []struct {
		name    string
		options kafkatest.Options
		clients func(b *kafkatest.Broker) []security
	}{
		{"TLS", kafkatest.Options{TLS: true}, func(b *kafkatest.Broker) []security {
			return []security{
				{"authority", func(l *config.Log) { l.TLS = config.TLS{Enabled: true, CAFile: b.CAFile()} }, false},
				{"unverified", func(l *config.Log) { l.TLS = config.TLS{Enabled: true, InsecureSkipVerify: true} }, false},
				{"unknown authority", func(l *config.Log) { l.TLS = config.TLS{Enabled: true} }, true},
				{"plain text", func(*config.Log) {}, true},
			}
		}},
		{"certificates", kafkatest.Options{ClientCertificates: true}, func(b *kafkatest.Broker) []security {
			certificate, key := b.ClientFiles()
			return []security{
				{"own", func(l *config.Log) {
					l.TLS = config.TLS{Enabled: true, CAFile: b.CAFile(), CertFile: certificate, KeyFile: key}
				}, false},
				{"none", func(l *config.Log) { l.TLS = config.TLS{Enabled: true, CAFile: b.CAFile()} }, true},
			}
		}},
		{"login", kafkatest.Options{SASL: true}, func(*kafkatest.Broker) []security {
			return logins(config.TLS{})
		}},
		{"TLS and login", kafkatest.Options{TLS: true, SASL: true}, func(b *kafkatest.Broker) []security {
			return logins(config.TLS{Enabled: true, CAFile: b.CAFile()})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := kafkatest.Start(t, c.options)
			for _, s := range c.clients(b) {
				t.Run(s.name, func(t *testing.T) {
					cfg := logOn(b, 2)
					s.set(&cfg.Log)
					wantAccess(t, cfg, !s.fail)
				})
			}
		})
	}
}

// kcat reads what the log wrote, and the log reads what kcat wrote.
func TestApacheKafkaAsOtherClientsSeeIt(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	topic := openTopic(t, logOn(b, 3))
	if err := writer(t, topic).Append(t.Context(), entries("a.csv", 0, 100)); err != nil {
		t.Fatal(err)
	}
	kcat := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command("kcat", append([]string{"-b", b.Addr(), "-q"}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("kcat %v (apt-get install kcat): %v", args, err)
		}
		return string(out)
	}
	out := kcat("", "-C", "-t", topic.Name(), "-e", "-o", "beginning", "-f", "%k %s\n")
	for i := range 100 {
		if line := fmt.Sprintf("customer-%d {\"n\":%d}\n", i%17, i); !strings.Contains(out, line) {
			t.Fatalf("kcat does not see %q in\n%s", line, out)
		}
	}
	kcat("customer-3:strange\n", "-P", "-t", topic.Name(), "-K:", "-X", "topic.partitioner=murmur2_random")
	p := writer(t, topic).Partition([]byte("customer-3"))
	ends, err := topic.EndOffsets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := topic.Get(t.Context(), p, ends[p]-1)
	if err != nil {
		t.Fatal(err)
	}
	if string(s.Record.Payload) != "strange" || !strings.Contains(s.Record.Reject, "header") {
		t.Errorf("another client's record reads as %q, refused for %q", s.Record.Payload, s.Record.Reject)
	}
}

// A publisher that is killed between its records and the end of their transaction
// leaves nothing behind, and one that goes on as a zombie is fenced.
func TestApacheKafkaTakesResultsOnce(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	topic := openTopic(t, logOn(b, 2))
	zombie := publisher(t, topic, "shop")
	if err := zombie.Publish(t.Context(), messages("alerts", 0, 100)); err != nil {
		t.Fatal(err)
	}
	half, err := topic.Client(kgo.TransactionalID("shop"), kgo.DefaultProduceTopic("alerts"))
	if err != nil {
		t.Fatal(err)
	}
	if err := half.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := half.ProduceSync(t.Context(), &kgo.Record{Key: []byte("k1"), Value: []byte(`{"n":100}`)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	half.Close()
	next := publisher(t, topic, "shop")
	if err := next.Publish(t.Context(), messages("alerts", 60, 200)); err != nil {
		t.Fatal(err)
	}
	if err := zombie.Publish(t.Context(), messages("alerts", 100, 150)); !eventlog.IsFenced(err) {
		t.Errorf("the zombie was not fenced: %v", err)
	}
	onceEach(t, published(t, topic, "alerts", 200), 200)
}
