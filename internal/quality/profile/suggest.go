package profile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Suggestion is rules and checks that hold for what was seen.
type Suggestion struct {
	Source  string `json:"source"`
	Type    string `json:"type"`
	Day     string `json:"day"`
	Sampled int64  `json:"sampled" doc:"Events that it is made from"`
	Rules   string `json:"rules" doc:"A rules file, with the evidence as comments; empty when too little was seen"`
	Checks  string `json:"checks" doc:"A checks file, likewise"`
}

// Limits of what is proposed.
const (
	fewest     = 100 // values, below which nothing is said
	maxSet     = 20  // values of a set
	maxTabled  = 40  // values of a set that a check knows
	perValue   = 10  // values that each one of a set must have been seen, on average
	maxSize    = 9e12
	middleSpan = 2 // times that a median may move
)

// enriched are columns that are put right after the rules: rules see what the sender
// wrote, and profiles what the tables have.
func enriched(name string) bool {
	return name == names[channel] || name == names[country] || name == names[currency]
}

// suggest proposes what held for every sampled event. All of it is of severity warn: a
// sample does not prove that nothing else is right.
func (t *table) suggest(day string) *Suggestion {
	s := &Suggestion{Source: t.pair.source, Type: t.pair.typ, Day: day, Sampled: t.sampled}
	head := fmt.Sprintf("# Proposed from %d of %d accepted events of source %s, type %s, %s.\n# All of them hold for what was seen. Look at each, and remove \"severity: warn\" where a failure is an error.\n",
		t.sampled, t.rows, strconv.Quote(t.pair.source), strconv.Quote(t.pair.typ), day)
	var rules, checks strings.Builder
	taken := make(map[string]bool)
	t.columns(func(name string, c *column) {
		if !speakable(name) {
			return
		}
		if !enriched(name) {
			c.rules(&rules, name, taken)
		}
		if !strings.Contains(name, ".") {
			c.checks(&checks, name, t.pair)
		}
	})
	if rules.Len() > 0 {
		s.Rules = head + "version: 1\ntypes: [" + strconv.Quote(t.pair.typ) + "]\nrules:\n" + rules.String()
	}
	if checks.Len() > 0 {
		s.Checks = head + "version: 1\nchecks:\n" + checks.String()
	}
	return s
}

// speakable reports whether a rule can name a column: properties have any names.
func speakable(name string) bool {
	key, property := strings.CutPrefix(name, propertyPrefix)
	return !property || plainWord(key, 40, "_") && (key[0] < '0' || key[0] > '9')
}

// ruleName is the name of a rule about a column, which no other has.
func ruleName(column, what string, taken map[string]bool) string {
	base := strings.ToLower(strings.ReplaceAll(column, ".", "_")) + "_" + what
	name := base
	for n := 2; taken[name]; n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	taken[name] = true
	return name
}

func (c *column) rules(out *strings.Builder, name string, taken map[string]bool) {
	if c.values < fewest {
		return
	}
	add := func(what, check, evidence string) {
		fmt.Fprintf(out, "  # %s\n  - {name: %s, field: %s, severity: warn, check: {%s}}\n", evidence, ruleName(name, what, taken), name, check)
	}
	if c.missing == 0 && (c.kind == texts || c.kind == times || strings.HasPrefix(name, propertyPrefix)) {
		add("there", "required: true", fmt.Sprintf("missing in none of %d: fewer than %s %% are, with 95 %% confidence", c.values, percent(3/float64(c.values))))
	}
	if c.other > 0 || c.hostile {
		return
	}
	if strings.HasPrefix(name, propertyPrefix) && c.kind != times {
		add("type", "type: "+kindNames[c.kind], fmt.Sprintf("all %d values are of this type", c.values))
	}
	switch c.kind {
	case texts:
		if what, check, evidence := c.textRule(); check != "" {
			add(what, check, evidence)
		}
	case integers, decimals, money:
		if check := c.limits(); check != "" {
			middle, _ := c.spread.At(0.5)
			add("range", check, fmt.Sprintf("from %s to %s, median %s; with a tenth of the range as margin", c.write(c.low), c.write(c.high), c.write(middle)))
		}
	}
}

