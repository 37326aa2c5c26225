package quality

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/event"
)

func load(t testing.TB, text string) *RuleSet {
	t.Helper()
	rs, err := Load([]byte(text), "rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// newSource compiles expressions without a file.
func newSource() *source { return &source{compiler: &compiler{set: &RuleSet{groups: groups{nil}}}} }

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		format       string
		good, broken []string
	}{
		{"email", []string{"ann@example.com", "a.b+c@mail.example.co.uk"}, []string{"ann", "ann@", "@example.com", "ann@example", "a b@example.com", "ann@-x.com", "ann@x..com", "ännchen@example.com"}},
		{"uuid", []string{"0190163d-8694-8000-8000-00000000000F"}, []string{"0190163d86948000800000000000000f", "0190163d-8694-8000-8000-00000000000g", ""}},
		{"url", []string{"https://shop.example/p?id=1"}, []string{"shop.example/p", "javascript:alert(1)", "http://", "http://[::1"}},
		{"date", []string{"2012-02-29"}, []string{"2011-02-29", "2011-2-1", "2011-02-01T00:00:00Z"}},
		{"integer", []string{"0", "-12", "+7", "007"}, []string{"", "-", "1.0", "1e3", "١"}},
		{"decimal", []string{"0", "-12.5", ".5", "1."}, []string{"", "1,5", "1e3", "0.0000001", "99999999999999"}},
		{"gtin", []string{"96385074", "036000291452", "4006381333931", "10012345678902"}, []string{"96385073", "4006381333932", "123", "400638133393x"}},
		{"currency", []string{"GBP", "XYZ"}, []string{"gbp", "GB", "GBPX", "£££"}},
	} {
		test, message := formatOf(c.format)
		if !strings.HasPrefix(message, "must be ") {
			t.Errorf("%s: message %q", c.format, message)
		}
		for _, s := range c.good {
			if !test(s) {
				t.Errorf("%q should be a good %s", s, c.format)
			}
		}
		for _, s := range c.broken {
			if test(s) {
				t.Errorf("%q should be no %s", s, c.format)
			}
		}
	}
}

// TestMoneyIsExact compares amounts that a float64 cannot hold.
func TestMoneyIsExact(t *testing.T) {
	for _, c := range []struct {
		condition, amount string
		want              bool
	}{
		{"amount == 0.1 + amount - amount", "0.1", true},
		{"amount * 3 == 0.3", "0.1", true}, // 0.1*3 is 0.30000000000000004 as a float
		{"amount > 0.1", "0.100001", true},
		{"amount > 0.100001", "0.1", false},
		{"amount > 9000000000000", "9000000000000.000001", true},
		{"amount + amount + amount > 9000000000000", "9000000000000", true}, // stops at the limit
		{"amount - amount - amount - amount < -9000000000000", "9000000000000", true},
		{"amount * 1000000 > amount", "9000000000000", true},
		{"abs(amount) == 2.55", "-2.55", true},
		{"amount in [1.10, 2.20]", "2.2", true},
	} {
		compiled, err := newSource().compileCondition(c.condition)
		if err != nil {
			t.Fatal(err)
		}
		b := &event.Batch{}
		if err := addEvent(b, "amount="+c.amount); err != nil {
			t.Fatal(err)
		}
		if got := compiled.holds(&scope{batch: b}); got != c.want {
			t.Errorf("%s is %v for amount %s", c.condition, got, c.amount)
		}
	}
}

func TestVersionFollowsMeaning(t *testing.T) {
	base := load(t, "version: 1\nrules:\n  - {name: a, field: amount, check: {min: 0}}\n").Version()
	same := load(t, "# a comment\nversion: 1\nrules:\n  - name: a\n    check:\n      min: \"0\"\n    field: amount\n").Version()
	other := load(t, "version: 1\nrules:\n  - {name: a, field: amount, check: {min: 1}}\n").Version()
	if base != same || base == other || len(base) != len("1.01234567") {
		t.Errorf("versions %s, %s (same rules), %s (others)", base, same, other)
	}
}

