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
	"github.com/millrace/millrace/internal/enrich"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/quality"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/schema/contract"
	"github.com/millrace/millrace/internal/source/control"
)

// catalog is what events are read and judged with.
type catalog struct {
	adapters map[string]adapter.Adapter
	sources  []source
	enrich   *enrich.Chain
	jobFiles *jobFiles

	contracts *contract.Set
}

// source is a configured source with its parts.
type source struct {
	config.Source
	adapter adapter.Adapter
	rules   *quality.RuleSet // nil when it has none
}

// loadCatalog reads mappings and rules. Every error is reported, not only the
// first.
func loadCatalog(cfg *config.Config, own Own) (*catalog, error) {
	c := &catalog{adapters: make(map[string]adapter.Adapter), enrich: enrich.Standard("")}
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
	c.jobFiles, err = loadJobFiles(cfg, jobsOf(cfg, own))
	errs = append(errs, err)
	c.contracts, err = contract.Load(cfg.Contracts)
	errs = append(errs, err)
	for _, path := range cfg.Mappings {
		errs = append(errs, c.addMapping(path))
	}
	for _, s := range withBuiltin(cfg.Sources) {
		errs = append(errs, c.addSource(s))
	}
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
	rules, err := loadRules(s)
	if err != nil {
		return fmt.Errorf("source %q: %w", s.Name, err)
	}
	c.sources = append(c.sources, source{Source: s, adapter: a, rules: rules})
	return nil
}

func loadRules(s config.Source) (*quality.RuleSet, error) {
	if s.Rules == "" {
		if s.Adapter != onlineretail.Name {
			return nil, nil
		}
		return quality.Load(onlineretail.Rules(), "examples/onlineretail/rules.yaml")
	}
	text, err := os.ReadFile(s.Rules)
	if err != nil {
		return nil, fmt.Errorf("cannot read its rules: %w", err)
	}
	return quality.Load(text, s.Rules)
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
			p.Rules = func() pass.Rules { return s.rules }
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
