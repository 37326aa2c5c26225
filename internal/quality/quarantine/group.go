package quarantine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// groupKey is what the events of a group have in common.
type groupKey struct{ Source, Rule, Category, Field string }

// id is the address of a group. It stays the same as long as sources and rules keep
// their names.
func (k *groupKey) id() string { return digest(k.Source, k.Rule, k.Category, k.Field) }

// HeldGroup is the events of one source that broke one rule in one field.
type HeldGroup struct {
	ID        string       `json:"id" doc:"Its address: it stays the same"`
	Source    string       `json:"source"`
	Rule      string       `json:"rule"`
	Category  string       `json:"category"`
	Field     string       `json:"field"`
	Bucket    *time.Time   `json:"bucket,omitempty" doc:"Start of the bucket of time, when groups are by time as well"`
	Count     int64        `json:"count"`
	Open      int64        `json:"open" doc:"Of them, those that wait"`
	Dead      int64        `json:"dead" doc:"Of them, those that were given up"`
	Amount    event.Micros `json:"amount" doc:"Of all of them, as far as it could be read"`
	FirstSeen time.Time    `json:"first_seen" doc:"Receive time"`
	LastSeen  time.Time    `json:"last_seen"`
	Triage    Triage       `json:"triage"`
	Samples   []HeldItem   `json:"samples" nullable:"false" doc:"The first of them; the payloads of large ones are cut off"`
}

func (g *HeldGroup) key() groupKey { return groupKey{g.Source, g.Rule, g.Category, g.Field} }

// HeldGroups are groups, the largest first.
type HeldGroups struct {
	Total  int64        `json:"total" doc:"Events that the filter matches"`
	Open   int64        `json:"open"`
	Amount event.Micros `json:"amount"`
	Groups []HeldGroup  `json:"groups" nullable:"false"`
	More   bool         `json:"more" doc:"There are more groups than are shown; narrow the filter down"`
}

// Limits of groups.
const (
	maxGroups   = 1000
	maxSamples  = 20
	maxAllNames = 100_000 // groups that ids are looked up among
)

// Grouping says how groups are made.
type Grouping struct {
	Bucket  string // hour, day, week, month; empty: not by time
	Samples int    // of each group
}

// bucketed are the widths of buckets of time.
var bucketed = []string{"hour", "day", "week", "month"}

// Groups returns the groups of the events that a filter matches.
func (s *Service) Groups(ctx context.Context, f HeldFilter, by Grouping) (*HeldGroups, error) {
	c, err := s.conditions(ctx, &f)
	if err != nil {
		return nil, err
	}
	bucket := "NULL::TIMESTAMP"
	if by.Bucket != "" {
		if !slices.Contains(bucketed, by.Bucket) {
			return nil, fmt.Errorf("%w: bucket is %q; %s", ErrInvalid, by.Bucket, nearest(by.Bucket, bucketed))
		}
		bucket = "date_trunc('" + by.Bucket + "', " + at + ")"
	}
	rows, err := s.query(ctx, c, fmt.Sprintf(`SELECT q.source, q.rule, q.category, q.field, %s AS bucket, count(*) AS total,
  count(*) FILTER (q.state = 'open'), count(*) FILTER (q.state = 'dead'), sum(q.amount), min(q.received_at), max(q.received_at)
FROM quarantine q WHERE %s GROUP BY ALL ORDER BY total DESC, 1, 2, 3, 4, 5`, bucket, c.where()))
	if err != nil {
		return nil, err
	}
	answer := &HeldGroups{Groups: []HeldGroup{}}
	for _, r := range rows {
		g := groupOf(r)
		answer.Total += g.Count
		answer.Open += g.Open
		answer.Amount += g.Amount
		if len(answer.Groups) < maxGroups {
			answer.Groups = append(answer.Groups, g)
		} else {
			answer.More = true
		}
	}
	if err := s.samples(ctx, c, bucket, answer.Groups, min(max(by.Samples, 0), maxSamples)); err != nil {
		return nil, err
	}
	return answer, s.addTriages(ctx, answer.Groups)
}

func groupOf(r row) HeldGroup {
	g := HeldGroup{
		Source: r.text(0), Rule: r.text(1), Category: r.text(2), Field: r.text(3), Bucket: r.timeOrNil(4), Count: r.count(5),
		Open: r.count(6), Dead: r.count(7), Amount: r.money(8), FirstSeen: r.time(9), LastSeen: r.time(10), Samples: []HeldItem{},
	}
	key := g.key()
	g.ID = key.id()
	return g
}