// textRule is the narrowest rule that all texts of the column meet.
func (c *column) textRule() (what, check, evidence string) {
	if values := c.set(maxSet); values != nil {
		return "known", "in: [" + strings.Join(values, ", ") + "]", fmt.Sprintf("%d values in %d", len(values), c.values)
	}
	if format := c.forms.name(); format != "" {
		return "format", "format: " + format, fmt.Sprintf("all %d values are of this format", c.values)
	}
	if expression := c.pattern(); expression != "" {
		var shapes []string
		for _, s := range c.shapes.show(c.values, 4) {
			shapes = append(shapes, fmt.Sprintf("%s (%s %%)", strconv.Quote(s.Value), percent(s.Share)))
		}
		return "shape", "regex: " + strconv.Quote(expression), "shapes: " + strings.Join(shapes, ", ")
	}
	return "length", fmt.Sprintf("length: {min: %d, max: %d}", int(c.low+1)/2, int(2*c.high)),
		fmt.Sprintf("%.0f to %.0f characters; half and twice of it as margin", c.low, c.high)
}

// set returns the values of the column, quoted, when they are few and none can have been
// overlooked easily; else nil.
func (c *column) set(most int) []string {
	n, exact := c.count()
	if !exact || n > int64(most) || c.values < n*perValue || c.values < fewest || c.hostile {
		return nil
	}
	var out []string
	for _, i := range c.top.order() {
		out = append(out, strconv.Quote(string(c.top.slots[i].value)))
	}
	return out
}

// limits are the extremes with a margin, rounded outwards; nothing for numbers that rules
// do not take.
func (c *column) limits() string {
	low, high := c.low, c.high
	if c.kind == money {
		low, high = low/1e6, high/1e6
	}
	margin := max((high-low)/10, math.Abs(high)/10)
	from, to := low-margin, high+margin
	if low >= 0 && from < 0 {
		from = 0
	}
	from, to = outwards(from, -1, c.kind == integers), outwards(to, 1, c.kind == integers)
	if math.Abs(from) > maxSize || math.Abs(to) > maxSize || math.IsNaN(from+to) {
		return ""
	}
	return "min: " + plain(from) + ", max: " + plain(to)
}

// outwards rounds to two digits, away from the values.
func outwards(v float64, direction float64, whole bool) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-1)
	if whole {
		unit = max(unit, 1)
	}
	unit = max(unit, 1e-6)
	return direction * math.Ceil(direction*v/unit) * unit
}

// plain is a number without an exponent, of at most six decimals.
func plain(v float64) string {
	s := strconv.FormatFloat(v, 'f', 6, 64)
	return strconv.Quote(strings.TrimRight(strings.TrimRight(s, "0"), "."))
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 2, 64) }

// checks proposes what is to hold for the events of a table together.
func (c *column) checks(out *strings.Builder, name string, p pair) {
	if c.values < fewest || name == names[items] || name == names[eventTime] {
		return
	}
	add := func(what, keys, evidence string) {
		fmt.Fprintf(out, "  # %s\n  - {name: %s, owner: data, severity: warn, on: {source: %s, type: %s}, every: 1h, column: %s, %s}\n",
			evidence, checkName(p, name, what), strconv.Quote(p.source), strconv.Quote(p.typ), name, keys)
	}
	n := float64(c.values + c.missing)
	if share := c.nullShare(); c.kind == texts && (share > 0 || enriched(name)) {
		// Four standard errors of the share, and half a percent of all for what changes.
		limit := math.Ceil(100*(share+4*math.Sqrt(share*(1-share)/n)+0.005)) / 100
		add("there", "kind: nulls, max: "+plain(min(limit, 1)), fmt.Sprintf("%s %% of %.0f are missing", percent(share), n))
	}
	if values := c.set(maxTabled); values != nil && enriched(name) {
		add("known", "kind: set, values: ["+strings.Join(values, ", ")+"], max: \"0.01\"",
			fmt.Sprintf("%d values in %d; one of a hundred may be another", len(values), c.values))
	}
	if middle, ok := c.spread.At(0.5); ok && name == names[amount] && middle > 0 {
		middle /= 1e6
		add("median", fmt.Sprintf("kind: quantile, quantile: \"0.5\", min: %s, max: %s", plain(outwards(middle/middleSpan, -1, false)), plain(outwards(middle*middleSpan, 1, false))),
			fmt.Sprintf("the median is %s; half and twice of it", c.write(middle*1e6)))
	}
}

// checkName is unique among the checks of all sources, as far as 64 bytes tell them apart.
func checkName(p pair, column, what string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(p.source + "_" + p.typ) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	tail := "_" + column + "_" + what
	head := b.String()
	if head[0] >= '0' && head[0] <= '9' || head[0] == '_' {
		head = "s" + head
	}
	return head[:min(len(head), 64-len(tail))] + tail
}
