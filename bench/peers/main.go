// Command peers runs the same queries over the same Kafka topics in several
// systems, each in a process of its own, measures their processor time and
// memory, and compares their results with those of a plain reference.
// README.md defines the queries and what a contestant has to do.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bench/peers/data"
	"github.com/millrace/millrace/internal/kafkatest"
)

// settings are the flags.
type settings struct {
	data        data.Config
	cepEvents   int
	queries     string
	systems     string
	partitions  int
	parallelism int
	commit      time.Duration
	timeout     time.Duration
	java        string
	millrace    string
	dir         string
}

func main() {
	var s settings
	flag.IntVar(&s.data.Events, "events", 200_000, "events of each input topic")
	flag.IntVar(&s.cepEvents, "cep-events", 0, "events of the query cep, which is far dearer than the others; 0: as -events")
	flag.Uint64Var(&s.data.Seed, "seed", 1, "seed of the data")
	flag.IntVar(&s.data.Rate, "rate", 1000, "events per second of event time")
	flag.StringVar(&s.queries, "queries", strings.Join(queryNames, ","), "queries to run")
	flag.StringVar(&s.systems, "systems", "streams,flink", "contestants: streams, flink (state in RocksDB), flink-heap, millrace")
	flag.IntVar(&s.partitions, "partitions", 4, "partitions of each topic")
	flag.IntVar(&s.parallelism, "parallelism", 2, "threads of a contestant")
	flag.DurationVar(&s.commit, "commit", time.Second, "between two commits or checkpoints")
	flag.DurationVar(&s.timeout, "timeout", 10*time.Minute, "of one run")
	flag.StringVar(&s.java, "java", "bench/peers/java", "folder of the built Java contestants")
	flag.StringVar(&s.millrace, "millrace", "", "Millrace's contestant, a binary")
	flag.StringVar(&s.dir, "dir", "", "folder for the broker's data and the contestants' state; empty: a temporary one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	queries, systems := strings.Split(s.queries, ","), strings.Split(s.systems, ",")
	for _, q := range queries {
		if !slices.Contains(queryNames, q) {
			return fmt.Errorf("unknown query %q: want some of %s", q, strings.Join(queryNames, ","))
		}
	}
	for _, system := range systems {
		if _, err := s.command(system); err != nil {
			return err
		}
	}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "millrace-peers-"); err != nil {
			return err
		}
		defer os.RemoveAll(s.dir)
	}
	home := filepath.Join(s.dir, "kafka")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	broker, err := kafkatest.Open(ctx, home, kafkatest.Options{Heap: "1g"})
	if err != nil {
		return err
	}
	defer broker.Kill()
	topics, err := openTopics(broker.Addr(), s.partitions)
	if err != nil {
		return err
	}
	defer topics.close()
	if err := topics.fill(ctx, s, queries); err != nil {
		return err
	}
	ads, err := writeAds(s)
	if err != nil {
		return err
	}
	fmt.Printf("%d events (cep: %d), %d partitions, %d threads, commits every %v, seed %d, %d events per second of event time\n\n",
		s.data.Events, s.input("cep").Events, s.partitions, s.parallelism, s.commit, s.data.Seed, s.data.Rate)
	fmt.Println("| query | system | events per CPU-second | … start-up included | events/s | peak memory | results | equal |\n|---|---|---:|---:|---:|---:|---:|---|")
	wrong := 0
	for _, query := range queries {
		want, err := topics.reference(ctx, query, s.data.Seed)
		if err != nil {
			return err
		}
		for _, system := range systems {
			r, got, err := s.measure(ctx, topics, broker.Addr(), ads, query, system)
			if err != nil {
				fmt.Printf("| %s | %s | failed | | | | | |\n", query, system)
				fmt.Fprintf(os.Stderr, "peers: %s, %s: %v\n", query, system, err)
				wrong++
				continue
			}
			verdict := compare(got, want)
			if verdict != "yes" {
				wrong++
			}
			n := float64(s.input(query).Events)
			fmt.Printf("| %s | %s | %.0f | %.0f | %.0f | %.0f MB | %d | %s |\n",
				query, system, n/r.cpu, n/r.cpuAll, n/r.wall, r.rss/1e6, len(got), verdict)
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d runs failed or have other results than the reference", wrong)
	}
	return nil
}

// input says what a query's topic holds.
func (s settings) input(query string) data.Config {
	c := s.data
	if query == "cep" && s.cepEvents > 0 {
		c.Events = s.cepEvents
	}
	return c
}

// compare says whether two tables are equal, and where they differ.
func compare(got, want map[string]string) string {
	var missing, other, extra int
	var example string
	for k, v := range want {
		g, ok := got[k]
		switch {
		case !ok:
			missing++
		case g != v:
			other++
		default:
			continue
		}
		if example == "" || k < example {
			example = k
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			extra++
			if example == "" {
				example = k
			}
		}
	}
	if missing+other+extra == 0 {
		return "yes"
	}
	return fmt.Sprintf("**no**: %d missing, %d different, %d too many; at %s: %q, want %q",
		missing, other, extra, example, got[example], want[example])
}

// writeAds writes the table of ads for contestants.
func writeAds(s settings) (string, error) {
	var b strings.Builder
	for _, ad := range data.Ads(s.data.Seed) {
		fmt.Fprintf(&b, "%s,%s\n", ad.ID, ad.Campaign)
	}
	path := filepath.Join(s.dir, "ads.csv")
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}
