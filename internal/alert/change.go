package alert

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// The collections of the record store.
const (
	incidentRecords = "alert.incidents"
	outboxRecords   = "alert.outbox"
)

// change is what happens in one transaction: incidents and the messages that they cause
// become durable together, or not at all. The desk's mutex is held for all of it.
type change struct {
	d         *Desk
	now       time.Time
	incidents map[string]*Incident // copies, as they will be
	gone      []string             // incidents to forget
	entries   map[string]*Entry
	dropped   []string // keys of entries to forget
	missed    int64
	also      func(record.Tx) error // what else is stored with it; nil: nothing
}

func (d *Desk) begin(now time.Time) *change {
	return &change{d: d, now: now.UTC(), incidents: make(map[string]*Incident), entries: make(map[string]*Entry)}
}

// incident returns the copy that the change works on.
func (c *change) incident(stored *Incident) *Incident {
	if i := c.incidents[stored.ID]; i != nil {
		return i
	}
	i := stored.clone()
	c.incidents[i.ID] = i
	return i
}

func currentKey(rule, key string) string { return rule + "\x00" + key }

// observe takes what a rule says about a key.
func (c *change) observe(r *Rule, f finding, severity Severity) {
	stored := c.d.incidents[c.d.current[currentKey(r.Name, f.key)]]
	switch {
	case stored == nil:
		if f.firing {
			c.open(r, f, severity)
		}
	case f.firing:
		c.refire(stored, r, f, severity)
	case f.open == 0:
		c.close(c.incident(stored), "nothing of it is open any more")
	case stored.Firing:
		i := c.incident(stored)
		i.Firing, i.Fired = false, c.now
		c.coolDown(i, r)
	}
}

func (c *change) open(r *Rule, f finding, severity Severity) {
	if len(c.d.current)+len(c.incidents) >= maxOpen {
		c.missed++
		return
	}
	i := &Incident{
		ID: incidentID(r.Name, f.key, c.now), Rule: r.Name, Key: f.key, Severity: severity, Title: f.title, Text: f.text, Link: f.link,
		State: StateOpen, Firing: true, Opened: c.now, Fired: c.now, Targets: slices.Clone(r.Targets), Refs: map[string]string{},
	}
	i.note(Event{At: c.now, What: "opened: " + f.title})
	c.incidents[i.ID] = i
	c.tell(i, KindOpen, "", "")
}

// refire notes that an incident still fires. It is stored when somebody is told, or when
// it had not fired: how often it did in between is not worth a sync of the disk.
func (c *change) refire(stored *Incident, r *Rule, f finding, severity Severity) {
	told := cmp.Or(stored.ToldSeverity, stored.Severity)
	worse := severity != told && severity.AtLeast(told)
	changed := f.title != stored.Title || f.text != stored.Text || severity != stored.Severity
	quiet := c.now.Sub(stored.Told) < r.UpdateEvery && !worse
	muted := c.now.Before(stored.Muted)
	// A signal says a thing once; what a rule finds it finds again.
	keep := changed && (r.Signal != "" || severity != stored.Severity)
	if stored.Firing && !keep && (!changed || quiet || muted) {
		stored.Fired = c.now
		return
	}
	i := c.incident(stored)
	i.Firing, i.Fired = true, c.now
	if keep || changed && !quiet && !muted {
		i.Title, i.Text, i.Link, i.Severity, i.Untold = f.title, f.text, f.link, severity, true
	}
	if changed && !quiet && !muted {
		i.note(Event{At: c.now, What: "updated: " + f.title})
		c.tell(i, KindUpdate, "", "")
	}
}

// vanished closes the incidents of a rule whose groups are gone.
func (c *change) vanished(r *Rule, seen map[string]bool) {
	for _, id := range c.d.current {
		if i := c.d.incidents[id]; i.Rule == r.Name && !seen[i.Key] {
			c.close(c.incident(i), "nothing of it is open any more")
		}
	}
}

// cool closes the incidents whose cool-down is over, and those of rules that are gone.
func (c *change) cool() {
	rules := make(map[string]*Rule, len(c.d.cfg.Rules))
	for i := range c.d.cfg.Rules {
		rules[c.d.cfg.Rules[i].Name] = &c.d.cfg.Rules[i]
	}
	for _, id := range c.d.current {
		i := cmp.Or(c.incidents[id], c.d.incidents[id]) // it may have fired again just now
		r := rules[i.Rule]
		switch {
		case r == nil:
			c.close(c.incident(i), "its rule is not configured any more")
		case !i.Firing:
			c.coolDown(i, r)
		case i.Untold && c.now.Sub(i.Told) >= r.UpdateEvery && !c.now.Before(i.Muted):
			i = c.incident(i)
			i.note(Event{At: c.now, What: "updated: " + i.Title})
			c.tell(i, KindUpdate, "", "")
		}
	}
}

func (c *change) coolDown(i *Incident, r *Rule) {
	if c.now.Sub(i.Fired) >= r.CoolDown {
		c.close(c.incident(i), "it has not been so for "+short(r.CoolDown))
	}
}

func (c *change) close(i *Incident, reason string) {
	if i.State == StateClosed {
		return
	}
	i.State, i.Firing, i.Closed = StateClosed, false, c.now
	i.note(Event{At: c.now, What: "closed", Reason: reason})
	c.tell(i, KindClose, "", reason)
}

