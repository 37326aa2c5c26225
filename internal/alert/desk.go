package alert

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
)

// Config is what a desk is made of.
type Config struct {
	Store   record.Store
	Rules   []Rule
	Targets map[string]Channel
	Series  Series // nil: rules about groups see none
	Clock   clock.Clock
	Random  interface{ Float64() float64 } // for the jitter of waits
	Logger  *slog.Logger

	Interval  time.Duration // from one evaluation to the next
	Attempts  int           // to deliver a message
	RetryMin  time.Duration // before the second attempt; it doubles
	RetryMax  time.Duration
	Timeout   time.Duration // of one attempt
	Retention time.Duration // of closed incidents and of messages that were given up
	BaseURL   string        // of the console, before links; empty: links stay paths
}

// The bounds of what a desk keeps.
const (
	maxOpen    = 1000   // incidents; what fires beyond them is opened when there is room
	maxClosed  = 1000   // incidents
	maxWaiting = 10_000 // messages
	maxGivenUp = 1000   // messages
)

// Desk keeps incidents and the outbox. It is safe for concurrent use. One process may
// have one desk on a record store.
type Desk struct {
	cfg Config

	evaluating sync.Mutex // held from reading groups to storing what follows, before mu
	mu         sync.Mutex // held while a change is stored
	incidents  map[string]*Incident
	current    map[string]string // rule and key → ID of the incident that is not closed
	outbox     map[string]*Entry // by key
	wake       map[string]chan struct{}
	counts     map[string]*Counts // by target
	missed     int64              // firings that were not opened, since there are too many
}

// Counts are what became of the messages to a target since the process started.
type Counts struct {
	Delivered, Failed, GivenUp int64 // Failed are attempts
}

// Open reads what an earlier process has left.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	d := &Desk{
		cfg: cfg, incidents: make(map[string]*Incident), current: make(map[string]string), outbox: make(map[string]*Entry),
		wake: make(map[string]chan struct{}), counts: make(map[string]*Counts),
	}
	for name := range cfg.Targets {
		d.wake[name], d.counts[name] = make(chan struct{}, 1), new(Counts)
	}
	for _, r := range cfg.Rules {
		if r.Signal != "" {
			if _, err := path.Match(r.Signal, ""); err != nil {
				return nil, fmt.Errorf("the pattern %q of rule %q cannot be read: %w", r.Signal, r.Name, err)
			}
		}
	}
	if err := d.load(ctx); err != nil {
		return nil, fmt.Errorf("cannot read incidents and their messages: %w", err)
	}
	return d, nil
}