func TestNoRulesChangeNothing(t *testing.T) {
	rs := load(t, "version: 1\n")
	b := &event.Batch{}
	if err := addEvent(b, "order_id=1 | price=-1"); err != nil {
		t.Fatal(err)
	}
	rs.Apply(b, allRows(b))
	rs.Apply(b, nil)
	if b.Verdict[0] != event.Pending || len(b.Problems)+len(b.Changes) != 0 || len(rs.Rules()) != 0 {
		t.Errorf("an empty rule set left %v, %v, %v", b.Verdict, b.Problems, b.Changes)
	}
}

// TestOnlyGivenRowsAreTouched leaves the rows of other sources alone.
func TestOnlyGivenRowsAreTouched(t *testing.T) {
	rs := load(t, "version: 1\ncorrections:\n  - {name: c, field: customer_id, fill: x}\nrules:\n  - {name: r, field: item.price, check: {min: 0}}\n")
	b := &event.Batch{}
	for range 4 {
		if err := addEvent(b, "| price=-1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := addEvent(b, "| price=1"); err != nil {
		t.Fatal(err)
	}
	rs.Apply(b, []int32{1, 3, 4})
	if got := fmt.Sprint(b.Verdict, len(b.Problems), b.CustomerID); got != `[pending quarantined pending quarantined pending] 2 [    x]` {
		t.Error(got)
	}
}

// TestEarlierChangesStay takes back the corrections of a quarantined event, and
// not what its adapter changed before.
func TestEarlierChangesStay(t *testing.T) {
	rs := load(t, "version: 1\ncorrections:\n  - {name: c, field: customer_id, fill: x}\nrules:\n  - {name: r, field: item.price, check: {min: 0}}\n")
	b := &event.Batch{}
	if err := addEvent(b, "| price=-1"); err != nil {
		t.Fatal(err)
	}
	b.AddChange(0, "adapter", "currency", "gbp", "GBP")
	rs.Apply(b, allRows(b))
	if len(b.Changes) != 1 || b.Changes[0].Rule != "adapter" || !b.Marks[0].Has(event.Corrected) || b.CustomerID[0] != "" {
		t.Errorf("changes %+v, marks %b, customer %q", b.Changes, b.Marks[0], b.CustomerID[0])
	}
}

func TestFileLimits(t *testing.T) {
	var many strings.Builder
	many.WriteString("version: 1\nrules:\n")
	for i := range maxRules + 1 {
		fmt.Fprintf(&many, "  - {name: r%d, field: amount, check: {min: 0}}\n", i)
	}
	for name, text := range map[string]string{
		"1001 rules and corrections, at most 1000": many.String(),
		"limited to 1048576":                       "version: 1\n#" + strings.Repeat("x", maxFileBytes),
		"exceeds maximum allowed nodes":            "version: 1\nrules:\n  - {name: a, field: amount, check: {expr: '" + strings.Repeat("amount > 0 or ", 100) + "true'}}\n",
		"at most 1000 are allowed":                 "version: 1\nrules:\n  - {name: a, field: type, check: {regex: '" + strings.Repeat("x", 1001) + "'}}\n",
		"more than 15 digits is not exact":         "version: 1\nrules:\n  - {name: a, field: amount, check: {expr: 'amount > 1234567890.123456'}}\n",
	} {
		if _, err := Load([]byte(text), "rules.yaml"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want an error with %q, got %v", name, err)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	rs := onlineRetailRules(t)
	const workers, times = 4, 50
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range times {
				b := &event.Batch{}
				order := fmt.Sprintf("order_id=%d event_time=2011-01-01 | product_id=x quantity=1 price=", w)
				if addEvent(b, order+"1") != nil || addEvent(b, order+"0") != nil {
					t.Error("cannot make a batch")
				}
				rs.Apply(b, allRows(b))
				if b.CustomerID[0] != fmt.Sprintf("guest:%d", w) || b.Verdict[1] != event.Quarantined {
					t.Errorf("customer %q, verdicts %v", b.CustomerID[0], b.Verdict)
				}
			}
		})
	}
	wg.Wait()
	for _, info := range rs.Rules() {
		if want := uint64(workers * times); (info.Name == "guest_checkout" || info.Name == "price_not_positive") && info.Count != want {
			t.Errorf("%s counts %d, want %d", info.Name, info.Count, want)
		}
	}
}

