package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/millrace/millrace/internal/runtime/config"
)

// runFlags are shared by the commands that run the platform. A flag overrides
// the file and the environment.
type runFlags struct {
	config      string
	dataDir     string
	listen      string
	kafkaListen string
	pgListen    string
	partitions  int
	workers     int
	targets     []string
}

func (f *runFlags) declare(flags *pflag.FlagSet, dataDir string) {
	flags.StringVar(&f.config, "config", "", "configuration `file` (MILLRACE_CONFIG)")
	flags.StringVar(&f.dataDir, "data-dir", "", "`folder` for everything that is stored (default "+dataDir+")")
	flags.StringVar(&f.listen, "listen", "", "`address` for HTTP (http.listen)")
	flags.StringVar(&f.kafkaListen, "kafka-listen", "", "`address` for Kafka clients (log.listen); empty: none")
	flags.StringVar(&f.pgListen, "pg-listen", "", "`address` for clients of PostgreSQL (pgwire.listen); empty: none")
	flags.IntVar(&f.partitions, "partitions", 0, "partitions of the log when it is created (log.partitions)")
	flags.IntVar(&f.workers, "workers", 0, "partitions processed at the same time (pass.workers)")
}

// load reads the configuration and lays the flags that were given over it.
func (s *shell) load(c *cobra.Command, f *runFlags) (*config.Config, error) {
	cfg, err := s.loadFile(f.config)
	if err != nil {
		return nil, err
	}
	given := c.Flags().Changed
	if given("data-dir") {
		cfg.DataDir = f.dataDir
	}
	if given("listen") {
		cfg.HTTP.Listen = f.listen
	}
	if given("kafka-listen") {
		cfg.Log.Listen = f.kafkaListen
	}
	if given("pg-listen") {
		cfg.PGWire.Listen = f.pgListen
	}
	if given("partitions") {
		cfg.Log.Partitions = f.partitions
	}
	if given("workers") {
		cfg.Pass.Workers = f.workers
	}
	if given("target") {
		cfg.Targets = f.targets
	}
	if err := cfg.Validate(); err != nil {
		return nil, usage("%v", err)
	}
	if s.Platform.Check != nil {
		if err := s.Platform.Check(cfg); err != nil {
			return nil, misconfigured(err)
		}
	}
	return cfg, nil
}

func (s *shell) loadFile(path string) (*config.Config, error) {
	if path == "" {
		path = s.env["MILLRACE_CONFIG"]
	}
	cfg, err := config.Load(path, s.Env)
	if err != nil {
		return nil, misconfigured(err)
	}
	return cfg, nil
}

// misconfigured tells what is wrong with a configuration; to give it so is wrong
// usage.
func misconfigured(err error) error {
	return &failure{
		code: ExitUsage, what: strings.ReplaceAll(err.Error(), "\n", "\n  "),
		hint: "Every setting is described by 'millrace config reference'; 'millrace config check' tries a file.",
	}
}

func (s *shell) up() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "up",
		Short: "Run the platform",
		Long: `Run the platform until it is interrupted: log, doors, pass, API and console, or some of them.
Interrupt once to stop in order, twice to stop at once; nothing acknowledged is lost either way.`,
		Example: `  millrace up
  millrace up --config millrace.yaml
  millrace up --target=doors,log --data-dir /var/lib/millrace`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := s.load(c, &f)
			if err != nil {
				return err
			}
			return s.stopped(c.Context(), s.Platform.Run(c.Context(), cfg, s.runOptions(cfg)))
		},
	}
	f.declare(c.Flags(), "./millrace-data")
	c.Flags().StringSliceVar(&f.targets, "target", nil, "`parts` of the platform to run, separated by commas; 'millrace targets' lists them")
	if s.Platform.Targets != nil { // not where only the reference is made
		var names []string
		for _, t := range s.Platform.Targets() {
			names = append(names, t.Name)
		}
		suggest(c, "target", names...)
	}
	return c
}

// stopped takes the end by an interrupt for the success that it is.
func (s *shell) stopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// runOptions tells where the platform is, once it runs.
func (s *shell) runOptions(cfg *config.Config) RunOptions {
	return RunOptions{
		Version: s.versionInfo().Version,
		Stderr:  s.Stderr,
		Ready: func(url string) {
			kafka := cfg.Log.Listen
			if len(cfg.Log.Brokers) > 0 {
				kafka = strings.Join(cfg.Log.Brokers, ",")
			}
			if s.json {
				_ = s.print(map[string]string{"status": "ready", "url": url, "kafka": kafka, "data_dir": cfg.DataDir})
				return
			}
			var b strings.Builder
			if url != "" {
				fmt.Fprintf(&b, "Console  %s\n", s.style.bold(url))
			}
			if kafka != "" {
				fmt.Fprintf(&b, "Kafka    %s\n", kafka)
			}
			fmt.Fprintf(&b, "Data     %s\n", cfg.DataDir)
			_, _ = fmt.Fprint(s.Stdout, b.String()) // the platform runs, whether it can be said or not
		},
	}
}
