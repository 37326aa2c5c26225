package reconcile

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// Imbalance is a row of the ledger that does not balance.
type Imbalance struct {
	Source string
	At     time.Time // start of the minute; zero for the total since the beginning
	Detail string
}

// Balance looks again and again whether the ledger balances, and closes days.
type Balance struct {
	Ledger     Ledger
	Statements *Statements
	Interval   time.Duration
	Clock      clock.Clock
	Logger     *slog.Logger
	// Report is told what does not balance, after each look; none when all does.
	Report func(ctx context.Context, found []Imbalance)
}

// Run looks until the context ends.
func (b *Balance) Run(ctx context.Context) error {
	var from time.Time // minutes before it have been looked at
	for {
		found, err := b.look(from)
		if err == nil {
			b.Report(ctx, found)
			// A minute may get records as long as its receive time is near: that of
			// records that waited in a spool is checked by the total.
			from = b.Clock.Now().Add(-time.Hour)
			_, err = b.Statements.Close(ctx)
		}
		if err != nil && ctx.Err() == nil {
			b.Logger.Error("cannot check the ledger; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.Clock.After(b.Interval):
		}
	}
}

// look returns the first rows that do not balance.
func (b *Balance) look(from time.Time) (found []Imbalance, err error) {
	err = b.Ledger.LedgerAt(func(l *ledger.Ledger, _ map[int32]int64) error {
		for kind, filter := range map[ledger.Kind]ledger.Filter{ledger.BySource: {}, ledger.ByMinute: {From: from}} {
			rows, err := l.Rows(kind, filter)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if kind == ledger.ByMinute && r.Received == 0 {
					continue // it had expired; a decision about one of its events made it anew
				}
				if problem := imbalance(r.Counts); problem != "" && len(found) < maxFindings {
					found = append(found, Imbalance{Source: r.Source, At: r.At, Detail: problem})
				}
			}
		}
		return nil
	})
	return found, err
}

// imbalance says what does not add up, if anything.
func imbalance(c ledger.Counts) string {
	switch {
	case !c.Balanced():
		return fmt.Sprintf("%d received, %d with a verdict", c.Received, c.Accepted+c.Duplicate+c.Quarantined+c.Rejected)
	case c.Recovered+c.Waived+c.Dead > c.Quarantined:
		return fmt.Sprintf("%d quarantined, of which %d were settled", c.Quarantined, c.Recovered+c.Waived+c.Dead)
	case min(c.Recovered, c.Waived, c.Dead) < 0:
		return "a count is below zero: " + brief(c)
	}
	return ""
}
