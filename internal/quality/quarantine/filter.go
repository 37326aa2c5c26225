package quarantine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
)

// ErrInvalid says that what a client asks for cannot be done as it is; the message is
// for the client.
var ErrInvalid = errors.New("invalid request")

// ErrNotFound says that there is no such item, group or run.
var ErrNotFound = errors.New("not found")

// State is what became of a quarantined event so far.
type State string

// The states.
const (
	Open      State = "open"
	Recovered State = "recovered"
	Waived    State = "waived"
	Dead      State = "dead"
	Purged    State = "purged"
)

var states = []State{Open, Recovered, Waived, Dead, Purged}

// Limits of a filter.
const (
	maxFilterValues = 200
	maxFilterItems  = 10_000
	maxFilterBytes  = 4096 // of one value
)

// Coordinates name a quarantined event: where the log has it.
type Coordinates struct {
	Partition int32
	Offset    int64
}

func (c Coordinates) String() string {
	return strconv.FormatInt(int64(c.Partition), 10) + ":" + strconv.FormatInt(c.Offset, 10)
}

// less orders as runs go.
func (c Coordinates) compare(o Coordinates) int {
	return cmp.Or(cmp.Compare(c.Partition, o.Partition), cmp.Compare(c.Offset, o.Offset))
}

// ParseCoordinates reads "partition:offset".
func ParseCoordinates(s string) (Coordinates, error) {
	p, o, ok := strings.Cut(s, ":")
	partition, err := strconv.ParseInt(p, 10, 32)
	offset, err2 := strconv.ParseInt(o, 10, 64)
	if !ok || err != nil || err2 != nil || partition < 0 || offset < 0 {
		return Coordinates{}, fmt.Errorf("%w: %q are no coordinates; give partition:offset, such as 3:1042", ErrInvalid, s)
	}
	return Coordinates{int32(partition), offset}, nil
}

// HeldFilter selects quarantined events. Values of one list are alternatives; all
// that is given must hold.
type HeldFilter struct {
	Sources    []string  `json:"sources,omitempty" maxItems:"200" doc:"Names of sources"`
	Rules      []string  `json:"rules,omitempty" maxItems:"200" doc:"Rules that they broke first"`
	Categories []string  `json:"categories,omitempty" maxItems:"200" doc:"Categories of problems"`
	Fields     []string  `json:"fields,omitempty" maxItems:"200" doc:"Fields that the first problem is about"`
	Values     []string  `json:"values,omitempty" maxItems:"200" doc:"Values of that field, as received"`
	Streams    []string  `json:"streams,omitempty" maxItems:"200" doc:"Files or doors"`
	States     []State   `json:"states,omitempty" enum:"open,recovered,waived,dead,purged" doc:"What became of them. Absent: those that an act may still change"`
	Group      string    `json:"group,omitempty" doc:"Id of a group"`
	Text       string    `json:"text,omitempty" maxLength:"200" doc:"Text that occurs in payload, message or order id, in any case"`
	From       time.Time `json:"from,omitzero" doc:"Start in event time, inclusive; events without one are placed by their receive time"`
	To         time.Time `json:"to,omitzero" doc:"End, exclusive"`
	// NotVersions leaves out what was judged by these versions; for automatic runs.
	NotVersions string   `json:"not_versions,omitempty" hidden:"true"`
	Items       []string `json:"items,omitempty" maxItems:"10000" doc:"These only: partition:offset"`
}

// Check says what is wrong with a filter.
func (f *HeldFilter) Check() error {
	lists := []struct {
		name   string
		values []string
	}{
		{"sources", f.Sources}, {"rules", f.Rules}, {"categories", f.Categories}, {"fields", f.Fields}, {"values", f.Values}, {"streams", f.Streams},
		{"text", []string{f.Text}}, {"group", []string{f.Group}},
	}
	for _, l := range lists {
		if len(l.values) > maxFilterValues {
			return fmt.Errorf("%w: filter.%s has %d values; at most %d are taken", ErrInvalid, l.name, len(l.values), maxFilterValues)
		}
		for _, v := range l.values {
			if len(v) > maxFilterBytes {
				return fmt.Errorf("%w: a value of filter.%s has %d bytes; at most %d are taken", ErrInvalid, l.name, len(v), maxFilterBytes)
			}
		}
	}
	for _, c := range f.Categories {
		if !slices.Contains(event.Categories(), event.Category(c)) {
			return fmt.Errorf("%w: filter.categories names %q; %s", ErrInvalid, c, nearest(c, event.Categories()))
		}
	}
	for _, s := range f.States {
		if !slices.Contains(states, s) {
			return fmt.Errorf("%w: filter.states names %q; %s", ErrInvalid, s, nearest(string(s), states))
		}
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return fmt.Errorf("%w: filter.from is not before filter.to", ErrInvalid)
	}
	if len(f.Items) > maxFilterItems {
		return fmt.Errorf("%w: filter.items names %d events; at most %d are taken, use the other conditions for more", ErrInvalid, len(f.Items), maxFilterItems)
	}
	for _, item := range f.Items {
		if _, err := ParseCoordinates(item); err != nil {
			return err
		}
	}
	return nil
}

