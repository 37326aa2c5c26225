package cluster_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/millrace/millrace/internal/pass/cluster"
)

// embedded starts a broker in this process. It ends no transaction that its producer
// has left open, so nothing is killed here; see the tests on Apache Kafka.
func embedded(t *testing.T) (addr string) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{
		"group.min.session.timeout.ms": "100", "group.initial.rebalance.delay.ms": "0",
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()[0]
}

// member is a process of the group, in this one.
type member struct {
	t       *testing.T
	process *cluster.Process
	stop    func() // and wait
}

// logged writes what a process logs to the test.
type logged struct {
	t    *testing.T
	name string
}

func (l logged) Write(b []byte) (int, error) {
	l.t.Logf("%s: %s", l.name, b)
	return len(b), nil
}

func (s *shop) join(instance string) *member {
	s.t.Helper()
	config := testConfig(s.group, instance, time.Minute, logged{s.t, instance}, []kgo.Opt{kgo.SeedBrokers(s.addr), kgo.MetadataMinAge(50 * time.Millisecond), kgo.UnknownTopicRetries(-1)})
	disk, err := cluster.OpenDisk(s.t.TempDir(), 1<<20, config.Logger)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(disk.Close)
	config.Local = disk.Open
	p, err := cluster.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	m := &member{t: s.t, process: p, stop: sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("%s ended with %v", instance, err)
		}
	})}
	s.t.Cleanup(m.stop)
	return m
}

func (m *member) await(what string, ok func(s cluster.Status) bool) {
	m.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(m.process.Status()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("waited for %s; status %+v", what, m.process.Status())
		}
	}
}

func TestAClusterWithOldTransactionsIsRefused(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.MaxVersions(kversion.V3_7_0()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s := newShop(t, c.ListenAddrs()[0], "old", 1, 1)
	p, err := cluster.New(testConfig(s.group, "one", time.Minute, logged{t, "one"}, []kgo.Opt{kgo.SeedBrokers(s.addr)}))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "transaction.version=0") {
		t.Errorf("it runs until %v", err)
	}
}

func TestProcessesJoinAndLeave(t *testing.T) {
	s := newShop(t, embedded(t), "share", 1, 1500)
	one := s.join("one")
	one.await("all tasks", func(s cluster.Status) bool { return len(s.Tasks) == inputPartitions+workerShards })
	s.send(0, 0.3)
	two := s.join("two")
	two.await("some tasks", func(s cluster.Status) bool { return len(s.Tasks) > 0 })
	s.send(0.3, 0.6)
	one.stop()
	s.send(0.6, 0.8)
	two.await("all tasks", func(s cluster.Status) bool { return len(s.Tasks) == inputPartitions+workerShards })
	s.send(0.8, 1)
	s.verify()
}

func TestAChangelogThatWasDeletedIsNotStartedAnew(t *testing.T) {
	s := newShop(t, embedded(t), "lost", 1, 300)
	one := s.join("one")
	one.await("all tasks", func(s cluster.Status) bool { return len(s.Tasks) == inputPartitions+workerShards })
	s.send(0, 1)
	s.verify()
	one.stop()
	if _, err := kadm.NewClient(s.client).DeleteTopics(t.Context(), s.group+".changelog.fronts"); err != nil {
		t.Fatal(err)
	}
	p, err := cluster.New(testConfig(s.group, "one", time.Minute, logged{t, "one"}, []kgo.Opt{kgo.SeedBrokers(s.addr)}))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "it was deleted") {
		t.Errorf("it runs until %v", err)
	}
}
