package metric

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzQuery asks for a metric with any words for dimension, filter, operator, values and order.
// What is accepted has no word of the client's in its text but names that are declared: values
// are bound, and where the statement is written out for readers, they are literals from which
// the values can be read again.
func FuzzQuery(f *testing.F) {
	for _, seed := range [][6]string{
		{"revenue", "country", "country", "is", "DE", "country"},
		{"revenue", "country", "kind", "in", "sale,fee", "revenue"},
		{"revenue", `country" FROM events; DROP TABLE events; --`, "country", "is", "x", ""},
		{"revenue", "country", "country", "is", "'; DROP TABLE order_lines; --", ""},
		{"revenue", "country", "product_name", "contains", `\'; SELECT * FROM read_csv('/etc/passwd') --`, ""},
		{"orders", "day_of_week", "hour_of_day", "at_least", "1 OR 1=1", ""},
		{"orders", "guest", "guest", "is", "true", `1; --`},
		{"page_views", "campaign_source", "campaign_source", "starts_with", "$$'\"?\n", ""},
		{"revenue", "country", "country", "= '' OR", "x", ""},
		{"revenue", "country", "country", "is", "\x00", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], seed[5])
	}
	catalog, err := Load(Defaults(), Datasets())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, dimension, field, operator, values, order string) {
		q := Query{
			Metrics: []string{name}, Dimensions: []string{dimension}, Currency: "EUR", Order: []Order{{By: order}},
			Filters: []Filter{{Dimension: field, Operator: operator, Values: strings.Split(values, ",")}},
		}
		if order == "" {
			q.Order = nil
		}
		if catalog.Check(q) != nil {
			return
		}
		metrics, err := catalog.check(&q)
		if err != nil {
			t.Fatal(err)
		}
		p, err := compile(&q, metrics, Derived{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkStatement(t, catalog, &q, p.statement)
	})
}

// checkStatement compares a statement with that of a filter whose values are harmless: they
// differ in what is bound, and in nothing else.
func checkStatement(t *testing.T, c *Catalog, q *Query, got fragment) {
	t.Helper()
	tame := *q
	tame.Filters = []Filter{{Dimension: q.Filters[0].Dimension, Operator: q.Filters[0].Operator}}
	field := c.Of(q.Metrics[0]).Dimension(q.Filters[0].Dimension)
	harmless := map[Type]string{Text: "x", Integer: "1", Money: "1", Boolean: "true", Time: "2026-01-01T00:00:00Z"}[field.Type]
	for range q.Filters[0].Values {
		tame.Filters[0].Values = append(tame.Filters[0].Values, harmless)
	}
	metrics, err := c.check(&tame)
	if err != nil {
		t.Fatal(err)
	}
	p, err := compile(&tame, metrics, Derived{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.statement.text != got.text {
		t.Fatalf("values of a filter change the statement:\n%q\n%q", got.text, p.statement.text)
	}
	if n := strings.Count(got.text, mark); n != len(got.values) {
		t.Fatalf("the statement has %d places for %d values", n, len(got.values))
	}
	checkWritten(t, got)
}

// checkWritten reads the literals of the statement that readers get.
func checkWritten(t *testing.T, f fragment) {
	t.Helper()
	rest := f.String()
	for i, part := range strings.Split(f.text, mark) {
		if !strings.HasPrefix(rest, part) {
			t.Fatalf("the written statement goes on with %q, want %q", rest, part)
		}
		rest = rest[len(part):]
		if i == len(f.values) {
			break
		}
		value, ok := f.values[i].(string)
		if !ok {
			rest = rest[len(literal(f.values[i])):]
			continue
		}
		read, n := readLiteral(rest)
		if read != value || !utf8.ValidString(read) {
			t.Fatalf("the value %q is written so that it is read as %q", value, read)
		}
		rest = rest[n:]
	}
	if rest != "" {
		t.Fatalf("the written statement goes on with %q", rest)
	}
}

// readLiteral reads a string as SQL does: it ends at the first quote that is not doubled.
func readLiteral(text string) (value string, length int) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			return b.String(), i + 1
		}
		b.WriteByte('\'')
		i++
	}
	return "", len(text)
}
