package metric

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a platform that consists of a store and metrics.
type script struct {
	*warehousetest.World
	service *Service
}

func newScript(t testing.TB) *script {
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &script{World: warehousetest.New(t, store)}
	s.service, err = Open(Config{Store: store, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// command runs one command: events, metrics, query or sql.
func (s *script) command(d *datadriven.TestData) string {
	switch d.Cmd {
	case "events":
		partition := int32(0)
		d.MaybeScanArgs(s.T, "partition", &partition)
		s.Write(s.Batch(partition, d.Input))
		return ""
	case "metrics":
		c, err := Load(append(Defaults(), File{Name: "shop.yaml", Text: []byte(d.Input)}), Datasets())
		if err != nil {
			return err.Error() + "\n"
		}
		s.service.catalog.Store(c)
		return ""
	case "query", "sql":
		q, err := parseQuery(d)
		if err != nil {
			return err.Error() + "\n"
		}
		a, err := s.service.Query(s.T.Context(), q)
		switch {
		case err != nil:
			return "error: " + err.Error() + "\n"
		case d.Cmd == "sql":
			return a.Statement + "\n"
		}
		return tabulate(a, q.Dimensions)
	}
	s.T.Fatalf("unknown command %q", d.Cmd)
	return ""
}

// parseQuery reads the arguments of a query: metrics, by, grain, from, to, compare, as_of=p:o,
// currency, order, limit; filters stand in the input, one a line: dimension operator values.
func parseQuery(d *datadriven.TestData) (Query, error) {
	q := Query{}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "by":
			q.Dimensions = a.Vals
		case "grain":
			q.Grain = a.Vals[0]
		case "from", "to":
			at, err := time.Parse(time.DateOnly, a.Vals[0])
			if err != nil {
				return q, err
			}
			if a.Key == "from" {
				q.From = at
			} else {
				q.To = at
			}
		case "compare":
			q.Compare = a.Vals[0]
		case "currency":
			q.Currency = a.Vals[0]
		case "limit":
			if _, err := fmt.Sscan(a.Vals[0], &q.Limit); err != nil {
				return q, err
			}
		case "order":
			for _, by := range a.Vals {
				name, down := strings.CutSuffix(by, ".desc")
				q.Order = append(q.Order, Order{name, down})
			}
		case "as_of":
			q.AsOf = make(map[int32]int64)
			for _, v := range a.Vals {
				var p int32
				var o int64
				if _, err := fmt.Sscanf(v, "%d:%d", &p, &o); err != nil {
					return q, err
				}
				q.AsOf[p] = o
			}
		default:
			q.Metrics = append(q.Metrics, a.Key)
		}
	}
	for line := range strings.Lines(d.Input) {
		words := strings.Fields(line)
		q.Filters = append(q.Filters, Filter{words[0], words[1], words[2:]})
	}
	return q, nil
}

// tabulate writes an answer: a line of names, then one per row.
func tabulate(a *Answer, dimensions []string) string {
	var b strings.Builder
	head := slices.Clone(dimensions)
	if len(a.Rows) > 0 && !a.Rows[0].Time.IsZero() {
		head = append([]string{"time"}, head...)
	}
	for _, m := range a.Metrics {
		head = append(head, m.Name)
		if len(a.Rows) > 0 && a.Rows[0].Previous != nil {
			head = append(head, "previous", "change")
		}
	}
	b.WriteString(strings.Join(head, " | ") + "\n")
	show := func(s *string) string {
		if s == nil {
			return "∅"
		}
		return *s
	}
	for _, r := range a.Rows {
		var cells []string
		if !r.Time.IsZero() {
			cells = append(cells, strings.TrimSuffix(r.Time.Format("2006-01-02T15:04"), "T00:00"))
		}
		for _, v := range r.Dimensions {
			cells = append(cells, show(v))
		}
		for i, v := range r.Values {
			cells = append(cells, show(v))
			if r.Previous != nil {
				cells = append(cells, show(r.Previous[i]), show(r.Changes[i]))
			}
		}
		b.WriteString(strings.Join(cells, " | ") + "\n")
	}
	if a.Truncated {
		b.WriteString("…\n")
	}
	return b.String()
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		s := newScript(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.T = t
			return s.command(d)
		})
	})
}
