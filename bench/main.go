// Command bench measures the built binary from the outside and prints the
// figures of docs/benchmarks.md: the year of the example shop, the pass alone,
// the HTTP doors, their idle connections, and freshness and decisions about payments at a fixed rate.
//
// The figures of a server are per second of its own processor time, read from
// its metrics; the load generator's time is not in them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// result is one line of the report.
type result struct {
	what   string
	value  string
	target string // empty: for information
	met    bool
}

// scenario measures one thing.
type scenario struct {
	name string
	run  func(context.Context, *bench) ([]result, error)
}

var scenarios = []scenario{
	{"year", year},
	{"pass", passAlone},
	{"door", door},
	{"doors", doors},
	{"idle", idle},
	{"freshness", freshness},
	{"fraud", fraud},
	{"quality", quality},
	{"rollups", rollups},
	{"analytics", analytics},
	{"queries", besideQueries},
}

// bench is what the scenarios share.
type bench struct {
	binary   string
	rounds   int
	duration time.Duration
	openLoop time.Duration
	config   string // of servers; empty: serverConfig
	events   int    // of the history that analytics fills
	dir      string // where analytics works; empty: a folder that is removed
	made     bool   // the folder has the history
	sql      bool   // servers listen for PostgreSQL's protocol
}

func main() {
	b := new(bench)
	var only string
	flag.StringVar(&b.binary, "binary", "bin/millrace", "the binary to measure")
	flag.IntVar(&b.rounds, "rounds", 3, "repetitions; the median counts")
	flag.DurationVar(&b.duration, "duration", 6*time.Second, "time of each load on the door")
	flag.DurationVar(&b.openLoop, "open-loop", 25*time.Second, "time of the loads at a fixed rate")
	flag.IntVar(&b.events, "events", 10_000_000, "events of the analysts' history")
	flag.StringVar(&b.dir, "dir", "", "folder in which the analysts' history is kept; a temporary one by default")
	flag.BoolVar(&b.made, "made", false, "ask the history that -dir has, in the place of making one")
	flag.StringVar(&only, "only", "", "comma-separated scenarios to run; all by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx, only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, only string) error {
	fmt.Printf("Machine: %s\nDate: %s\n\n", machine(), time.Now().UTC().Format("2006-01-02"))
	fmt.Println("| what | measured | target | |\n|---|---:|---:|---|")
	for _, s := range scenarios {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) || only == "" && s.name == "analytics" {
			continue
		}
		results, err := s.run(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		show(results...)
	}
	return nil
}

// show prints results; a scenario that takes long prints what it has.
func show(results ...result) {
	for _, r := range results {
		verdict := ""
		if r.target != "" {
			verdict = map[bool]string{true: "met", false: "**missed**"}[r.met]
		}
		fmt.Printf("| %s | %s | %s | %s |\n", r.what, r.value, r.target, verdict)
	}
}

func machine() string {
	model, cores := "unknown processor", 0
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return model
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			model = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), ":"))
			cores++
		}
	}
	return fmt.Sprintf("%d × %s (virtual), Linux", cores, model)
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// grouped writes a number with thousands separated.
func grouped(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func atLeast(what string, v, target float64, unit string) result {
	return result{what, grouped(v) + " " + unit, "≥ " + grouped(target), v >= target}
}

func atMost(what string, v, target float64, unit string) result {
	return result{what, grouped(v) + " " + unit, "≤ " + grouped(target), v <= target}
}
