package profile

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// Summary is a source and type of which there are profiles.
type Summary struct {
	Source  string   `json:"source"`
	Type    string   `json:"type"`
	Rows    int64    `json:"rows" doc:"Accepted events of the newest day"`
	Sampled int64    `json:"sampled" doc:"Of them, those that were looked at"`
	Columns int      `json:"columns" doc:"That had a value"`
	Days    []string `json:"days" nullable:"false" doc:"Days (UTC) on which events were judged, the newest first"`
}

// Profile is what the events of a source and type looked like on a day.
type Profile struct {
	Source     string   `json:"source"`
	Type       string   `json:"type"`
	Day        string   `json:"day" doc:"UTC, on which they were judged"`
	Rows       int64    `json:"rows" doc:"Accepted events"`
	Sampled    int64    `json:"sampled" doc:"Of them, those that were looked at: all numbers of columns are of these"`
	Incomplete bool     `json:"incomplete" doc:"There were more properties than profiles keep"`
	Columns    []Column `json:"columns" nullable:"false"`
}

// Column is what the values of a column looked like.
type Column struct {
	Name      string     `json:"name" example:"properties.color" doc:"As rules name it; item.… has a value for each item"`
	Kind      string     `json:"kind" enum:"unknown,text,integer,decimal,money,time,boolean" doc:"unknown: there was no value"`
	Values    int64      `json:"values"`
	Missing   int64      `json:"missing"`
	NullShare float64    `json:"null_share" doc:"Missing ones of all; of a property: of the events that have it"`
	Other     int64      `json:"other" doc:"Values of another kind, such as text among numbers"`
	Distinct  int64      `json:"distinct"`
	Exact     bool       `json:"exact" doc:"distinct is no estimate; one is within 2 % mostly, and 5 % nearly always"`
	Min       string     `json:"min" doc:"Empty: there is none. A text as far as 128 bytes"`
	Max       string     `json:"max"`
	Quantiles []Quantile `json:"quantiles" nullable:"false" doc:"Of numbers, amounts and times; of texts: of their length in characters"`
	Top       []Count    `json:"top" nullable:"false" doc:"The most frequent values; none where nearly all are different"`
	Shapes    []Count    `json:"shapes" nullable:"false" doc:"The most frequent shapes of texts: A a capital, a a small letter, ä a letter outside ASCII, 9 a digit; {3} three of them"`
	Format    string     `json:"format,omitempty" doc:"That all texts have: uuid, email, url, date or gtin"`
}

// Quantile is the value below which a share of the values lies, within 1 %.
type Quantile struct {
	Share float64 `json:"share"`
	Value string  `json:"value"`
}

// Count is how often a value was seen.
type Count struct {
	Value string  `json:"value"`
	Count int64   `json:"count" doc:"Too high by at most error"`
	Error int64   `json:"error"`
	Share float64 `json:"share" doc:"Of the values"`
}

var quantileShares = []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}

// columns calls f with all columns that saw something, in a fixed order.
func (t *table) columns(f func(name string, c *column)) {
	for i, c := range t.fixed {
		if c.values+c.missing > 0 {
			f(names[i], c)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t.properties)) {
		f(propertyPrefix+key, t.properties[key])
	}
}

func (t *table) profile(day string) *Profile {
	p := &Profile{
		Source: t.pair.source, Type: t.pair.typ, Day: day, Rows: t.rows, Sampled: t.sampled, Incomplete: t.left > 0, Columns: []Column{},
	}
	t.columns(func(name string, c *column) { p.Columns = append(p.Columns, c.show(name)) })
	return p
}

func (t *table) used() int {
	n := 0
	t.columns(func(_ string, c *column) {
		if c.values > 0 {
			n++
		}
	})
	return n
}

func (c *column) show(name string) Column {
	out := Column{
		Name: name, Kind: kindNames[c.kind], Values: c.values, Missing: c.missing, Other: c.other, NullShare: c.nullShare(), Quantiles: []Quantile{},
		Top: c.top.show(c.values, shownTop), Shapes: c.shapes.show(c.values, shownShapes),
	}
	if c.values == 0 {
		out.Kind = kindNames[unknown]
		return out
	}
	out.Distinct, out.Exact = c.count()
	if c.kind == texts {
		out.Min, out.Max, out.Format = valid(c.first), valid(c.last), c.forms.name()
	} else if !math.IsInf(c.low, 1) {
		out.Min, out.Max = c.write(c.low), c.write(c.high)
	}
	for _, share := range quantileShares {
		if v, ok := c.spread.At(share); ok {
			// The sketch answers within 1 %, which may be beyond the extremes.
			out.Quantiles = append(out.Quantiles, Quantile{share, c.write(min(max(v, c.low), c.high))})
		}
	}
	return out
}

func (c *column) nullShare() float64 {
	if c.values+c.missing == 0 {
		return 0
	}
	return float64(c.missing) / float64(c.values+c.missing)
}

// write is a number of the column as a reader knows it.
func (c *column) write(v float64) string {
	switch c.kind {
	case money:
		return event.Micros(math.Round(v)).String()
	case times:
		return time.UnixMicro(int64(v)).UTC().Format(time.RFC3339)
	case texts, integers:
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// valid is a text of UTF-8: one that is cut may end within a character.
func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

func (c *counter) show(values int64, most int) []Count {
	out := []Count{}
	for _, i := range c.order() {
		if len(out) == most {
			break
		}
		s := &c.slots[i]
		if c.full && s.error > s.count/2 {
			continue // it may have been seen half as often: nothing can be said
		}
		out = append(out, Count{valid(s.value), s.count, s.error, float64(s.count) / float64(max(values, 1))})
	}
	return out
}
