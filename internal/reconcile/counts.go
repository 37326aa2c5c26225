package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/ledger"
)

// gone checks the rows of records that the log has no more: each is there once. They
// are counted for the ledger as well.
func (a *audit) gone(ctx context.Context) error {
	for _, p := range slices.Sorted(maps.Keys(a.start)) {
		if a.start[p] == 0 {
			continue
		}
		if err := a.goneRows(ctx, p, a.start[p]); err != nil {
			return err
		}
	}
	return nil
}

func (a *audit) goneRows(ctx context.Context, partition int32, before int64) error {
	where, args := a.period(`"partition" = ? AND "offset" < ?`, partition, before)
	rows, err := query(ctx, a.Store, fmt.Sprintf(`WITH v AS (
  SELECT "offset", source, received_at, 'accepted' AS verdict, late, corrected, '' AS state FROM events WHERE %[1]s
  UNION ALL SELECT "offset", source, received_at, 'duplicate', false, false, '' FROM duplicates WHERE %[1]s
  UNION ALL SELECT "offset", source, received_at, 'rejected', false, false, '' FROM rejections WHERE %[1]s
  UNION ALL SELECT "offset", source, received_at, 'quarantined', false, false, state FROM quarantine WHERE %[1]s)
SELECT source, epoch_us(received_at) // %[2]d AS minute, verdict, state, count(*), count(*) FILTER (late), count(*) FILTER (corrected)
FROM v WHERE NOT EXISTS (SELECT 1 FROM quarantine_acts x WHERE x."partition" = %[3]d AND x."offset" = v."offset")
GROUP BY ALL`, where, microsPerMinute, partition), slices.Concat(args, args, args, args)...)
	if err != nil {
		return err
	}
	for _, r := range rows {
		a.addGone(text(r[0]), number(r[1]), text(r[2]), text(r[3]), number(r[4]), number(r[5]), number(r[6]))
	}
	return a.goneTwice(ctx, partition, where, args)
}

func (a *audit) addGone(source string, minute int64, verdict, state string, n, late, corrected int64) {
	a.report.Gone += n
	c := a.counts(source, minute*microsPerMinute)
	c.Received += n
	switch verdict {
	case "accepted":
		c.Accepted, c.Late, c.Corrected = c.Accepted+n, c.Late+late, c.Corrected+corrected
	case "duplicate":
		c.Duplicate += n
	case "rejected":
		c.Rejected += n
	case "quarantined":
		c.Quarantined += n
		settle(c, state, n)
	}
}

// settle counts what became of quarantined events.
func settle(c *ledger.Counts, state string, n int64) {
	switch state {
	case "recovered":
		c.Recovered += n
	case "waived":
		c.Waived += n
	case "dead", "purged":
		c.Dead += n
	}
}

// goneTwice finds records with several rows.
func (a *audit) goneTwice(ctx context.Context, partition int32, where string, args []any) error {
	rows, err := query(ctx, a.Store, fmt.Sprintf(`WITH v AS (
  SELECT "offset", source, 'events' AS t FROM events WHERE %[1]s
  UNION ALL SELECT "offset", source, 'duplicates' FROM duplicates WHERE %[1]s
  UNION ALL SELECT "offset", source, 'rejections' FROM rejections WHERE %[1]s
  UNION ALL SELECT "offset", source, 'quarantine' FROM quarantine WHERE %[1]s)
SELECT "offset", any_value(source), count(*), string_agg(DISTINCT t, '+' ORDER BY t) FROM v GROUP BY "offset" HAVING count(*) > 1 ORDER BY 1`, where),
		slices.Concat(args, args, args, args)...)
	if err != nil {
		return err
	}
	for _, r := range rows {
		a.report.find(Finding{
			Kind: Doubled, Table: text(r[3]), Source: text(r[1]), Partition: partition, Offset: number(r[0]),
			Detail: fmt.Sprintf("%d rows, one is right", number(r[2])),
		})
	}
	return nil
}

// period adds the scope to a condition.
func (a *audit) period(where string, args ...any) (string, []any) {
	conditions := []string{where}
	s := a.report.Scope
	if s.Source != "" {
		conditions, args = append(conditions, "source = ?"), append(args, s.Source)
	}
	if !s.From.IsZero() {
		conditions, args = append(conditions, "received_at >= ?"), append(args, s.From.UTC())
	}
	if !s.To.IsZero() {
		conditions, args = append(conditions, "received_at < ?"), append(args, s.To.UTC())
	}
	return strings.Join(conditions, " AND "), args
}

// ledger compares the recount with the ledger's minutes, as far as it keeps them.
func (a *audit) ledger(ctx context.Context) error {
	scope := a.report.Scope
	kept := a.Clock.Now().Add(-a.Retention).Unix() / 60
	all := maps.Clone(a.recount)
	for k := range a.booked {
		if _, ok := all[k]; !ok {
			all[k] = new(ledger.Counts)
		}
	}
	live, err := a.liveMinutes(ctx)
	if err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(all), func(x, y minuteKey) int {
		return cmp.Or(cmp.Compare(x.source, y.source), cmp.Compare(x.minute, y.minute))
	})
	for _, k := range keys {
		// Minutes at the edge of the retention go away while they are looked at.
		if k.minute <= kept || !scope.whole(k.minute) || live[k] || a.skipped[k] {
			continue
		}
		if held, said := *all[k], a.booked[k]; held != said {
			at := time.Unix(k.minute*60, 0).UTC()
			a.report.find(Finding{
				Kind: Disagree, Table: "ledger", Source: k.source, Partition: -1, Minute: at,
				Detail: "the ledger says " + brief(said) + ", the stores hold " + brief(held),
			})
		}
	}
	return nil
}

// whole reports whether all of a minute is in the scope.
func (s Scope) whole(minute int64) bool {
	return (s.From.IsZero() || minute*60 >= s.From.Unix()) && (s.To.IsZero() || (minute+1)*60 <= s.To.Unix())
}

// liveMinutes are those of quarantined events that were decided about since the commit
// of the audit: their table says more than the ledger of then.
func (a *audit) liveMinutes(ctx context.Context) (map[minuteKey]bool, error) {
	live := make(map[minuteKey]bool)
	for _, p := range slices.Sorted(maps.Keys(a.to)) {
		rows, err := query(ctx, a.Store, fmt.Sprintf(`SELECT DISTINCT q.source, epoch_us(q.received_at) // %d FROM quarantine q
WHERE q."partition" = $1 AND q."offset" IN (SELECT original_offset FROM quarantine_acts WHERE "partition" = $1 AND "offset" >= $2)`, microsPerMinute), p, a.to[p])
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			live[minuteKey{text(r[0]), number(r[1])}] = true
		}
	}
	return live, nil
}

// brief writes the counts that are not zero.
func brief(c ledger.Counts) string {
	var parts []string
	for _, n := range []struct {
		name  string
		count int64
	}{
		{"received", c.Received}, {"accepted", c.Accepted}, {"duplicate", c.Duplicate}, {"quarantined", c.Quarantined}, {"rejected", c.Rejected},
		{"late", c.Late}, {"corrected", c.Corrected}, {"recovered", c.Recovered}, {"waived", c.Waived}, {"dead", c.Dead},
	} {
		if n.count != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.name))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
