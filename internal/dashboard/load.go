package dashboard

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/yamldoc"
)

var form = yamldoc.Form{Name: "dashboard", Begins: "version: 1", MaxBytes: maxBoardBytes, Split: "split it into several"}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// taken are ids that mean something else in addresses.
var taken = []string{"new"}

// Parse reads a board and checks it against a catalogue. Without one it checks all but
// what metrics and dimensions there are. The error joins everything that is wrong, each
// with its file, line and column.
func Parse(text []byte, file string, catalog *metric.Catalog) (*Board, error) {
	var b Board
	s := yamldoc.Read(text, file, form, &b)
	if !s.Failed() {
		c := &checker{source: s, board: &b, catalog: catalog, ids: make(map[string]bool)}
		c.check()
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return &b, nil
}

// checker checks a board that was read.
type checker struct {
	source  *yamldoc.Source
	board   *Board
	catalog *metric.Catalog // nil: none
	ids     map[string]bool
}

func (c *checker) fail(path, format string, args ...any) { c.source.Fail(path, format, args...) }

func (c *checker) check() {
	b := c.board
	if !idForm.MatchString(b.ID) || slices.Contains(taken, b.ID) {
		c.fail("id", "cannot take %q as an id; want lower-case letters, digits, _ and -, a letter first, at most 64, and not %s", yamldoc.Clip(b.ID), strings.Join(taken, " or "))
	}
	if b.Title == "" || len(b.Title) > maxTitleBytes || len(b.Description) > maxTextBytes {
		c.fail("title", "the title has 1 to %d bytes, the description at most %d", maxTitleBytes, maxTextBytes)
	}
	charts := b.Charts()
	switch {
	case len(b.Rows) == 0 || len(b.Rows) > maxRows:
		c.fail("rows", "a dashboard has 1 to %d rows, not %d", maxRows, len(b.Rows))
		return
	case len(charts) > maxCharts:
		c.fail("rows", "a dashboard has at most %d charts, not %d", maxCharts, len(charts))
		return
	case len(b.Filters) > maxFilters:
		c.fail("filters", "a dashboard has at most %d filters, not %d", maxFilters, len(b.Filters))
		return
	}
	for i := range b.Rows {
		c.row(fmt.Sprintf("rows[%d]", i), &b.Rows[i])
	}
	c.filters()
}

func (c *checker) row(path string, r *BoardRow) {
	if len(r.Charts) == 0 {
		c.fail(path, "a row without charts")
	}
	if len(r.Title) > maxTitleBytes {
		c.fail(path+".title", "the title has at most %d bytes", maxTitleBytes)
	}
	for i := range r.Charts {
		c.chart(fmt.Sprintf("%s.charts[%d]", path, i), &r.Charts[i])
	}
}

func (c *checker) chart(path string, b *BoardChart) {
	switch {
	case !idForm.MatchString(b.ID):
		c.fail(path+".id", "cannot take %q as an id; want lower-case letters, digits, _ and -, a letter first, at most 64", yamldoc.Clip(b.ID))
		return
	case c.ids[b.ID]:
		c.fail(path+".id", "two charts have the id %q", b.ID)
		return
	}
	c.ids[b.ID] = true
	if !c.bounds(path, b) || !c.shape(path, b) || b.Kind == KindText || c.catalog == nil {
		return
	}
	c.ask(path, b)
}

func (c *checker) bounds(path string, b *BoardChart) bool {
	most := maxLimit
	if b.series() {
		most = maxSeriesLimit
	}
	switch {
	case b.Width > maxColumns:
		c.fail(path+".width", "chart %s: a row has %d columns; the chart cannot have %d", b.ID, maxColumns, b.Width)
	case b.Limit > most:
		c.fail(path+".limit", "chart %s: the limit is at most %d, not %d", b.ID, most, b.Limit)
	case len(b.Title) > maxTitleBytes:
		c.fail(path+".title", "chart %s: the title has at most %d bytes", b.ID, maxTitleBytes)
	case len(b.Text) > maxTextBytes:
		c.fail(path+".text", "chart %s: the text has at most %d bytes", b.ID, maxTextBytes)
	default:
		return true
	}
	return false
}

// span says how many of something a kind takes.
type span struct{ least, most int }

// shapes says what the kinds ask.
var shapes = map[string]struct {
	metrics, by span
	grain       string // yes, no, or any
}{
	KindNumber:  {span{1, 1}, span{0, 0}, "yes"},
	KindLine:    {span{1, 8}, span{0, 1}, "yes"},
	KindArea:    {span{1, 1}, span{1, 1}, "yes"},
	KindBar:     {span{1, 8}, span{0, 2}, "any"},
	KindTable:   {span{1, 20}, span{0, 5}, "any"},
	KindFunnel:  {span{2, 10}, span{0, 0}, "no"},
	KindHeatmap: {span{1, 1}, span{1, 2}, "any"},
	KindText:    {span{0, 0}, span{0, 0}, "no"},
}

// shape refuses what a kind does not take.
func (c *checker) shape(path string, b *BoardChart) bool {
	s := shapes[b.Kind]
	count := func(key, what string, n int, of span) bool {
		if n >= of.least && n <= of.most {
			return true
		}
		want := fmt.Sprintf("%d to %d %s", of.least, of.most, what)
		switch {
		case of.most == 0:
			want = "no " + what
		case of.least == 1 && of.most == 1:
			want = "1 " + strings.TrimSuffix(what, "s")
		case of.least == of.most:
			want = fmt.Sprintf("%d %s", of.least, what)
		}
		c.fail(path+"."+key, "chart %s: a chart of kind %s takes %s, not %d", b.ID, b.Kind, want, n)
		return false
	}
	if !count("metrics", "metrics", len(b.Metrics), s.metrics) || !count("by", "dimensions", len(b.By), s.by) {
		return false
	}
	switch {
	case b.Kind == KindText && b.Text == "":
		c.fail(path+".kind", "chart %s: a chart of kind text needs a text", b.ID)
	case b.Kind != KindText && b.Text != "":
		c.fail(path+".text", "chart %s: only a chart of kind text has a text", b.ID)
	case s.grain == "no" && b.Grain != "":
		c.fail(path+".grain", "chart %s: a chart of kind %s has no grain", b.ID, b.Kind)
	case b.Kind == KindBar && len(b.By) == 0 && b.Grain == "":
		c.fail(path+".kind", "chart %s: bars need dimensions (by) or a grain", b.ID)
	case b.Kind == KindHeatmap && (len(b.By) == 2) == (b.Grain != ""):
		c.fail(path+".by", "chart %s: a heatmap has two dimensions, or one and a grain", b.ID)
	case b.series() && len(b.By) > 1:
		c.fail(path+".by", "chart %s: over time there is at most one dimension", b.ID)
	case b.series() && b.Order != "":
		c.fail(path+".order", "chart %s: series over time come by the size of their first metric", b.ID)
	default:
		return true
	}
	return false
}

// checkedTo is a time that queries are checked with; any would do.
var checkedTo = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// ask checks what a chart asks against the catalogue.
func (c *checker) ask(path string, b *BoardChart) {
	w := Window{From: checkedTo.AddDate(0, 0, -1), To: checkedTo}
	q, err := b.query(c.catalog, &w)
	if err == nil {
		if err = c.catalog.Check(q.main); err == nil && q.series != nil {
			err = c.catalog.Check(*q.series)
		}
	}
	if err != nil {
		at, message := placed(err)
		c.fail(path+at, "chart %s: %s", b.ID, message)
	}
}

var indexed = regexp.MustCompile(`^(metrics|dimensions|filters|order)(\[[0-9]+\])?(.*)$`)

// placed says where in a chart an error of its query is.
func placed(err error) (at, message string) {
	var wrong *metric.QueryError
	if !errors.As(err, &wrong) {
		return "", err.Error()
	}
	message = strings.TrimSuffix(wrong.Message, ".")
	m := indexed.FindStringSubmatch(wrong.Where)
	switch {
	case m == nil:
		return "." + wrong.Where, message
	case m[1] == "dimensions":
		return ".by" + m[2], message
	case m[1] == "order":
		return ".order", message
	}
	return "." + wrong.Where, message
}

// filters refuses filters that no chart has.
func (c *checker) filters() {
	if c.catalog == nil || c.source.Failed() {
		return
	}
	var known []string
	for _, chart := range c.board.Charts() {
		for _, d := range chart.Dimensions(c.catalog) {
			if !slices.Contains(known, d) {
				known = append(known, d)
			}
		}
	}
	slices.Sort(known)
	for i, f := range c.board.Filters {
		at := fmt.Sprintf("filters[%d]", i)
		switch {
		case slices.Contains(c.board.Filters[:i], f):
			c.fail(at, "the filter %s stands twice", f)
		case !slices.Contains(known, f):
			c.fail(at, "no chart has the dimension %q; %s", yamldoc.Clip(f), spell.Suggest(f, known))
		}
	}
}

// Dimensions are those that all metrics of a chart have.
func (b *BoardChart) Dimensions(catalog *metric.Catalog) []string {
	var shared []string
	for i, name := range b.Metrics {
		m := catalog.Of(name)
		if m == nil {
			return nil
		}
		if i == 0 {
			shared = slices.Clone(m.Dimensions)
			continue
		}
		shared = slices.DeleteFunc(shared, func(d string) bool { return !slices.Contains(m.Dimensions, d) })
	}
	return shared
}