// samples adds the first events of each group.
func (s *Service) samples(ctx context.Context, c *conditions, bucket string, groups []HeldGroup, n int) error {
	if n == 0 || len(groups) == 0 {
		return nil
	}
	shown := max(1, int(s.cfg.Settings.BatchBytes)/(len(groups)*n)) // of each payload, in characters
	columns := strings.Replace(itemColumns, "q.payload", fmt.Sprintf("left(q.payload, %d) AS payload", shown), 1)
	rows, err := s.query(ctx, c, fmt.Sprintf(`SELECT %s, %s AS bucket FROM quarantine q WHERE %s
QUALIFY row_number() OVER (PARTITION BY q.source, q.rule, q.category, q.field, bucket ORDER BY q.state <> 'open', q.partition, q."offset") <= %d
ORDER BY q.partition, q."offset"`, columns, bucket, c.where(), n))
	if err != nil {
		return err
	}
	type place struct {
		id     string
		bucket time.Time
	}
	index := make(map[place]*HeldGroup, len(groups))
	for i := range groups {
		p := place{id: groups[i].ID}
		if groups[i].Bucket != nil {
			p.bucket = *groups[i].Bucket
		}
		index[p] = &groups[i]
	}
	for _, r := range rows {
		item := itemOf(r)
		if g := index[place{item.Group, r.time(len(r) - 1)}]; g != nil {
			g.Samples = append(g.Samples, item)
		}
	}
	return nil
}

// HeldGroupDetail is one group with its course over time.
type HeldGroupDetail struct {
	HeldGroup
	Timeline []HeldBucket `json:"timeline" nullable:"false" doc:"By hour for the newest 200 hours in which it has events"`
	Values   []HeldValue  `json:"values" nullable:"false" doc:"The most frequent values of its field"`
	Streams  []HeldValue  `json:"streams" nullable:"false" doc:"The files and doors that most of them came by"`
	History  []Note       `json:"history" nullable:"false" doc:"Of its triage, oldest first"`
}

// HeldBucket is the events of a group in an hour.
type HeldBucket struct {
	Start time.Time `json:"start"`
	Count int64     `json:"count"`
	Open  int64     `json:"open"`
}

// HeldValue is a value and how many events have it.
type HeldValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Group returns one group.
func (s *Service) Group(ctx context.Context, id string) (*HeldGroupDetail, error) {
	found, err := s.Groups(ctx, HeldFilter{Group: id}, Grouping{Samples: maxSamples})
	if err != nil {
		return nil, err
	}
	if len(found.Groups) == 0 {
		return nil, fmt.Errorf("%w: the group %s has no events", ErrNotFound, id)
	}
	d := &HeldGroupDetail{HeldGroup: found.Groups[0], Timeline: []HeldBucket{}, History: list(found.Groups[0].Triage.History)}
	key := d.key()
	var c conditions
	c.filter(new(HeldFilter), &key)
	rows, err := s.query(ctx, &c, fmt.Sprintf(`SELECT date_trunc('hour', %s) AS start, count(*), count(*) FILTER (q.state = 'open')
FROM quarantine q WHERE %s GROUP BY start ORDER BY start DESC LIMIT 200`, at, c.where()))
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Backward(rows) {
		d.Timeline = append(d.Timeline, HeldBucket{r.time(0), r.count(1), r.count(2)})
	}
	if d.Values, err = s.top(ctx, &c, "q.value"); err != nil {
		return nil, err
	}
	d.Streams, err = s.top(ctx, &c, "q.stream")
	return d, err
}

func (s *Service) top(ctx context.Context, c *conditions, column string) ([]HeldValue, error) {
	rows, err := s.query(ctx, c, fmt.Sprintf(`SELECT %s AS v, count(*) AS n FROM quarantine q WHERE %s GROUP BY v ORDER BY n DESC, v LIMIT 20`, column, c.where()))
	values := []HeldValue{}
	for _, r := range rows {
		values = append(values, HeldValue{r.text(0), r.count(1)})
	}
	return values, err
}

// groupKey finds the group that an id is the address of.
func (s *Service) groupKey(ctx context.Context, id string) (groupKey, error) {
	s.mu.Lock()
	key, known := s.groups[id]
	s.mu.Unlock()
	if known {
		return key, nil
	}
	rows, err := s.query(ctx, new(conditions), fmt.Sprintf(`SELECT DISTINCT source, rule, category, field FROM quarantine LIMIT %d`, maxAllNames))
	if err != nil {
		return key, err
	}
	all := make(map[string]groupKey, len(rows))
	for _, r := range rows {
		k := groupKey{r.text(0), r.text(1), r.text(2), r.text(3)}
		all[k.id()] = k
	}
	s.mu.Lock()
	s.groups = all
	s.mu.Unlock()
	if key, known = all[id]; !known {
		return key, fmt.Errorf("%w: there is no group %q; /api/v1/quarantine/groups lists them", ErrNotFound, id)
	}
	return key, nil
}

// list is a slice that JSON shows as a list even when it is empty.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
