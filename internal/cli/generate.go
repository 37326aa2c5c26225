package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/generate"
)

// generateFlags are the flags of millrace generate as given.
type generateFlags struct {
	scenario, start, rate, speed string
	to, writeKey, labels         string
	seed                         uint64
	events                       int64
	duration                     time.Duration
	only                         []string
	often                        map[string]string
	duplicates, late, broken     float64
	customers                    int64
	products                     int
}

func (s *shell) generate() *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use:   "generate",
		Short: "Make the events of a shop",
		Long: `Make the life of a shop: visits, carts, payments, orders, stock, prices, tills, with labelled fraud,
incidents, duplicates, late and broken events. Equal flags give equal bytes.

--to is a file (.zst is compressed; - is standard output), the address of a running platform
(http://…, with --write-key), or a topic (kafka://broker:9092/topic). Files are written at once; to a
platform or topic events are sent when they are due: --rate is their mean per second, --speed how much
faster than the clock their own time passes. With --rate max nothing waits.

Scenarios: ` + scenarioHelp(),
		Example: `  millrace generate --events 1000000 --rate 500/s --to shop.jsonl.zst --labels labels.jsonl
  millrace generate --rate 20000/s --start now --to http://127.0.0.1:8080 --write-key KEY
  millrace generate --scenario fraud --often velocity=100,price_error=0 --duration 1h --to kafka://127.0.0.1:9092/shop
  millrace generate --only order_completed,order_refunded --events 100`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.runGenerate(c, &f) },
	}
	f.declare(c)
	c.AddCommand(s.corrupt())
	return c
}

func scenarioHelp() string {
	var b strings.Builder
	names, texts := generate.Scenarios()
	for i, name := range names {
		fmt.Fprintf(&b, "\n  %-11s %s", name, texts[i])
	}
	return b.String()
}

func (f *generateFlags) declare(c *cobra.Command) {
	flags := c.Flags()
	flags.Uint64Var(&f.seed, "seed", 1, "another seed is another shop")
	flags.StringVar(&f.scenario, "scenario", "default", "what kind of `days` they are, see above")
	flags.StringVar(&f.start, "start", "2026-01-01T00:00:00Z", "event `time` of the beginning, or now")
	flags.StringVar(&f.rate, "rate", "100/s", "events per second, or max")
	flags.StringVar(&f.speed, "speed", "1x", "event time per wall time, where events are sent")
	flags.Int64Var(&f.events, "events", 0, "end after so many payloads")
	flags.DurationVar(&f.duration, "duration", 0, "end after so much event time")
	flags.StringVar(&f.to, "to", "-", "`where` events go")
	flags.StringVar(&f.writeKey, "write-key", "", "write key of the source (MILLRACE_WRITE_KEY)")
	flags.StringVar(&f.labels, "labels", "", "`file` for the labels; - is standard output")
	flags.StringSliceVar(&f.only, "only", nil, "only events of these `types`")
	flags.StringToStringVar(&f.often, "often", nil, "how many of 10,000 sessions each `kind=number` of fraud or incident replaces")
	flags.Float64Var(&f.duplicates, "duplicates", 0, "share of events that are delivered twice, 0 to 0.5")
	flags.Float64Var(&f.late, "late", 0, "share of events that come late, by 10 minutes to 6 hours")
	flags.Float64Var(&f.broken, "broken", 0, "share of events that a broken copy follows")
	flags.Int64Var(&f.customers, "customers", 0, "accounts (default: 10,000 for each event per second)")
	flags.IntVar(&f.products, "products", 0, "products (default 1,000)")
	for _, name := range []string{"duplicates", "late", "broken"} {
		flags.Lookup(name).DefValue = "the scenario's"
	}
	names, _ := generate.Scenarios()
	suggest(c, "scenario", names...)
	suggest(c, "only", generate.TypeNames()...)
}

// config is what the flags say about the shop.
func (f *generateFlags) config(c *cobra.Command, now time.Time) (generate.Config, error) {
	cfg, err := generate.Scenario(f.scenario)
	if err != nil {
		return cfg, usage("%v", err)
	}
	cfg.Seed, cfg.Customers = f.seed, f.customers
	if f.start == "now" {
		cfg.Start = now.UTC()
	} else if cfg.Start, err = time.Parse(time.RFC3339, f.start); err != nil {
		return cfg, usage("--start %q is no time such as 2026-01-01T00:00:00Z, nor now", f.start)
	}
	if f.products != 0 {
		cfg.Products = f.products
	}
	for _, share := range []struct {
		flag     string
		from, to *float64
	}{{"duplicates", &f.duplicates, &cfg.Duplicates}, {"late", &f.late, &cfg.Late}, {"broken", &f.broken, &cfg.Broken}} {
		if c.Flags().Changed(share.flag) {
			*share.to = *share.from
		}
	}
	for name, text := range f.often {
		kind, ok := generate.KindOf(name)
		if !ok {
			return cfg, usage("--often names the kind %q; there are %v", name, generate.Kinds())
		}
		if cfg.Often[kind], err = strconv.ParseFloat(text, 64); err != nil {
			return cfg, usage("--often %s=%s is no number", name, text)
		}
	}
	return cfg, nil
}

