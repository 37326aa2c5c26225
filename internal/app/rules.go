package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/fx"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/quality"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
)

// ruleFiles are the rules files of the configuration.
type ruleFiles struct {
	shared []quality.File // of all sources
	rates  string         // file of exchange rates; empty for the embedded
}

func readRuleFiles(cfg *config.Config) (ruleFiles, error) {
	r := ruleFiles{rates: cfg.Rates}
	var errs []error
	for _, path := range cfg.Rules {
		text, err := os.ReadFile(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read rules (rules): %w", err))
		}
		r.shared = append(r.shared, quality.File{Name: path, Text: text})
	}
	return r, errors.Join(errs...)
}

// own returns the source's own file, or that of its adapter; false when it has none.
func (r *ruleFiles) own(s config.Source) (quality.File, bool, error) {
	switch {
	case s.Rules != "":
		text, err := os.ReadFile(s.Rules)
		if err != nil {
			err = fmt.Errorf("cannot read its rules: %w", err)
		}
		return quality.File{Name: s.Rules, Text: text}, true, err
	case s.Adapter == onlineretail.Name:
		return quality.File{Name: "examples/onlineretail/rules.yaml", Text: onlineretail.Rules()}, true, nil
	}
	return quality.File{}, false, nil
}

// load compiles the rules of a source; nil when it has none.
func (r *ruleFiles) load(s config.Source) (*quality.RuleSet, error) {
	own, has, err := r.own(s)
	if err != nil {
		return nil, err
	}
	files := r.shared
	if has {
		files = append([]quality.File{own}, r.shared...)
	}
	if len(files) == 0 {
		return nil, nil
	}
	rules, err := quality.Compile(files, quality.Options{Rates: r.exchangeRates})
	if err != nil {
		return nil, err
	}
	for _, t := range rules.Tables() {
		if t.File != "" {
			if err := fillFromFile(t); err != nil {
				return nil, err
			}
		}
	}
	return rules, nil
}

func (r *ruleFiles) exchangeRates() (*fx.Rates, error) {
	if r.rates == "" {
		return fx.ECB()
	}
	data, err := os.ReadFile(r.rates)
	if err != nil {
		return nil, fmt.Errorf("cannot read exchange rates (exchange_rates): %w", err)
	}
	return fx.Load(data)
}

// item is the rules of a source, for the audit trail.
func (r *ruleFiles) item(s config.Source, version string) audit.Item {
	own, _, _ := r.own(s) // it was read a moment ago
	text := string(own.Text)
	for _, f := range r.shared {
		text += "# " + f.Name + "\n" + string(f.Text)
	}
	return audit.Item{Kind: audit.Rules, Name: s.Name, Version: version, Content: text, File: own.Name, BuiltIn: s.Rules == ""}
}

func fillFromFile(t *quality.Table) error {
	f, err := os.Open(t.File)
	if err != nil {
		return fmt.Errorf("cannot read table %q: %w", t.Name, err)
	}
	return errors.Join(t.Fill(t.ReadCSV(f)), f.Close())
}

// tableTimeout bounds the read of a table from the analytics store.
const tableTimeout = time.Minute

// fillFromStore reads a table of the analytics store.
func (p *platform) fillFromStore(ctx context.Context, t *quality.Table) error {
	return p.readFromStore(ctx, t, t.Fill)
}

// readFromStore gives the rows of a table of the analytics store to fill.
func (p *platform) readFromStore(ctx context.Context, t *quality.Table, fill func(iter.Seq2[[]string, error]) error) error {
	columns := []string{fmt.Sprintf("CAST(%q AS VARCHAR)", t.Key)}
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("CAST(%q AS VARCHAR)", c))
	}
	r, err := p.olap.Query(ctx, olap.Query{
		SQL:    fmt.Sprintf("SELECT %s FROM %q", strings.Join(columns, ", "), t.From),
		Limits: olap.Limits{Rows: quality.MaxTableRows + 1, Bytes: 1 << 30, Timeout: tableTimeout},
	})
	if err != nil {
		return fmt.Errorf("cannot read table %q from %s: %w", t.Name, t.From, err)
	}
	return errors.Join(fill(rowsOf(r)), r.Close())
}

func rowsOf(r *olap.Result) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		row := make([]string, len(r.Columns))
		for {
			chunk, err := r.Next()
			if err == nil && len(chunk) == 0 && r.Truncated() {
				err = errors.New("it is larger than 1 GiB or has too many rows")
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if len(chunk) == 0 {
				return
			}
			for _, values := range chunk {
				for i, v := range values {
					row[i], _ = v.(string) // NULL is missing
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func (p *platform) fillTable(ctx context.Context, t *quality.Table) error {
	if t.File != "" {
		return fillFromFile(t)
	}
	return p.fillFromStore(ctx, t)
}

// refreshTables reads the tables of all rules again and again, until the context ends.
// A table that cannot be read stays what it is.
func (p *platform) refreshTables(ctx context.Context) {
	var tables []*quality.Table
	for _, s := range p.catalog.sources {
		if s.rules != nil {
			tables = append(tables, s.rules.Tables()...)
		}
	}
	if len(tables) == 0 {
		return
	}
	due := make([]time.Time, len(tables))
	for {
		next := p.clock.Now().Add(time.Hour)
		for i, t := range tables {
			if now := p.clock.Now(); !due[i].After(now) {
				due[i] = now.Add(t.Refresh)
				if err := p.fillTable(ctx, t); err != nil && ctx.Err() == nil {
					p.log.Error("a table of rules cannot be read; it stays what it is", "table", t.Name, "error", err)
				}
			}
			if due[i].Before(next) {
				next = due[i]
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-p.clock.After(next.Sub(p.clock.Now())):
		}
	}
}
