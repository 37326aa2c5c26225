//go:build sources

package analysis_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/analysis"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// oracle is what testdata/oracle.py computed: tables, and figures by analysis. Values that are strings
// must be equal, numbers nearly so.
type oracle struct {
	Tables map[string]struct {
		Keys    int // columns from the left that name a row
		Columns []string
		Rows    [][]any
	}
	Figures map[string]map[string]any
}

// ask runs the oracle over a file that has nothing of the platform's.
func ask(t *testing.T, what, name string, text []byte) *oracle {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	python := servicetest.Python(t, "lifetimes-0.11.3", "lifetimes==0.11.3", "autograd==1.8.0", "dill==0.4.0", "numpy==2.3.5", "scipy==1.16.3", "pandas==2.3.3", "pytz==2025.2", "tzdata==2025.2", "python-dateutil==2.9.0.post0", "six==1.17.0")
	command := exec.CommandContext(t.Context(), python, "testdata/oracle.py", what, file)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("oracle.py %s: %v", what, err)
	}
	var o oracle
	if err := json.Unmarshal(out, &o); err != nil {
		t.Fatal(err)
	}
	return &o
}

// tolerance is how far a value may be from the oracle's; either way is enough.
type tolerance struct{ relative, absolute float64 }

// exact is for a few operations on floating-point numbers, in any order.
var exact = tolerance{relative: 1e-12}

// tolerances are those of values that are more than that.
var tolerances = map[string]tolerance{
	// Two searches end at two points of a maximum that is flat where a and b grow together: only
	// a/(a+b), the chance to leave, is well known.
	"bgnbd_r": {relative: 1e-6}, "bgnbd_alpha": {relative: 1e-6}, "bgnbd_a": {relative: 1e-4}, "bgnbd_b": {relative: 1e-4},
	"gamma_gamma_p": {relative: 1e-6}, "gamma_gamma_q": {relative: 1e-6}, "gamma_gamma_v": {relative: 1e-6},
	"bgnbd_log_likelihood": {relative: 1e-9},
	// What follows from them hardly depends on where along it: two millionths at most, for those who long ago
	// came often. Money has six decimals.
	"p_alive": {relative: 1e-5}, "expected_purchases": {relative: 1e-5},
	"expected_amount": {relative: 1e-5}, "lifetime_value": {relative: 1e-5, absolute: 1e-6},
	// A matrix is inverted once, here, and solved without each channel, there.
	"removal_effect": {relative: 1e-9},
	// A remainder that is nearly a tie may go to another touch: a millionth at a time.
	"orders": {absolute: 1e-5}, "revenue": {absolute: 1e-5},
}

// near fails unless a value is the oracle's. It is equal where the oracle gives a string.
func near(t *testing.T, where, column string, got, want any) {
	t.Helper()
	text := fmt.Sprint(got)
	number, isNumber := want.(float64)
	if !isNumber {
		if text != want {
			t.Errorf("%s: %s is %s, the oracle has %v", where, column, text, want)
		}
		return
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("%s: %s: %v", where, column, err)
	}
	within, ok := tolerances[column]
	if !ok {
		within = exact
	}
	if off := math.Abs(value - number); !(off <= within.absolute || off <= within.relative*math.Abs(number)) {
		t.Errorf("%s: %s is %v, the oracle has %v", where, column, value, number)
	}
}

// wantFigures compares all figures of a run.
func (o *oracle) wantFigures(t *testing.T, r *analysis.Run) {
	t.Helper()
	want := o.Figures[r.Analysis]
	for name, value := range want {
		near(t, "figures of "+r.Analysis, name, r.Figures[name], value)
	}
	for name := range r.Figures {
		if _, known := want[name]; !known {
			t.Errorf("the oracle has no %s of %s", name, r.Analysis)
		}
	}
}

