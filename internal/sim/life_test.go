package sim_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
)

// life says how one process of the pass is to live.
type life struct {
	Broker     string
	Folder     string
	Partitions int
	Seed       uint64

	Workers        int
	CommitInterval time.Duration
	StoreInterval  time.Duration
	PendingRows    int
	JobMemory      int

	CrashAt    int // write to the checkpoint at which the power goes; 0 for none
	FailBefore int // write to the store that fails before it is done; 0 for none
	FailAfter  int // write to the store that fails after it was done; 0 for none
}

const lifeVariable = "MILLRACE_SIM_LIFE"

// TestMain makes the test binary a life of the pass when it is asked to be one.
func TestMain(m *testing.M) {
	text := os.Getenv(lifeVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var l life
	err := json.Unmarshal([]byte(text), &l)
	if err == nil {
		err = l.live()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (l *life) path(name string) string { return filepath.Join(l.Folder, name) }

// topic connects to the log.
func (l *life) topic(ctx context.Context) (*eventlog.Topic, error) {
	cfg := config.Default().Log
	cfg.Partitions = l.Partitions
	cfg.ProduceTimeout = 5 * time.Second
	return eventlog.OpenTopic(ctx, eventlog.Config{Log: cfg, Seeds: []string{l.Broker}})
}

func (l *life) openStore() (olap.Store, error) {
	return duckdb.Open(duckdb.Config{Path: l.path("olap.duckdb"), Threads: 1, Now: time.Now})
}

// live runs the pass until a line comes on standard input. "finish" makes it wait for
// all of the log first.
func (l *life) live() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	topic, err := l.topic(ctx)
	if err != nil {
		return err
	}
	defer topic.Close()
	store, err := l.openStore()
	if err != nil {
		return err
	}
	logs, err := os.OpenFile(l.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logs.Close()
	logger := slog.New(slog.NewTextHandler(logs, nil))
	cp, err := checkpoint.Open(checkpoint.Config{
		Dir: l.path("state"), CacheBytes: 1 << 20, FS: newDisk(l.CrashAt, l.Seed), Logger: logger,
	})
	if err != nil {
		return err
	}
	p, err := pass.New(pass.Config{
		Pass: l.settings(), Topic: topic, Name: "sim", Store: &failingStore{Store: store, before: l.FailBefore, after: l.FailAfter},
		Checkpoint: cp, Dir: l.path("dedup"), Adapters: map[string]adapter.Adapter{"native": native.New()},
		Sources: []pass.Source{{Name: "shop", Lateness: lateness}}, Enrichment: none{}, Jobs: simJobs(),
		Retention: time.Hour, Clock: clock.Real(), Logger: logger,
	})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	fmt.Println("started")
	order := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n') // the parent may be gone
		order <- line
	}()
	select {
	case err = <-done:
		return errors.Join(err, store.Close(), cp.Close())
	case line := <-order:
		if line == "finish\n" {
			err = finished(ctx, p, topic)
		}
	}
	cancel()
	return errors.Join(err, <-done, store.Close(), cp.Close())
}

func (l *life) settings() config.Pass {
	cfg := config.Default().Pass
	cfg.Workers, cfg.CommitInterval, cfg.StoreInterval, cfg.MaxPendingRows = l.Workers, l.CommitInterval, l.StoreInterval, l.PendingRows
	cfg.Dedup.MemoryEntries = 4096
	cfg.WatermarkDisorder, cfg.AllowedLateness = disorder, lateness
	// Time comes from the events alone: a source is never idle.
	cfg.Jobs.Disorder, cfg.Jobs.IdleTimeout, cfg.Jobs.Shards, cfg.Jobs.MemoryBytes = disorder, 1000*time.Hour, 4, config.Bytes(l.JobMemory)
	return cfg
}

// finished waits until all of the log is queryable.
func finished(ctx context.Context, p *pass.Pass, topic *eventlog.Topic) error {
	end, err := topic.EndOffsets(ctx)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		left := int64(0)
		positions := p.Stats().Positions
		for partition, to := range end {
			left += to - positions[partition].Queryable
		}
		if left == 0 {
			return nil
		}
	}
	return errors.New("the pass did not get through the log")
}

// none enriches nothing.
type none struct{}

func (none) Version() string             { return "none@1" }
func (none) Apply(*event.Batch, []int32) {}

// failingStore fails at one of its writes, before or after it was done.
type failingStore struct {
	olap.Store
	before, after int
}

var errStore = errors.New("the store has failed")

func (s *failingStore) Write(ctx context.Context, c olap.Commit) error {
	s.before--
	s.after--
	if s.before == 0 {
		return errStore
	}
	err := s.Store.Write(ctx, c)
	if s.after == 0 {
		return errStore
	}
	return err
}

// process is a life that has begun.
type process struct {
	*exec.Cmd
	in    io.WriteCloser
	ended chan error
}

// begin starts a life and waits until the pass runs, or the life ends.
func (l *life) begin(t *testing.T) *process {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(os.Args[0]), ended: make(chan error, 1)}
	p.Env = append(os.Environ(), lifeVariable+"="+string(text))
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	errs, err := os.OpenFile(l.path("stderr"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	p.Stderr = errs
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	go func() {
		for lines.Scan() { // until it is gone
		}
		p.ended <- p.Wait()
	}()
	return p
}

// end tells a life to stop, and returns how it has ended.
func (p *process) end(order string) error {
	_, _ = io.WriteString(p.in, order+"\n") // it may be gone already
	select {
	case err := <-p.ended:
		return err
	case <-time.After(3 * time.Minute):
		_ = p.Process.Kill()
		<-p.ended
		return errors.New("it did not stop within a minute")
	}
}
