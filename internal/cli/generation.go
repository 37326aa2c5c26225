package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/millrace/millrace/internal/generate"
)

// destination takes batches of events in their order.
type destination interface {
	// Deliver returns once the batch is safe. The batch is the caller's again.
	Deliver(ctx context.Context, b *delivery) error
	Close() error
	// Splits says that the receiver refuses lines that are no JSON.
	Splits() bool
	// Resent is how many events were sent more than once.
	Resent() int64
}

// delivery is a batch of events, one a line.
type delivery struct {
	lines  []byte
	ends   []int    // of each event in lines, without the line break
	keys   [][2]int // of each event's actor in lines; empty: none
	noJSON int      // events that a receiver of lines refuses
}

const (
	maxDelivery      = 2000
	maxDeliveryBytes = 2 << 20
	// patience is how long an event that is due may wait for company.
	patience = 5 * time.Millisecond
)

func (d *delivery) reset() {
	d.lines, d.ends, d.keys, d.noJSON = d.lines[:0], d.ends[:0], d.keys[:0], 0
}

func (d *delivery) add(e *generate.Event) {
	from := len(d.lines)
	d.lines = append(d.lines, e.Payload...)
	d.ends = append(d.ends, len(d.lines))
	key := [2]int{}
	if len(e.Key) > 0 { // the key is a part of the payload
		at := from + cap(e.Payload) - cap(e.Key)
		key = [2]int{at, at + len(e.Key)}
	}
	d.keys = append(d.keys, key)
	d.lines = append(d.lines, '\n')
	if e.Damage == generate.NoJSON {
		d.noJSON++
	}
}

func (d *delivery) full() bool { return len(d.ends) >= maxDelivery || len(d.lines) >= maxDeliveryBytes }

// generation is one run of millrace generate.
type generation struct {
	s      *shell
	shop   *generate.Shop
	to     destination
	labels io.Writer
	only   map[generate.Type]bool
	pace   pace
	live   bool
	events int64 // to deliver; 0: no end
	opened int64 // event time, µs
	end    int64 // event time, µs; 0: none

	tally   generate.Tally
	batch   delivery
	label   []byte
	started time.Time
	took    time.Duration
	shown   time.Time
	line    *line
}

// run delivers until the end, or until ctx ends, which is an end as well.
func (g *generation) run(ctx context.Context) error {
	g.started = g.s.clock.Now()
	g.shown, g.line = g.started, g.s.newLine()
	defer g.line.end()
	for n := int64(0); (g.events == 0 || n < g.events) && ctx.Err() == nil; {
		e := g.shop.Next()
		if g.end > 0 && e.Arrival >= g.end {
			break
		}
		if g.only != nil && !g.only[e.Type] {
			if err := g.tell(); err != nil {
				return err
			}
			continue
		}
		if err := g.await(ctx, e); err != nil {
			break // interrupted
		}
		g.batch.add(e)
		g.tally.Add(e)
		n++
		if g.batch.full() {
			if err := g.flush(ctx); err != nil {
				return err
			}
		}
		if err := g.tell(); err != nil {
			return err
		}
	}
	// What was counted is delivered, whether interrupted or not.
	if err := g.flush(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	g.took = g.s.clock.Now().Sub(g.started)
	return g.tellUnfinished()
}

// await waits until an event is due. What waits with it goes out first.
func (g *generation) await(ctx context.Context, e *generate.Event) error {
	if g.pace.rate == 0 {
		return nil
	}
	due := g.started.Add(time.Duration(float64(e.Arrival-g.opened) * 1000 / g.pace.speed))
	early := due.Sub(g.s.clock.Now())
	if early < patience {
		return nil
	}
	if err := g.flush(ctx); err != nil {
		return err
	}
	return g.s.clock.Sleep(ctx, due.Sub(g.s.clock.Now()))
}

func (g *generation) flush(ctx context.Context) error {
	if len(g.batch.ends) == 0 {
		return nil
	}
	if err := g.to.Deliver(ctx, &g.batch); err != nil {
		return err
	}
	g.batch.reset()
	if g.live {
		g.show()
	}
	return nil
}

// show tells how far it is, now and then.
func (g *generation) show() {
	every := 5 * time.Second
	if g.line.style.terminal {
		every = 200 * time.Millisecond
	}
	now := g.s.clock.Now()
	if now.Sub(g.shown) < every {
		return
	}
	g.shown = now
	sum := g.tally.Summary()
	at := ""
	if sum.To != nil {
		at = sum.To.Format("2006-01-02 15:04:05")
	}
	g.line.show(fmt.Sprintf("%s  %s events  %s/s", at, count(sum.Delivered), count(int64(float64(sum.Delivered)/now.Sub(g.started).Seconds()))))
}

// tell writes the labels that are complete.
func (g *generation) tell() error {
	for l := g.shop.NextLabel(); l != nil; l = g.shop.NextLabel() {
		if err := g.write(l); err != nil {
			return err
		}
	}
	return nil
}

func (g *generation) tellUnfinished() error {
	for _, l := range g.shop.Unfinished() {
		if err := g.write(l); err != nil {
			return err
		}
	}
	return nil
}

func (g *generation) write(l *generate.Label) error {
	g.tally.AddLabel(l)
	if g.labels == io.Discard {
		return nil
	}
	g.label = l.AppendJSON(g.label[:0])
	if _, err := g.labels.Write(g.label); err != nil {
		return fmt.Errorf("cannot write a label: %w", err)
	}
	return nil
}
