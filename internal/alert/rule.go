package alert

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// Condition is what a rule asks of a group of quarantined events.
type Condition string

// The conditions.
const (
	Count Condition = "count" // Threshold events within Window
	Share Condition = "share" // Threshold of what the source sent within Window, from 0 to 1
	Spike Condition = "spike" // Threshold times the mean of the Baseline windows before
	Age   Condition = "age"   // the oldest open event is older than OlderThan
)

// Rule says what is escalated, to whom.
type Rule struct {
	Name string
	// Signal is a pattern of names of signals (path.Match; "check*"). Empty: the rule is
	// about groups of quarantined events.
	Signal string

	// Patterns of the groups; empty takes all.
	Source, Category, Broken string
	// By lists what separates groups: source, category and rule. What it leaves out is
	// counted together.
	By        []string
	Condition Condition
	Threshold float64
	AtLeast   int64 // events in the window, below which share and spike do not fire
	OlderThan time.Duration
	Window    time.Duration
	Baseline  int

	Severity    Severity // of incidents; with Signal: the least that it takes
	Targets     []string
	CoolDown    time.Duration // how long the condition must not hold before it is over
	UpdateEvery time.Duration // least time from one update to the next
}

// Query selects groups of quarantined events.
type Query struct {
	From, To time.Time // of receipt
	Buckets  int       // equal parts of that period
}

// Group is what is known of quarantined events with the same source, category and rule.
type Group struct {
	Source, Category, Rule string
	Counts                 []int64 // received in each bucket, the earliest first
	Open                   int64   // not repaired, of any age
	Oldest                 time.Time
	Sent                   int64 // by the source, in the last bucket
}

// Series gives groups of quarantined events.
type Series interface {
	// Groups returns those that have open events, or any in the period.
	Groups(ctx context.Context, q Query) ([]Group, error)
}

// finding is what a rule says about one key.
type finding struct {
	key, title, text, link string
	firing                 bool
	open                   int64
}

// query is what the rule must know at a time.
func (r *Rule) query(now time.Time) Query {
	buckets := 1
	if r.Condition == Spike {
		buckets += r.Baseline
	}
	return Query{From: now.Add(-r.Window * time.Duration(buckets)), To: now, Buckets: buckets}
}

// takes reports whether the rule is about a group.
func (r *Rule) takes(g *Group) bool {
	return matches(r.Source, g.Source) && matches(r.Category, g.Category) && matches(r.Broken, g.Rule)
}

// matches reports whether a pattern that was validated takes a name.
func matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// evaluate returns a finding for each key that has groups.
func (r *Rule) evaluate(groups []Group, now time.Time) []finding {
	merged := make(map[string]*Group)
	sent := make(map[string]map[string]int64) // by key and source: a source is counted once
	for i := range groups {
		g := &groups[i]
		if !r.takes(g) {
			continue
		}
		label := r.label(g)
		key := label.Source + "|" + label.Category + "|" + label.Rule
		m := merged[key]
		if m == nil {
			m = &label
			merged[key], sent[key] = m, make(map[string]int64)
		}
		m.add(g)
		sent[key][g.Source] = g.Sent
	}
	out := make([]finding, 0, len(merged))
	for key, m := range merged {
		for _, n := range sent[key] {
			m.Sent += n
		}
		out = append(out, r.judge(key, m, now))
	}
	slices.SortFunc(out, func(a, b finding) int { return cmp.Compare(a.key, b.key) })
	return out
}

// label is an empty group with what the rule separates by.
func (r *Rule) label(g *Group) Group {
	out := Group{Counts: make([]int64, len(g.Counts))}
	if slices.Contains(r.By, "source") {
		out.Source = g.Source
	}
	if slices.Contains(r.By, "category") {
		out.Category = g.Category
	}
	if slices.Contains(r.By, "rule") {
		out.Rule = g.Rule
	}
	return out
}

func (g *Group) add(other *Group) {
	for i, n := range other.Counts {
		g.Counts[i] += n
	}
	g.Open += other.Open
	if !other.Oldest.IsZero() && (g.Oldest.IsZero() || other.Oldest.Before(g.Oldest)) {
		g.Oldest = other.Oldest
	}
}

// judge says whether the condition holds. Where nothing is open any more it does not,
// whatever came before.
func (r *Rule) judge(key string, g *Group, now time.Time) finding {
	last := g.Counts[len(g.Counts)-1]
	f := finding{key: key, open: g.Open, link: g.link()}
	var holds bool
	var what string
	switch r.Condition {
	case Count:
		holds = float64(last) >= r.Threshold
		what = fmt.Sprintf("%d within %s", last, short(r.Window))
	case Share:
		share := 0.0
		if g.Sent > 0 {
			share = float64(last) / float64(g.Sent)
		}
		holds = last >= r.AtLeast && last > 0 && share >= r.Threshold
		what = fmt.Sprintf("%.1f %% of %d within %s", 100*share, g.Sent, short(r.Window))
	case Spike:
		mean := g.mean()
		holds = last >= r.AtLeast && last > 0 && float64(last) >= r.Threshold*mean
		what = fmt.Sprintf("%d within %s, %.1f before", last, short(r.Window), mean)
	case Age:
		age := time.Duration(0)
		if !g.Oldest.IsZero() {
			age = now.Sub(g.Oldest)
		}
		holds = age >= r.OlderThan
		what = fmt.Sprintf("the oldest since %s", g.Oldest.UTC().Format(time.DateTime))
	}
	f.firing = holds && g.Open > 0
	f.title = fmt.Sprintf("Quarantine: %s, %s", g.name(), what)
	f.text = fmt.Sprintf("%s: %s. %d open in all.", g.name(), what, g.Open)
	return f
}

// mean of the windows before the last.
func (g *Group) mean() float64 {
	before := g.Counts[:len(g.Counts)-1]
	if len(before) == 0 {
		return 0
	}
	var sum int64
	for _, n := range before {
		sum += n
	}
	return float64(sum) / float64(len(before))
}

// name says which events they are.
func (g *Group) name() string {
	var parts []string
	for _, p := range []struct{ what, value string }{{"source", g.Source}, {"category", g.Category}, {"rule", g.Rule}} {
		if p.value != "" {
			parts = append(parts, p.what+" "+p.value)
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "all events")
}

// short writes a duration without the parts that are zero.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// link is the page of the console that shows them.
func (g *Group) link() string {
	values := url.Values{}
	for _, p := range []struct{ what, value string }{{"source", g.Source}, {"category", g.Category}, {"rule", g.Rule}} {
		if p.value != "" {
			values.Set(p.what, p.value)
		}
	}
	if len(values) == 0 {
		return "/quarantine"
	}
	return "/quarantine?" + values.Encode()
}