// wantTable compares all rows and columns of a table.
func (o *oracle) wantTable(t *testing.T, store olap.Store, name string) {
	t.Helper()
	want, known := o.Tables[name]
	if !known {
		t.Fatalf("the oracle has no table %s", name)
	}
	result, err := store.Query(t.Context(), olap.Query{SQL: "FROM " + name, Untrusted: true})
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, c := range result.Columns {
		columns = append(columns, c.Name)
	}
	if !slices.Equal(columns, want.Columns) {
		t.Fatalf("%s has the columns %v, the oracle %v", name, columns, want.Columns)
	}
	rows, err := result.All()
	if err != nil {
		t.Fatal(err)
	}
	key := func(row []any) string { return name + fmt.Sprint(row[:want.Keys]) }
	left := make(map[string][]any, len(want.Rows))
	for _, row := range want.Rows {
		left[key(row)] = row
	}
	if len(left) != len(want.Rows) {
		t.Fatalf("%s: keys of the oracle are not unique", name)
	}
	for _, row := range rows {
		for i, v := range row {
			if at, isTime := v.(time.Time); isTime {
				row[i] = at.UTC().Format(time.DateTime)
			}
		}
		k := key(row)
		expected, known := left[k]
		if !known {
			t.Errorf("%s is unknown to the oracle", k)
			continue
		}
		delete(left, k)
		for i, column := range columns {
			near(t, k, column, row[i], expected[i])
		}
	}
	for k := range left {
		t.Errorf("%s is missing", k)
	}
	t.Logf("%s: %d rows of %d columns", name, len(rows), len(columns))
}

// wantAnalysis runs an analysis and compares all that it gives.
func (o *oracle) wantAnalysis(t *testing.T, store *duckdb.Store, a *analysis.Service, name string) {
	t.Helper()
	o.wantFigures(t, run(t, a, name))
	for _, one := range analysis.All() {
		if one.Name == name {
			for _, tab := range one.Tables {
				o.wantTable(t, store, tab.Name)
			}
		}
	}
}

// patient gives statements time: other tests of real services run beside this one.
func patient(c *analysis.Config) { c.Timeout = 10 * time.Minute }