func nearest[T ~string](word string, known []T) string {
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	if near := spell.Nearest(word, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "there are " + strings.Join(words, ", ")
}

// Everything reports whether nothing narrows the filter down.
func (f *HeldFilter) Everything() bool {
	return len(f.Sources)+len(f.Rules)+len(f.Categories)+len(f.Fields)+len(f.Values)+len(f.Streams)+len(f.Items) == 0 && f.NotVersions == "" &&
		f.Group == "" && f.Text == "" && f.From.IsZero() && f.To.IsZero()
}

// digest is short and equal for equal values.
func digest(parts ...any) string {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	for _, p := range parts {
		if err := encoder.Encode(p); err != nil {
			panic(fmt.Sprintf("BUG: %v has no digest: %v", p, err))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// conditions are those of a statement over the table quarantine, which is called q in it.
type conditions struct {
	text []string
	args []any
}

func (c *conditions) add(text string, args ...any) {
	c.text = append(c.text, text)
	c.args = append(c.args, args...)
}

func (c *conditions) where() string {
	if len(c.text) == 0 {
		return "true"
	}
	return strings.Join(c.text, "\n  AND ")
}

// in adds that an expression, in which NULL is the empty text, has one of the values.
func (c *conditions) in(expression string, values []string) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	c.add("coalesce("+expression+", '') IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(args)), ", ")+")", args...)
}

// at is when a quarantined event happened, as far as that is known.
const at = "coalesce(q.event_time, q.received_at)"

// filter adds the conditions of a filter. A group must have been resolved.
func (c *conditions) filter(f *HeldFilter, group *groupKey) {
	c.in("q.source", f.Sources)
	c.in("q.rule", f.Rules)
	c.in("q.category", f.Categories)
	c.in("q.field", f.Fields)
	c.in("q.value", f.Values)
	c.in("q.stream", f.Streams)
	if len(f.States) > 0 {
		names := make([]string, len(f.States))
		for i, s := range f.States {
			names[i] = string(s)
		}
		c.in("q.state", names)
	}
	if group != nil {
		c.in("q.source", []string{group.Source})
		c.in("q.rule", []string{group.Rule})
		c.in("q.category", []string{group.Category})
		c.in("q.field", []string{group.Field})
	}
	if f.NotVersions != "" {
		c.add("coalesce(q.versions, '') <> ?", f.NotVersions)
	}
	if f.Text != "" {
		text := strings.ToLower(f.Text)
		c.add("(contains(lower(q.payload), ?) OR contains(lower(q.message), ?) OR contains(lower(q.order_id), ?))", text, text, text)
	}
	if !f.From.IsZero() {
		c.add(at+" >= ?", f.From.UTC())
	}
	if !f.To.IsZero() {
		c.add(at+" < ?", f.To.UTC())
	}
	if len(f.Items) > 0 {
		// One text and not thousands of parameters.
		c.add(`(q.partition::VARCHAR || ':' || q."offset"::VARCHAR) IN (SELECT unnest(string_split(?, ',')))`, strings.Join(f.Items, ","))
	}
}

// below adds that an event lay in the log at a snapshot: in each partition before an
// offset.
func (c *conditions) below(snapshot map[int32]int64) {
	if len(snapshot) == 0 {
		c.add("false")
		return
	}
	var parts []string
	var args []any
	for _, p := range partitions(snapshot) {
		parts = append(parts, `(q.partition = ? AND q."offset" < ?)`)
		args = append(args, p, snapshot[p])
	}
	c.add("("+strings.Join(parts, " OR ")+")", args...)
}

// behind adds that an event comes after another in the order of coordinates.
func (c *conditions) behind(after Coordinates) {
	c.add(`(q.partition > ? OR q.partition = ? AND q."offset" > ?)`, after.Partition, after.Partition, after.Offset)
}

// upTo adds that an event is not behind another in the order of coordinates.
func (c *conditions) upTo(last Coordinates) {
	c.add(`(q.partition < ? OR q.partition = ? AND q."offset" <= ?)`, last.Partition, last.Partition, last.Offset)
}

func partitions[V any](m map[int32]V) []int32 {
	all := make([]int32, 0, len(m))
	for p := range m {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}
