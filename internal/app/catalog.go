package app

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/cloudevents"
	"github.com/millrace/millrace/adapter/csv"
	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/adapter/edifact"
	"github.com/millrace/millrace/adapter/ga4"
	"github.com/millrace/millrace/adapter/mapped"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/adapter/segment"
	"github.com/millrace/millrace/adapter/snowplow"
	"github.com/millrace/millrace/adapter/x12"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/quality"
	"github.com/millrace/millrace/internal/quality/check"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/schema/contract"
	"github.com/millrace/millrace/internal/source/control"
)

// catalog is what events are read and judged with.
type catalog struct {
	adapters map[string]adapter.Adapter
	sources  []source
	enrich   *enriching
	jobFiles *jobFiles
	repairs  []quarantine.Repair // that are tried by themselves

	rules     ruleFiles
	contracts *contract.Set
	trial     *contract.Set // the same, for judging without any effect on what is counted
	checks    []check.File
	declared  []audit.Item // of mappings and rules, as they were read
}

// source is a configured source with its parts.
type source struct {
	config.Source
	adapter adapter.Adapter
	rules   *quality.RuleSet // nil when it has none
	trial   *quality.RuleSet // the same, with counters that nobody reads
}

// loadCatalog reads mappings and rules. Every error is reported, not only the
// first.
func loadCatalog(cfg *config.Config, own Own) (*catalog, error) {
	c := &catalog{adapters: make(map[string]adapter.Adapter)}
	builtin, err := onlineretail.Adapter()
	if err != nil {
		return nil, err
	}
	senders, err := mapped.Builtin()
	if err != nil {
		return nil, err
	}
	for _, a := range senders {
		c.adapters[a.Name()] = a
	}
	for _, a := range []adapter.Adapter{segment.New(), native.New(), ga4.New(), snowplow.New(), cloudevents.New(), debezium.New(), x12.New(), edifact.New(), builtin} {
		c.adapters[a.Name()] = a
	}
	errs := []error{c.addOwn(own.Adapters)}
	c.declareAdapters()
	c.jobFiles, err = loadJobFiles(cfg, jobsOf(cfg, own))
	errs = append(errs, err)
	if c.contracts, err = contract.Load(cfg.Contracts); err == nil {
		c.trial, err = contract.Load(cfg.Contracts)
	}
	errs = append(errs, err)
	errs = append(errs, c.readChecks(cfg))
	for _, path := range cfg.Mappings {
		errs = append(errs, c.addMapping(path))
	}
	c.rules, err = readRuleFiles(cfg)
	errs = append(errs, err)
	c.enrich, err = newEnriching(cfg, c.rules)
	errs = append(errs, err)
	for _, s := range withBuiltin(cfg.Sources) {
		errs = append(errs, c.addSource(s))
	}
	errs = append(errs, c.loadRepairs(cfg))
	if c.jobFiles != nil {
		errs = append(errs, c.checkOutputs(cfg.Sinks))
	}
	return c, errors.Join(errs...)
}

func (c *catalog) addMapping(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read a mapping (mappings): %w", err)
	}
	a, err := loadMapping(text, path)
	if err != nil {
		return err
	}
	if _, taken := c.adapters[a.Name()]; taken {
		return fmt.Errorf("%s: there is an adapter %q already; give the mapping another name", path, a.Name())
	}
	c.adapters[a.Name()] = a
	c.declare(audit.Item{Kind: audit.Mapping, Name: a.Name(), Version: a.Version(), Content: string(text), File: path})
	return nil
}

// loadMapping makes an adapter of a mapping file: of documents where it names
// their format, of CSV where it does not.
func loadMapping(text []byte, path string) (adapter.Adapter, error) {
	var head struct {
		Format string `yaml:"format"`
	}
	if err := yaml.Unmarshal(text, &head); err == nil && head.Format != "" {
		return mapped.Load(text, path)
	}
	return csv.Load(text, path) // which also says what is wrong with a file that is no YAML
}

// withBuiltin adds the source of the example shop, so that its file can be
// ingested without any configuration.
func withBuiltin(sources []config.Source) []config.Source {
	for _, s := range sources {
		if s.Name == onlineretail.Name {
			return sources
		}
	}
	return append(slices.Clone(sources), config.Source{Name: onlineretail.Name, Adapter: onlineretail.Name})
}

func (c *catalog) addSource(s config.Source) error {
	a, ok := c.adapters[s.Adapter]
	if !ok {
		return fmt.Errorf("source %q: there is no adapter %q; there are %s", s.Name, s.Adapter, strings.Join(c.names(), ", "))
	}
	rules, err := c.rules.load(s)
	if err != nil {
		return fmt.Errorf("source %q: %w", s.Name, err)
	}
	of := source{Source: s, adapter: a, rules: rules}
	if rules != nil {
		c.declare(c.rules.item(s, rules.Version()))
		of.trial = rules.Uncounted()
	}
	c.sources = append(c.sources, of)
	return nil
}

// names returns the adapters' names in order.
func (c *catalog) names() []string { return slices.Sorted(maps.Keys(c.adapters)) }

// source returns a source by name.
func (c *catalog) source(name string) (source, bool) {
	for _, s := range c.sources {
		if s.Name == name {
			return s, true
		}
	}
	return source{}, false
}

// passSources is the catalogue as the pass wants it.
func (c *catalog) passSources(controls *control.Registry) []pass.Source {
	out := make([]pass.Source, 0, len(c.sources))
	for _, s := range c.sources {
		p := pass.Source{Name: s.Name, Lateness: s.AllowedLateness}
		if s.rules != nil {
			p.Rules = func() pass.Rules { return s.rules.Task() }
			p.RulesVersion = s.rules.Version()
		}
		controlled := controls.Source(s.Name)
		p.Contracts = func() pass.Rules { return newGate(c.contracts, controlled) }
		if controlled.Settings().Schema == control.Quarantine {
			p.ContractsVersion = c.contracts.Version()
		}
		out = append(out, p)
	}
	return out
}
