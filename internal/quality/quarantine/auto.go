package quarantine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/record"
)

// automatic is who acts when the platform does it by itself.
const automatic = "platform"

// due says which events an automatic run is for, besides its filter. What was tried is
// read from quarantine_acts: the id of an automatic run begins with what it tries, so
// that the same is never tried twice on one event, and no loop can be.
type due struct {
	// Key is of what is tried: the versions of the patch and of what judges. Acts of a
	// run with the same key rule an event out.
	Key string `json:"key,omitempty"`
	// Limits are how many automatic attempts an event of a category may have had; below
	// them it is tried, and at them it is buried. The empty category is for all others.
	Limits map[string]int `json:"limits"`
	// Ages are, for burials, receive times by category: what came before is too old.
	Ages map[string]time.Time `json:"ages,omitempty"`
	// Now and Backoff say how long ago the last automatic attempt must have been.
	Now     time.Time     `json:"now"`
	Backoff time.Duration `json:"backoff"`
	// Bury asks for what has reached a limit or an age.
	Bury bool `json:"bury,omitempty"`
	// Left are, by partition, the offsets below which somebody has cancelled the same.
	Left map[int32]int64 `json:"left,omitempty"`
}

// add adds the conditions.
func (d *due) add(c *conditions) {
	if len(d.Left) > 0 {
		c.below(d.Left)
		c.text[len(c.text)-1] = "NOT " + c.text[len(c.text)-1]
	}
	limit, args := d.byCategory(func(category string) any { return d.Limits[category] })
	if d.Bury {
		// What somebody has opened again is theirs: burying it at once would undo that.
		c.add(`NOT EXISTS (SELECT 1 FROM quarantine_acts a WHERE a.original_partition = q.partition AND a.original_offset = q."offset" AND a.outcome = 'reopened')`)
		text := "(" + attempts + " > 0 AND " + attempts + " >= " + limit
		if len(d.Ages) > 0 {
			age, more := d.byCategory(func(category string) any {
				if at, ok := d.Ages[category]; ok {
					return at
				}
				return d.Ages[""]
			})
			text += " OR q.received_at < " + age
			args = append(args, more...)
		}
		c.add(text+")", args...)
		return
	}
	c.add(attempts+" < "+limit, args...)
	c.add(`NOT EXISTS (SELECT 1 FROM quarantine_acts a WHERE a.original_partition = q.partition AND a.original_offset = q."offset" AND starts_with(a.run, ?))`, d.prefix())
	if d.Backoff > 0 {
		c.add("("+attempts+" = 0 OR "+lastAttempt+" + to_microseconds((? * pow(2, least("+attempts+" - 1, 20)))::BIGINT) <= ?)", d.Backoff.Microseconds(), d.Now)
	}
}

// Acts of automatic runs are told by the ids of these.
const (
	automaticRun = "auto-"
	attempts     = `(SELECT count(*) FROM quarantine_acts a WHERE a.original_partition = q.partition AND a.original_offset = q."offset" AND a.kind = 'redrive' AND starts_with(a.run, '` + automaticRun + `'))`
	lastAttempt  = `(SELECT max(a.at) FROM quarantine_acts a WHERE a.original_partition = q.partition AND a.original_offset = q."offset" AND a.kind = 'redrive' AND starts_with(a.run, '` + automaticRun + `'))`
)

func (d *due) prefix() string { return automaticRun + d.Key + "-" }

// byCategory writes a value that depends on the category.
func (d *due) byCategory(of func(category string) any) (text string, args []any) {
	var b strings.Builder
	b.WriteString("CASE q.category")
	for _, category := range event.Categories() {
		if _, special := d.Limits[string(category)]; special {
			b.WriteString(" WHEN ? THEN ?")
			args = append(args, string(category), of(string(category)))
		}
	}
	if len(args) == 0 {
		return "?", []any{of("")}
	}
	b.WriteString(" ELSE ? END")
	return b.String(), append(args, of(""))
}