// pace is how fast events are sent.
type pace struct {
	rate  float64 // per second; 0 is as fast as it goes
	speed float64 // event time per wall time
}

func (f *generateFlags) pace() (p pace, err error) {
	text, ok := strings.CutSuffix(f.speed, "x")
	if p.speed, err = strconv.ParseFloat(text, 64); err != nil || !ok || !(p.speed > 0 && p.speed <= maxFactor) {
		return p, usage("--speed %q is no factor such as 1x or 60x", f.speed)
	}
	if f.rate == "max" {
		return p, nil
	}
	p.rate, err = strconv.ParseFloat(strings.TrimSuffix(f.rate, "/s"), 64)
	if err != nil || !(p.rate > 0) {
		return p, usage("--rate %q is no rate such as 20000/s, nor max", f.rate)
	}
	return p, nil
}

func (f *generateFlags) types() (map[generate.Type]bool, error) {
	if len(f.only) == 0 {
		return nil, nil
	}
	only := make(map[generate.Type]bool)
	for _, name := range f.only {
		t, ok := generate.TypeOf(name)
		if !ok {
			return nil, usage("--only names the type %q; there are %s", name, strings.Join(generate.TypeNames(), ", "))
		}
		only[t] = true
	}
	return only, nil
}

func (s *shell) runGenerate(c *cobra.Command, f *generateFlags) (err error) {
	cfg, err := f.config(c, s.clock.Now())
	if err != nil {
		return err
	}
	p, err := f.pace()
	if err != nil {
		return err
	}
	live := strings.Contains(f.to, "://")
	switch {
	case p.rate > 0 && live:
		cfg.Rate = p.rate / p.speed
	case p.rate > 0:
		cfg.Rate, p.rate = p.rate, 0
	}
	if !live && f.to != "-" && f.events == 0 && f.duration == 0 {
		return usage("a file needs an end; give --events or --duration")
	}
	g := &generation{s: s, pace: p, events: f.events, live: live}
	if g.only, err = f.types(); err != nil {
		return err
	}
	if g.shop, err = generate.New(cfg); err != nil {
		return usage("%s", strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	g.opened = cfg.Start.UnixMicro()
	if f.duration > 0 {
		g.end = g.opened + f.duration.Microseconds()
	}
	if g.to, err = s.destination(f); err != nil {
		return err
	}
	err = s.labelled(f.labels, g, func() error { return g.run(c.Context()) })
	if closed := g.to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return s.printGeneration(f, g)
}

// labelled runs with the file for labels open.
func (s *shell) labelled(path string, g *generation, run func() error) error {
	switch path {
	case "":
		g.labels = io.Discard
		return run()
	case "-":
		g.labels = s.Stdout
		return run()
	}
	file, err := create(path)
	if err != nil {
		return err
	}
	g.labels = file
	return errors.Join(run(), file.Close())
}

// generated is what millrace generate prints.
type generated struct {
	*generate.Summary
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	// Ledger is what the receiver's books must say of these deliveries.
	Ledger          generate.Ledger `json:"ledger"`
	Resent          int64           `json:"resent"` // payloads that were sent again after the platform had refused them
	ElapsedSeconds  float64         `json:"elapsed_seconds"`
	EventsPerSecond float64         `json:"events_per_second"`
}

func (s *shell) printGeneration(f *generateFlags, g *generation) error {
	sum := g.tally.Summary()
	took := g.took.Seconds()
	r := generated{
		Summary: sum, Scenario: f.scenario, Seed: f.seed, Ledger: sum.Ledger(g.to.Splits()), Resent: g.to.Resent(),
		ElapsedSeconds: took, EventsPerSecond: float64(sum.Delivered) / max(took, 1e-9),
	}
	out := *s
	if f.to == "-" || f.labels == "-" {
		out.Stdout = s.Stderr // standard output has the events
	}
	if s.json {
		return out.print(&r)
	}
	_, err := io.WriteString(out.Stdout, r.text())
	return err
}

func (r *generated) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Delivered    %12s   %s in %.1f s, %s/s\n", count(r.Delivered), bytesOf(r.Bytes), r.ElapsedSeconds, count(int64(r.EventsPerSecond)))
	fmt.Fprintf(&b, "Good         %12s   %s late, %s with a wrong clock\n", count(r.Events), count(r.Late), count(r.Skewed))
	fmt.Fprintf(&b, "Duplicates   %12s\n", count(r.Duplicates))
	fmt.Fprintf(&b, "Broken       %12s\n", count(r.Ledger.Quarantined+r.Ledger.Rejected))
	fmt.Fprintf(&b, "Orders       %12s\n", count(r.Orders))
	var kinds []string
	for kind := range r.Labels {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		fmt.Fprintf(&b, "  %-24s %s\n", kind, count(r.Labels[kind]))
	}
	return b.String()
}