// Run evaluates the rules and delivers messages until the context ends.
func (d *Desk) Run(ctx context.Context) error {
	var group errgroup.Group
	for name := range d.cfg.Targets {
		group.Go(func() error { d.deliver(ctx, name); return nil })
	}
	group.Go(func() error {
		ticker := d.cfg.Clock.NewTicker(d.cfg.Interval)
		defer ticker.Stop()
		for {
			if err := d.Evaluate(ctx); err != nil && ctx.Err() == nil {
				d.cfg.Logger.Warn("the escalation rules cannot be evaluated; they are again", "error", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
	})
	return group.Wait()
}

// Evaluate asks every rule about the groups as they are now. Run does it; tests and
// those who cannot wait may.
func (d *Desk) Evaluate(ctx context.Context) error {
	d.evaluating.Lock()
	defer d.evaluating.Unlock()
	now := d.cfg.Clock.Now()
	type answer struct {
		rule     *Rule
		findings []finding
	}
	var answers []answer
	for i := range d.cfg.Rules {
		r := &d.cfg.Rules[i]
		if r.Signal != "" || d.cfg.Series == nil {
			continue
		}
		groups, err := d.cfg.Series.Groups(ctx, r.query(now))
		if err != nil {
			return fmt.Errorf("cannot read the quarantine for rule %q: %w", r.Name, err)
		}
		answers = append(answers, answer{r, r.evaluate(groups, now)})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.begin(now)
	for _, a := range answers {
		seen := make(map[string]bool, len(a.findings))
		for _, f := range a.findings {
			seen[f.key] = true
			c.observe(a.rule, f, a.rule.Severity)
		}
		c.vanished(a.rule, seen)
	}
	c.cool()
	c.prune()
	return c.commit(ctx)
}

// Raise takes a signal. It returns once what follows is durable.
func (d *Desk) Raise(ctx context.Context, s Signal) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.begin(d.cfg.Clock.Now())
	for i := range d.cfg.Rules {
		r := &d.cfg.Rules[i]
		if r.Signal == "" || !matches(r.Signal, s.Name) {
			continue
		}
		// What is less severe than the rule takes is over for it.
		firing := s.Firing && s.Severity.AtLeast(r.Severity)
		c.observe(r, finding{key: s.Name + "|" + s.Key, title: s.Title, text: s.Text, link: s.Link, firing: firing, open: 1}, s.Severity)
	}
	return c.commit(ctx)
}

// Acknowledge says that somebody has taken an incident on. Doing so twice tells nobody twice.
func (d *Desk) Acknowledge(ctx context.Context, id, by, reason string) (Incident, error) {
	return d.edit(ctx, id, func(c *change, i *Incident) {
		if i.State == StateAcknowledged {
			return
		}
		i.State = StateAcknowledged
		i.note(Event{c.now, "acknowledged", by, reason})
		c.tell(i, KindAcknowledge, by, reason)
	})
}

// Mute lets an incident send no updates until a time; its end is told all the same. A
// time that is past ends it.
func (d *Desk) Mute(ctx context.Context, id string, until time.Time, by, reason string) (Incident, error) {
	return d.edit(ctx, id, func(c *change, i *Incident) {
		i.Muted = until
		what := "muted until " + until.UTC().Format(time.RFC3339)
		if !until.After(c.now) {
			i.Muted, what = time.Time{}, "no longer muted"
		}
		i.note(Event{c.now, what, by, reason})
	})
}

func (d *Desk) edit(ctx context.Context, id string, do func(*change, *Incident)) (Incident, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	stored := d.incidents[id]
	switch {
	case stored == nil:
		return Incident{}, ErrUnknown
	case stored.State == StateClosed:
		return Incident{}, ErrClosed
	}
	c := d.begin(d.cfg.Clock.Now())
	i := c.incident(stored)
	do(c, i)
	if err := c.commit(ctx); err != nil {
		return Incident{}, err
	}
	return *i.clone(), nil
}

// Test sends a message to a target at once, past the outbox. The error is what the
// target said.
func (d *Desk) Test(ctx context.Context, target, by string) error {
	channel := d.cfg.Targets[target]
	if channel == nil {
		return ErrUnknown
	}
	now := d.cfg.Clock.Now().UTC()
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	_, err := channel.Send(ctx, &Message{
		Incident: incidentID("test", target, now), Target: target, Seq: 1, Kind: KindTest, Rule: "test", Key: target, Severity: Info,
		Title: "Test of the escalation target " + target, Text: "Somebody has asked Millrace to send this. Nothing is wrong.",
		Link: d.link("/"), Opened: now, At: now, By: by,
	})
	return err
}

// Targets lists the names of the targets.
func (d *Desk) Targets() []string { return slices.Sorted(maps.Keys(d.cfg.Targets)) }

// Incidents returns the incidents, those that are not closed first, the newest first.
func (d *Desk) Incidents() []Incident {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Incident, 0, len(d.incidents))
	for _, i := range d.incidents {
		out = append(out, *i.clone())
	}
	slices.SortFunc(out, func(a, b Incident) int {
		if closed := a.State == StateClosed; closed != (b.State == StateClosed) {
			if closed {
				return 1
			}
			return -1
		}
		if order := b.Opened.Compare(a.Opened); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Stats are what a desk counts.
type Stats struct {
	Open, Acknowledged int
	Waiting, GivenUp   int
	Missed             int64 // firings that found too many open incidents
	Targets            map[string]Counts
}

// Stats returns the counts as of now.
func (d *Desk) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := Stats{Missed: d.missed, Targets: make(map[string]Counts, len(d.counts))}
	for name, c := range d.counts {
		s.Targets[name] = *c
	}
	for _, id := range d.current {
		if d.incidents[id].State == StateAcknowledged {
			s.Acknowledged++
		} else {
			s.Open++
		}
	}
	s.Waiting, s.GivenUp = d.queued()
	return s
}

// link makes a link of a path in the console.
func (d *Desk) link(to string) string {
	if to == "" || d.cfg.BaseURL == "" {
		return to
	}
	return strings.TrimSuffix(d.cfg.BaseURL, "/") + to
}
