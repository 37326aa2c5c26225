// Command millrace is Millrace's contestant in the peers' benchmark: its stream engine
// in a program of its own, over the topics of a Kafka broker. bench/peers/README.md has
// the contract and the queries.
//
// A round polls the broker, decodes what came in the partitions, several at a time, and
// gives it to the job. Each commit interval the job's state, the positions in the input
// and the results go to disk in one synced write; then the results go to their topic.
// See delivery for how each gets there once.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"time"
)

// arguments are the command line that all contestants have.
type arguments struct {
	query       string
	brokers     string
	input       string
	output      string
	partitions  int
	events      int64
	parallelism int
	commit      time.Duration
	ads         string
	work        string
	profile     string
}

func parse(args []string) (a arguments, err error) {
	f := flag.NewFlagSet("millrace", flag.ContinueOnError)
	f.StringVar(&a.query, "query", "", "ysb, q3, q4, q5, q8, q11, q18 or cep")
	f.StringVar(&a.brokers, "brokers", "", "address of the broker")
	f.StringVar(&a.input, "input", "", "topic to read")
	f.StringVar(&a.output, "output", "", "topic of the results, which exists")
	f.IntVar(&a.partitions, "partitions", 0, "partitions of every topic")
	f.Int64Var(&a.events, "events", 0, "events of the input, without the end markers")
	f.IntVar(&a.parallelism, "parallelism", 1, "goroutines that process")
	ms := f.Int64("commit-ms", 1000, "time between commits")
	f.StringVar(&a.ads, "ads", "", "file of the ads, for ysb")
	f.StringVar(&a.work, "work", "", "empty folder, for state")
	f.StringVar(&a.profile, "cpuprofile", "", "file for a profile of the processor's time; in place of it MILLRACE_CPUPROFILE names a folder")
	err = f.Parse(args)
	a.commit = time.Duration(*ms) * time.Millisecond
	if folder := os.Getenv("MILLRACE_CPUPROFILE"); folder != "" && a.profile == "" {
		a.profile = fmt.Sprintf("%s/%s.pprof", folder, a.query)
	}
	if err == nil && (a.partitions <= 0 || a.work == "") {
		err = fmt.Errorf("--partitions %d --work %q: give both", a.partitions, a.work)
	}
	return a, err
}

func main() {
	a, err := parse(os.Args[1:])
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err = a.run(ctx)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "millrace:", err)
		os.Exit(1)
	}
}

func (a *arguments) run(ctx context.Context) error {
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), max(2, a.parallelism)))
	c, err := open(ctx, a)
	if err != nil {
		return err
	}
	defer c.close()
	stop, err := startProfile(a.profile)
	if err != nil {
		return err
	}
	fmt.Println("started")
	if err := c.process(ctx); err != nil {
		return err
	}
	stop()
	fmt.Println("finished 0")
	_, err = io.Copy(io.Discard, os.Stdin) // until the harness has taken its readings
	return err
}

func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}