// TestAllocations holds the hot path to its promise: nothing per batch, and for
// guests one chunk of text per many.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools")
	}
	b := &event.Batch{}
	addLines(t, b, orderLines(t), 4096)
	restore, rows := remember(b), allRows(b)
	clean := load(t, `
version: 1
rules:
  - {name: a, field: item.price, check: {max: 1000000}}
  - {name: b, field: country, check: {expr: 'country != "x"'}}
  - {name: c, field: item.quantity, check: {expr: 'order_id != "" and item.price * item.quantity == item.amount'}}
  - {name: d, field: item.kind, when: item.quantity > 0, check: {in: [sale]}}
  - {name: e, field: item.product_id, check: {length: {max: 20}, regex: "."}}
`)
	for _, c := range []struct {
		name string
		rs   *RuleSet
		most float64
	}{
		{"rules that hold", clean, 0},
		{"the example's rules", onlineRetailRules(t), 1},
	} {
		if n := testing.AllocsPerRun(50, func() { restore(); c.rs.Apply(b, rows) }); n > c.most {
			t.Errorf("%s: %v allocations for %d events, want at most %v", c.name, n, len(rows), c.most)
		}
	}
}

// FuzzLoad looks for rules files that crash the loader, or load and crash on a
// batch, or do not load again to the same version.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"version: 1\nrules:\n  - {name: a, field: item.price, check: {min_exclusive: \"0\"}}\n",
		"version: 1\ncorrections:\n  - {name: a, field: customer_id, fill: \"guest:{order_id}\"}\n",
		"version: 1\ncorrections:\n  - {name: a, field: country, map: {a: b}}\n",
		"version: 1\nrules:\n  - {name: a, field: amount, when: type == \"x\", check: {expr: amount > 1.5}}\n",
		"version: 1\nrules:\n  - {name: a, field: type, check: {in: [a], regex: x, length: {max: 3}, format: gtin, required: true}}\n",
		"version: 1\ntypes: [x]\ntables:\n  - {name: t, file: t.csv, key: k, columns: [v]}\ncorrections:\n  - {name: c, field: item.name, lookup: {table: t, by: item.product_id, column: v}}\nrules:\n  - {name: r, field: country, check: {reference: {table: t, unready: warn}}}\n",
		"version: 1\ncorrections:\n  - {name: a, field: amount, when: amount == 0, parse: {from: properties.a.b, decimal: ','}}\n  - {name: b, field: currency, exchange: {to: EUR}}\n  - {name: c, field: item.quantity, convert: {unit: item.kind, to: piece}}\n  - {name: d, field: amount, when: amount < 0, script: amount / 2}\n",
		"version: 1\nrules:\n  - {name: a, field: amount, check: {compare: {sum_of: [item.amount], tolerance: 1}}}\n  - {name: b, field: order_id, check: {unique: {within: 1h, with: [type]}}}\n  - {name: c, field: properties.x, check: {type: decimal, min: 1}}\n",
		"a: &a [*a]", "? {x: y}\n: z", "!!binary x", "\xff", "- - -",
	} {
		f.Add(seed)
	}
	b := &event.Batch{}
	for _, line := range []string{"", "type=x amount=2 | price=0 | product_id=x quantity=-1 price=1", "customer_id=a order_id=é"} {
		if err := addEvent(b, line); err != nil {
			f.Fatal(err)
		}
	}
	rows := allRows(b)
	f.Fuzz(func(t *testing.T, text string) {
		rs, err := Load([]byte(text), "rules.yaml")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "rules.yaml:") {
				t.Errorf("an error without its place: %v", err)
			}
			return
		}
		if again, err := Load([]byte(text), "x"); err != nil || again.Version() != rs.Version() {
			t.Errorf("loaded again: %v, %v", again, err)
		}
		restore := remember(b)
		rs.Explain(b, rows)
		restore()
	})
}
