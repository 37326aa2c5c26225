package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/lineage/audit"
)

// pruneTrailEvery is how often the audit trail is freed of what is too old.
const pruneTrailEvery = 24 * time.Hour

// openTrail opens the audit trail, and notes what has changed since the last start.
func (p *platform) openTrail(ctx context.Context) error {
	c := p.cfg.Lineage.Audit
	p.trail = audit.New(audit.Config{Records: p.records, Clock: p.clock, Retention: c.Retention, Entries: c.MaxEntries})
	declared, err := p.declared()
	if err != nil {
		return err
	}
	_, err = p.trail.Observe(ctx, audit.Sight{
		Items: declared, By: "file", Reason: "Found changed at the start of the platform.", Binary: p.version,
		Kinds: []audit.Kind{audit.Setting, audit.Mapping, audit.Rules, audit.Contract, audit.Contracts, audit.Enrichment, audit.Job, audit.Check},
	})
	return err
}

// runTrail removes what is too old, once a day.
func (p *platform) runTrail(ctx context.Context) error {
	for {
		if _, err := p.trail.Prune(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("cannot remove old entries of the audit trail; it is tried again in a day", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.clock.After(pruneTrailEvery):
		}
	}
}

// observeJobs notes changes of job files while the platform runs.
func (p *platform) observeJobs(ctx context.Context) {
	_, err := p.trail.Observe(ctx, audit.Sight{
		Items: p.catalog.jobFiles.declared(), Kinds: []audit.Kind{audit.Job},
		By: "file", Reason: "Changed while the platform ran.", Binary: p.version,
	})
	if err != nil && ctx.Err() == nil {
		p.log.Error("a change of a job file is not in the audit trail; it will be noted at the next change or start", "error", err)
	}
}

// declare notes what was read from a file, or is in the binary.
func (c *catalog) declare(i audit.Item) {
	if !i.BuiltIn {
		i.Modified = modified(i.File)
	}
	c.declared = append(c.declared, i)
}

// modified is when a file was; zero when it cannot be told.
func modified(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// declareAdapters notes the adapters of the binary. Those that are mappings have a text;
// the others are code, which the version of the binary names.
func (c *catalog) declareAdapters() {
	for _, name := range c.names() {
		a := c.adapters[name]
		i := audit.Item{Kind: audit.Mapping, Name: name, Version: a.Version(), BuiltIn: true, Content: fmt.Sprintf("adapter: %s\nversion: %s\n", name, a.Version())}
		if m, ok := a.(interface{ Mapping() string }); ok {
			i.Content = m.Mapping()
		}
		c.declare(i)
	}
}

// declared is everything that events are read and judged with, as it is now.
func (p *platform) declared() ([]audit.Item, error) {
	settings, err := p.cfg.Marshal()
	if err != nil {
		return nil, err
	}
	items := append(slices.Clone(p.catalog.declared), audit.Item{
		Kind: audit.Setting, Name: "millrace", Version: short(string(settings)), Content: string(settings),
	})
	for _, e := range p.catalog.enrich.Steps() {
		items = append(items, audit.Item{
			Kind: audit.Enrichment, Name: e.Name(), Version: e.Version(), BuiltIn: true,
			Content: fmt.Sprintf("enrichment: %s\nversion: %s\nfields: %s\n", e.Name(), e.Version(), strings.Join(e.Fields(), ", ")),
		})
	}
	items = append(items, p.catalog.contractItems()...)
	return append(items, p.catalog.jobFiles.declared()...), nil
}

// short is a digest that tells versions apart where nothing else does.
func short(content string) string { return audit.Digest(content)[:8] }

// indented is a JSON text for people, line by line.
func indented(text string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		panic(fmt.Sprintf("BUG: a schema is no JSON: %v", err))
	}
	return b.String() + "\n"
}

// contractItems are the contracts, and the set of them, by which rows name them.
func (c *catalog) contractItems() []audit.Item {
	var items []audit.Item
	var set strings.Builder
	for _, one := range c.contracts.All() {
		content := string(one.JSONSchema())
		version := fmt.Sprintf("%d-%s", one.Version, short(content))
		i := audit.Item{Kind: audit.Contract, Name: one.Event, Version: version, Content: indented(content), File: one.File, BuiltIn: one.BuiltIn}
		if !one.BuiltIn {
			i.Modified = modified(one.File)
		}
		items = append(items, i)
		fmt.Fprintf(&set, "%s@%s\n", one.Event, version)
	}
	return append(items, audit.Item{Kind: audit.Contracts, Name: "contracts", Version: c.contracts.Version(), Content: set.String(), BuiltIn: true})
}

// declared are the jobs that run.
func (f *jobFiles) declared() []audit.Item {
	var items []audit.Item
	for _, j := range f.fixed {
		items = append(items, audit.Item{
			Kind: audit.Job, Name: j.Name(), Version: fmt.Sprint(j.Version()), BuiltIn: true,
			Content: fmt.Sprintf("job: %s\nversion: %d\ndescription: %s\n", j.Name(), j.Version(), j.Doc()),
		})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for path, file := range f.files {
		if file.job == nil {
			continue
		}
		items = append(items, audit.Item{
			Kind: audit.Job, Name: file.job.Name(), Version: fmt.Sprintf("%d-%s", file.job.Version(), short(string(file.text))),
			Content: string(file.text), File: path, Modified: modified(path),
		})
	}
	return items
}