// TestAnalysesInPython compares every row of every analysis of Online Retail with what Python computes
// of the published file.
func TestAnalysesInPython(t *testing.T) {
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	text, err := z.DecodeAll(onlineretail.Data(), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := ask(t, "retail", "online_retail.csv", text)
	store := retail(t)
	s := service(t, store, patient)
	for _, a := range analysis.All() {
		t.Run(a.Name, func(t *testing.T) { o.wantAnalysis(t, store, s, a.Name) })
	}
}

// TestAttributionInPython does so for journeys, of which Online Retail has none.
func TestAttributionInPython(t *testing.T) {
	all := newWalk().walk(400)
	var text bytes.Buffer
	for _, s := range all {
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	store := open(t)
	w := warehousetest.New(t, store)
	w.Write(steps(t, w, all))
	o := ask(t, "journeys", "journeys.jsonl", text.Bytes())
	o.wantAnalysis(t, store, service(t, store, patient), analysis.Attribution)
	want(t, store, "SELECT model FROM attribution_credits GROUP BY 1 HAVING (sum(orders), sum(revenue)) <> (SELECT (sum(orders), sum(revenue)) FROM attribution_credits WHERE model = 'first')", "")
}

// step is an event of a journey, with the campaign that enrichment would have derived.
type step struct {
	Type      string      `json:"type"`
	Time      time.Time   `json:"time"`
	Anonymous string      `json:"anonymous_id,omitempty"`
	Customer  string      `json:"customer_id,omitempty"`
	Session   string      `json:"session_id,omitempty"`
	Order     string      `json:"order_id,omitempty"`
	Currency  string      `json:"currency,omitempty"`
	Amount    json.Number `json:"amount,omitempty"`
	Items     []line      `json:"items,omitempty"`
	campaign
}

type campaign struct {
	Source string `json:"source,omitempty"`
	Medium string `json:"medium,omitempty"`
	Robot  bool   `json:"robot,omitempty"`
}

type line struct {
	Product  string      `json:"product_id"`
	Kind     string      `json:"kind"`
	Quantity int         `json:"quantity"`
	Price    json.Number `json:"price"`
}

// steps makes a batch of events.
func steps(t *testing.T, w *warehousetest.World, all []step) *event.Batch {
	t.Helper()
	var lines strings.Builder
	for _, s := range all {
		s.campaign = campaign{}
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	b := w.Batch(0, lines.String())
	for i, s := range all {
		b.CampaignSource[i], b.CampaignMedium[i] = s.Source, s.Medium
		if s.Robot {
			b.Bot.Set(i, "Googlebot")
		}
	}
	return b
}

// walk makes up what people do within four months.
type walk struct {
	*rand.Rand
	steps    []step
	sessions int
	orders   int
}

func newWalk() *walk { return &walk{Rand: rand.New(rand.NewPCG(2011, 12))} }

var campaigns = []campaign{
	{Source: "google", Medium: "search"}, {Source: "google", Medium: "paid"}, {Source: "bing", Medium: "search"}, {Source: "news", Medium: "email"},
	{Source: "friend", Medium: "referral"}, {Source: "direct", Medium: "direct"}, {Source: "direct", Medium: "direct"}, {},
}

func (w *walk) chance(percent int) bool { return w.IntN(100) < percent }

// walk returns the events of some people, in the order of time.
func (w *walk) walk(people int) []step {
	for n := range people {
		customer := ""
		if w.chance(60) {
			customer = fmt.Sprintf("c%d", n)
		}
		// Some share a device with others, who may be customers, too.
		devices := []string{fmt.Sprintf("a%d", n), fmt.Sprintf("a%d", n-n%4)}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(w.IntN(60*86400)) * time.Second)
		for range 1 + w.IntN(7) {
			at = w.visit(at, customer, devices[w.IntN(8)/7])
			at = at.Add(time.Duration(w.IntN(24*86400/(1+w.IntN(40)))) * time.Second)
		}
	}
	slices.SortStableFunc(w.steps, func(a, b step) int { return a.Time.Compare(b.Time) })
	return w.steps
}

// visit looks at some pages, and may order; it returns when it ended.
func (w *walk) visit(at time.Time, customer, device string) time.Time {
	page := step{Type: "page", Anonymous: device, campaign: campaigns[w.IntN(len(campaigns))]}
	page.Robot = page.Source != "" && w.chance(5)
	if w.sessions++; w.chance(75) {
		page.Session = fmt.Sprintf("s%d", w.sessions)
	}
	if w.chance(40) {
		page.Customer = customer
	}
	for range 1 + w.IntN(4) {
		page.Time = at
		w.steps = append(w.steps, page)
		if at = at.Add(time.Duration(10+w.IntN(2400)) * time.Second); w.chance(15) {
			page.campaign = campaigns[w.IntN(len(campaigns))]
		}
	}
	if w.chance(30) {
		w.order(at, customer, device)
	}
	return at
}

// order is of one to three products; some of them are returned, under its id or another.
func (w *walk) order(at time.Time, customer, device string) {
	w.orders++
	id := fmt.Sprintf("o%d", w.orders)
	o := step{Type: "order", Time: at, Anonymous: device, Customer: customer, Order: id, Currency: "EUR"}
	switch {
	case customer == "":
		o.Customer = "guest:" + id
	case w.chance(20):
		o.Anonymous = "" // by telephone
	}
	w.sell(o, "sale", 1+w.IntN(3))
	if w.chance(15) {
		o.Time, o.Anonymous = at.Add(time.Duration(1+w.IntN(100))*time.Hour), ""
		if w.chance(30) {
			o.Order = "return of " + id
		}
		w.sell(o, "cancellation", 1)
	}
}

func (w *walk) sell(o step, kind string, products int) {
	cents := 0
	for p := range products {
		quantity, price := 1+w.IntN(3), 1+w.IntN(9999)
		if kind == "cancellation" {
			quantity = -quantity
		}
		cents += quantity * price
		o.Items = append(o.Items, line{Product: fmt.Sprintf("p%d", p), Kind: kind, Quantity: quantity, Price: decimal(price)})
	}
	o.Amount = decimal(cents)
	w.steps = append(w.steps, o)
}

func decimal(cents int) json.Number {
	return json.Number(event.Micros(cents * event.MicrosPerUnit / 100).String())
}
