package alert

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// EntryState says what becomes of a message in the outbox.
type EntryState string

// The states of an entry. What was delivered is not in the outbox any more.
const (
	Waiting EntryState = "waiting"
	GivenUp EntryState = "given_up"
)

// Entry is a message in the outbox.
type Entry struct {
	Message
	State     EntryState `json:"state"`
	Attempts  int        `json:"attempts"`
	Next      time.Time  `json:"next"` // not before
	LastError string     `json:"last_error,omitempty"`

	sending bool // an attempt runs
}

// key sorts the messages of an incident to a target by their order.
func (e *Entry) key() string { return fmt.Sprintf("%s/%s/%06d", e.Target, e.Incident, e.Seq) }

// queued counts the entries by their state. mu is held.
func (d *Desk) queued() (waiting, givenUp int) {
	for _, e := range d.outbox {
		if e.State == Waiting {
			waiting++
		} else {
			givenUp++
		}
	}
	return waiting, givenUp
}

// Outbox returns the messages that wait or were given up, the oldest first.
func (d *Desk) Outbox() []Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Entry, 0, len(d.outbox))
	for _, e := range d.outbox {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.key(), b.key())) })
	return out
}

// Retry lets the messages that were given up be tried again, and returns how many.
func (d *Desk) Retry(ctx context.Context) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.begin(d.cfg.Clock.Now())
	for key, e := range d.outbox {
		if e.State == GivenUp && d.cfg.Targets[e.Target] != nil {
			again := *e
			again.State, again.Attempts, again.Next = Waiting, 0, c.now
			c.entries[key] = &again
		}
	}
	return len(c.entries), c.commit(ctx)
}

// rouse wakes who delivers to a target.
func (d *Desk) rouse(target string) {
	select {
	case d.wake[target] <- struct{}{}:
	default: // it will look anyway
	}
}

// deliver sends the messages to a target until the context ends.
func (d *Desk) deliver(ctx context.Context, target string) {
	for ctx.Err() == nil {
		e, m, wait := d.next(target)
		if e != nil {
			d.attempt(ctx, e, m)
			continue
		}
		timer := (<-chan time.Time)(nil) // nothing waits: only a new message wakes
		if wait > 0 {
			timer = d.cfg.Clock.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-d.wake[target]:
		case <-timer:
		}
	}
}

// next returns the message that is due, or how long it takes until one is; 0 when none
// waits. Of an incident only the first that waits may go.
func (d *Desk) next(target string) (*Entry, *Message, time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := make(map[string]*Entry)
	for _, e := range d.outbox {
		if e.Target == target && e.State == Waiting && (first[e.Incident] == nil || e.Seq < first[e.Incident].Seq) {
			first[e.Incident] = e
		}
	}
	var best *Entry
	for _, e := range first {
		if best == nil || e.Next.Before(best.Next) || e.Next.Equal(best.Next) && e.key() < best.key() {
			best = e
		}
	}
	if best == nil {
		return nil, nil, 0
	}
	if wait := best.Next.Sub(d.cfg.Clock.Now()); wait > 0 {
		return nil, nil, wait
	}
	best.sending = true
	m := best.Message
	if i := d.incidents[m.Incident]; i != nil {
		m.Ref = i.Refs[target]
	}
	return best, &m, 0
}

// attempt sends a message and notes what came of it. When that cannot be noted it is
// tried until it can: sending again would tell people twice.
func (d *Desk) attempt(ctx context.Context, e *Entry, m *Message) {
	sending, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	ref, failure := d.cfg.Targets[m.Target].Send(sending, m)
	cancel()
	if failure != nil && ctx.Err() != nil {
		return // the process ends; the message waits for the next one
	}
	for wait := d.cfg.RetryMin; ; wait = min(2*wait, d.cfg.RetryMax) {
		err := d.settle(ctx, e, ref, failure)
		if err == nil || ctx.Err() != nil {
			return
		}
		d.cfg.Logger.Error("cannot note what became of an escalation message; it is tried again", "target", m.Target, "error", err)
		if d.cfg.Clock.Sleep(ctx, wait) != nil {
			return
		}
	}
}

// settle stores the outcome of an attempt.
func (d *Desk) settle(ctx context.Context, e *Entry, ref string, failure error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.begin(d.cfg.Clock.Now())
	counts := d.counts[e.Target]
	if failure == nil {
		c.dropped = append(c.dropped, e.key())
		if stored := d.incidents[e.Incident]; stored != nil && ref != "" && stored.Refs[e.Target] != ref {
			c.incident(stored).Refs[e.Target] = ref
		}
		if err := c.commit(ctx); err != nil {
			return err
		}
		counts.Delivered++
		return nil
	}
	next := *e
	next.sending = false
	next.Attempts++
	next.LastError = cut(failure.Error(), 500)
	var refused *RefusedError
	if errors.As(failure, &refused) || next.Attempts >= d.cfg.Attempts {
		next.State = GivenUp
	} else {
		next.Next = c.now.Add(d.backoff(next.Attempts, failure))
	}
	c.entries[next.key()] = &next
	if err := c.commit(ctx); err != nil {
		return err
	}
	counts.Failed++
	if next.State == GivenUp {
		counts.GivenUp++
		d.cfg.Logger.Error("an escalation message is given up", "target", next.Target, "incident", next.Incident, "attempts", next.Attempts, "error", failure)
	}
	return nil
}

// backoff is how long to wait after so many attempts: it doubles, and half of it is left
// to chance, so that many messages do not come back together. A target that says when
// is believed, within a day.
func (d *Desk) backoff(attempts int, failure error) time.Duration {
	wait := d.cfg.RetryMin
	for range attempts - 1 {
		wait = min(2*wait, d.cfg.RetryMax)
	}
	wait = wait/2 + time.Duration(d.cfg.Random.Float64()*float64(wait/2))
	var later *LaterError
	if errors.As(failure, &later) {
		wait = max(wait, min(later.After, 24*time.Hour))
	}
	return wait
}

// cut shortens a text to so many characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}