// tell queues a message to each target. An update that was not sent yet gives way to a
// newer one.
func (c *change) tell(i *Incident, kind Kind, by, reason string) {
	i.Told, i.ToldSeverity, i.Untold = c.now, i.Severity, false
	i.Seq++
	waiting, _ := c.d.queued()
	for _, target := range i.Targets {
		if c.d.cfg.Targets[target] == nil {
			continue // it is not configured any more
		}
		for _, e := range c.d.outbox {
			if e.Incident == i.ID && e.Target == target && e.Kind == KindUpdate && !e.sending && e.State == Waiting {
				c.dropped = append(c.dropped, e.key())
			}
		}
		e := &Entry{State: Waiting, Next: c.now, Message: Message{
			Incident: i.ID, Target: target, Seq: i.Seq, Kind: kind, Rule: i.Rule, Key: i.Key, Severity: i.Severity, Title: i.Title,
			Text: i.Text, Link: c.d.link(i.Link), Opened: i.Opened, At: c.now, By: by, Reason: reason,
		}}
		if waiting+len(c.entries) >= maxWaiting {
			e.State, e.LastError = GivenUp, "too many messages wait already"
			c.d.counts[target].GivenUp++
		}
		c.entries[e.key()] = e
	}
}

// prune forgets what is old, and what is too much.
func (c *change) prune() {
	var closed []*Incident
	for _, i := range c.d.incidents {
		if i.State == StateClosed {
			closed = append(closed, i)
		}
	}
	slices.SortFunc(closed, func(a, b *Incident) int { return b.Closed.Compare(a.Closed) })
	for n, i := range closed {
		if n >= maxClosed || c.now.Sub(i.Closed) > c.d.cfg.Retention {
			c.gone = append(c.gone, i.ID)
		}
	}
	var givenUp []*Entry
	for _, e := range c.d.outbox {
		if e.State == GivenUp {
			givenUp = append(givenUp, e)
		}
	}
	slices.SortFunc(givenUp, func(a, b *Entry) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.key(), b.key())) })
	for n, e := range givenUp {
		if n >= maxGivenUp || c.now.Sub(e.At) > c.d.cfg.Retention {
			c.dropped = append(c.dropped, e.key())
		}
	}
}

// commit stores the change, and then lets it hold in memory.
func (c *change) commit(ctx context.Context) error {
	c.d.missed += c.missed
	if len(c.incidents)+len(c.entries)+len(c.gone)+len(c.dropped) == 0 && c.also == nil {
		return nil
	}
	if err := c.d.cfg.Store.Update(ctx, c.write); err != nil {
		return err
	}
	for id, i := range c.incidents {
		c.d.incidents[id] = i
		if key := currentKey(i.Rule, i.Key); i.State != StateClosed {
			c.d.current[key] = id
		} else if c.d.current[key] == id {
			delete(c.d.current, key)
		}
	}
	for _, id := range c.gone {
		delete(c.d.incidents, id)
	}
	for _, key := range c.dropped {
		delete(c.d.outbox, key)
	}
	maps.Copy(c.d.outbox, c.entries)
	for _, e := range c.entries {
		c.d.rouse(e.Target)
	}
	return nil
}

func (c *change) write(tx record.Tx) error {
	for id, i := range c.incidents {
		if err := put(tx, incidentRecords, id, i); err != nil {
			return err
		}
	}
	for key, e := range c.entries {
		if err := put(tx, outboxRecords, key, e); err != nil {
			return err
		}
	}
	for _, id := range c.gone {
		if err := tx.Delete(incidentRecords, id); err != nil && !errors.Is(err, record.ErrNotFound) {
			return err
		}
	}
	for _, key := range c.dropped {
		if err := tx.Delete(outboxRecords, key); err != nil && !errors.Is(err, record.ErrNotFound) {
			return err
		}
	}
	if c.also != nil {
		return c.also(tx)
	}
	return nil
}

func put(tx record.Tx, collection, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = tx.Put(collection, key, text)
	return err
}

// load reads what is stored. Whatever fired when the process ended has its whole
// cool-down before it again: nobody looked meanwhile.
func (d *Desk) load(ctx context.Context) error {
	now := d.cfg.Clock.Now().UTC()
	return d.cfg.Store.View(ctx, func(r record.Reader) error {
		clear(d.incidents)
		clear(d.current)
		clear(d.outbox)
		incidents, err := r.Scan(incidentRecords, record.Range{})
		if err != nil {
			return err
		}
		for _, stored := range incidents {
			i := new(Incident)
			if err := json.Unmarshal(stored.Value, i); err != nil {
				return err
			}
			d.incidents[i.ID] = i
			if i.State != StateClosed {
				i.Fired = now
				d.current[currentKey(i.Rule, i.Key)] = i.ID
			}
		}
		entries, err := r.Scan(outboxRecords, record.Range{})
		if err != nil {
			return err
		}
		for _, stored := range entries {
			e := new(Entry)
			if err := json.Unmarshal(stored.Value, e); err != nil {
				return err
			}
			d.outbox[e.key()] = e
		}
		return nil
	})
}
