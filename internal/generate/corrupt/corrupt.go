package corrupt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Config says how much is broken.
type Config struct {
	Seed  uint64
	Share float64 // of the lines, 0 to 0.5
}

// Label says what was done to a line.
type Label struct {
	Line     int    `json:"line"` // the header is line 1
	Way      string `json:"way"`
	Category string `json:"category"` // that the line is quarantined with
	Rule     string `json:"rule"`     // that says so, of the mapping and rules of Online Retail
	Field    string `json:"field"`
	Original string `json:"original"` // the clean line
}

// The columns of a line, in the order of the header.
const (
	invoice = iota
	product
	description
	quantity
	date
	price
	customer
	country
	columns
)

var header = []string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"}

// Break appends to dst the file with some of its lines broken. Equal files and configs give
// equal bytes.
func Break(dst, file []byte, cfg Config) ([]byte, []Label, error) {
	if !(cfg.Share >= 0 && cfg.Share <= 0.5) {
		return dst, nil, fmt.Errorf("cannot break a share of %v of the lines; want 0 to 0.5", cfg.Share)
	}
	first, rest, _ := bytes.Cut(file, []byte{'\n'})
	if got := cells(strings.TrimSuffix(string(first), "\r")); !slices.Equal(got, header) {
		return dst, nil, fmt.Errorf("the file begins with %.200q; want order lines under the header %s", first, strings.Join(header, ","))
	}
	if bytes.ContainsRune(file, '\r') {
		return dst, nil, errors.New("the file has lines that end with CRLF; want LF")
	}
	b := breaker{products: productsOf(rest)}
	dst = append(append(dst, first...), '\n')
	var labels []Label
	random := cfg.Seed
	for number := 2; len(rest) > 0; number++ {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
		random = next(random)
		if float64(random>>11)/(1<<53) < cfg.Share {
			broken, way := b.line(string(line), random)
			if way != nil {
				labels = append(labels, Label{number, way.name, way.category, way.rule, way.field, string(line)})
				line = []byte(broken)
			}
		}
		dst = append(append(dst, line...), '\n')
	}
	return dst, labels, nil
}

// next is SplitMix64 (Steele, Lea, Flood 2014) on its own output.
func next(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// cells cuts a line at the commas that are not in quotes. A quote that is not closed
// makes no cell of what follows.
func cells(line string) []string {
	var out []string
	quoted, from := false, 0
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ',' && !quoted:
			out = append(out, line[from:i])
			from = i + 1
		}
	}
	return append(out, line[from:])
}

// productsOf finds the one product of each description; "" where there are several.
func productsOf(lines []byte) map[string]string {
	products := make(map[string]string)
	for line := range bytes.Lines(lines) {
		c := cells(strings.TrimSuffix(string(line), "\n"))
		if len(c) != columns {
			continue
		}
		if known, ok := products[c[description]]; ok && known != c[product] {
			products[c[description]] = ""
		} else if !ok {
			products[c[description]] = c[product]
		}
	}
	return products
}

// breaker keeps how often it took each way, so that all are taken alike.
type breaker struct {
	products map[string]string
	taken    [wayCount]int
}

// line breaks a line in the way that was taken least often and suits it; nil when the
// line is not sound or no way suits.
func (b *breaker) line(text string, random uint64) (string, *way) {
	c := cells(text)
	if !sound(c) {
		return "", nil
	}
	order := make([]int, len(ways))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return b.taken[i] - b.taken[j] })
	for _, i := range order {
		if w := &ways[i]; w.suits == nil || w.suits(b, c) {
			b.taken[i]++
			return w.apply(c, random), w
		}
	}
	return "", nil
}

// sound reports whether a line is a sale, with all that a sale has.
func sound(c []string) bool {
	return len(c) == columns && c[invoice] != "" && c[invoice][0] != 'C' && c[product] != "" && c[description] != "" &&
		positive(c[quantity], "") && positive(c[price], ".") && strings.Contains(c[price], ".") && len(c[date]) == len("2006-01-02 15:04:05")
}

// positive reports whether a text is a number above zero of digits and, at most once, a
// point.
func positive(text, point string) bool {
	return strings.Trim(text, "0123456789"+point) == "" && strings.Trim(text, "0"+point) != "" && strings.Count(text, ".") <= len(point)
}