// repairAll looks for what is due until ctx ends.
func (s *Service) repairAll(ctx context.Context) error {
	for {
		began := s.cfg.Clock.Now()
		if err := s.repairDue(ctx); err != nil && ctx.Err() == nil {
			s.met.errors.Add(1)
			s.cfg.Logger.Warn("automatic repairs of the quarantine do not get on; they are tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.cfg.Clock.After(s.pause(s.cfg.Settings.Interval, began)):
		}
	}
}

// repairDue makes at most one automatic run: the next comes when it has ended, or
// somebody lets it wait.
func (s *Service) repairDue(ctx context.Context) error {
	runs, err := s.Runs(ctx)
	if err != nil {
		return err
	}
	open, err := s.look(ctx, runs)
	busy := slices.ContainsFunc(runs, func(r HeldRun) bool { return r.Automatic && (r.State == Queued || r.State == Running) })
	if err != nil || open == 0 || busy || len(s.cfg.Sources) == 0 {
		return err
	}
	at, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return err
	}
	for _, run := range s.candidatesForRepair() {
		run.Snapshot = at.Offsets
		if !run.respect(runs) {
			continue
		}
		c, err := s.runConditions(ctx, run)
		if err != nil {
			return err
		}
		rows, err := s.query(ctx, c, `SELECT count(*) FROM quarantine q WHERE `+c.where())
		if err != nil {
			return err
		}
		if n := rows[0].count(0); n > 0 {
			run.Progress.Total, run.Progress.Left = n, n
			return s.enqueue(ctx, run, nil)
		}
	}
	return nil
}

// respect takes account of what people did to earlier automatic runs that tried the same
// on the same events: while one is paused nothing of the kind begins (it is false), and
// what one was to do that was cancelled is not begun again.
func (r *HeldRun) respect(runs []HeldRun) bool {
	same := func(of *HeldRun) string { return digest(of.Kind, of.Filter, of.Due.Key) }
	mine := same(r)
	for i := range runs {
		before := &runs[i]
		if before.Due == nil || same(before) != mine {
			continue
		}
		switch before.State {
		case Paused:
			return false
		case Cancelled:
			if r.Due.Left == nil {
				r.Due.Left = make(map[int32]int64)
			}
			for p, offset := range before.Snapshot {
				r.Due.Left[p] = max(r.Due.Left[p], offset)
			}
		}
	}
	return true
}

// candidatesForRepair are the automatic runs that may be due, in their order: declared
// repairs, another look at what may pass by now, burials.
func (s *Service) candidatesForRepair() []*HeldRun {
	var out []*HeldRun
	now := s.now()
	limits := map[string]int{"": s.cfg.Settings.Attempts}
	ages := make(map[string]time.Time)
	for _, l := range s.cfg.Settings.Limits {
		limits[l.Category] = l.Attempts
	}
	for category := range limits {
		if age := s.maxAge(category); age > 0 {
			ages[category] = now.Add(-age)
		}
	}
	add := func(kind event.ActKind, filter HeldFilter, patch Patch, text, reason string, d due) {
		filter.States = []State{Open}
		d.Limits, d.Now = limits, now
		run := &HeldRun{Kind: kind, Filter: filter, PatchText: text, By: automatic, Reason: reason, Automatic: true, work: work{Due: &d}}
		if patch != nil {
			run.Patch = patch.Version()
		}
		out = append(out, run)
	}
	for _, source := range s.cfg.Sources {
		if !s.met.hasOpen(source) {
			continue
		}
		versions := s.cfg.Judge.Versions(source)
		for i := range s.cfg.Repairs {
			r := &s.cfg.Repairs[i]
			if len(r.Match.Sources) > 0 && !slices.Contains(r.Match.Sources, source) {
				continue
			}
			filter := r.Match
			filter.Sources = []string{source}
			add(event.Redrive, filter, r.Patch, r.Text, "automatic repair by "+r.Patch.Version(),
				due{Key: digest(r.Patch.Version(), versions), Backoff: s.cfg.Settings.Backoff})
		}
		if s.cfg.Settings.Retry {
			// The table says by which versions an event was judged.
			add(event.Redrive, HeldFilter{Sources: []string{source}, NotVersions: versions}, nil, "", "judged again by "+versions,
				due{Key: digest(versions), Backoff: s.cfg.Settings.Backoff})
		}
	}
	add(event.Bury, HeldFilter{}, nil, "", "the limit of automatic attempts or of age is reached", due{Bury: true, Ages: ages})
	return out
}

func (s *Service) maxAge(category string) time.Duration {
	for _, l := range s.cfg.Settings.Limits {
		if l.Category == category && l.MaxAge > 0 {
			return l.MaxAge
		}
	}
	return s.cfg.Settings.MaxAge
}

// runName is the id of a new run.
func runName(tx record.Tx, run *HeldRun) (string, error) {
	n, err := tx.Put(seqCollection, "run", []byte("{}")) // its version counts
	if err != nil {
		return "", err
	}
	if run.Automatic {
		return fmt.Sprintf("%s%s-%08d", automaticRun, cmpKey(run.Due), n), nil
	}
	return fmt.Sprintf("run-%08d", n), nil
}

func cmpKey(d *due) string {
	if d.Key == "" {
		return "bury"
	}
	return d.Key
}
