package app

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/reconcile"
)

// reconciler is what the API asks to compare numbers.
type reconciler struct {
	audits     *reconcile.Audits
	statements *reconcile.Statements
	orders     *reconcile.Orders
	balance    *reconcile.Balance
	alarm      *ledgerAlarm
}

var _ gateway.Reconciler = (*reconciler)(nil)

func (p *platform) openReconcile(context.Context) error {
	cfg := &p.cfg.Reconcile
	orders, err := p.orderTruth()
	if err != nil {
		return err
	}
	statements := &reconcile.Statements{
		Records: p.records, Ledger: p.checkpoint, Clock: p.clock, Grace: cfg.Grace, Retention: p.cfg.Ledger.MinuteRetention,
	}
	alarm := &ledgerAlarm{raise: p.alerts.Raise, log: p.log}
	unbalanced := newUnbalanced()
	if err := p.metrics.Register(unbalanced); err != nil {
		return fmt.Errorf("cannot register the ledger's metric: %w", err)
	}
	p.reconcile = &reconciler{
		audits: &reconcile.Audits{Records: p.records, Auditor: &reconcile.Auditor{
			Log: p.topic, Store: p.olap, Ledger: p.checkpoint, Judge: p.newJudge, Clock: p.clock, Retention: p.cfg.Ledger.MinuteRetention,
		}},
		statements: statements, orders: orders, alarm: alarm,
		balance: &reconcile.Balance{
			Ledger: p.checkpoint, Statements: statements, Interval: cfg.Interval, Clock: p.clock, Logger: p.log,
			Report: func(ctx context.Context, found []reconcile.Imbalance) {
				unbalanced.Set(float64(len(found)))
				for _, f := range found {
					p.log.Error("the ledger does not balance", "source", f.Source, "minute", f.At, "detail", f.Detail)
				}
				alarm.balanced(ctx, found)
			},
		},
	}
	return nil
}

func newUnbalanced() prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "millrace_ledger_unbalanced_rows", Help: "Rows of the ledger that do not balance: every one is a fault of the platform.",
	})
}

// orderTruth is the configured comparison of orders.
func (p *platform) orderTruth() (*reconcile.Orders, error) {
	cfg := &p.cfg.Reconcile.Orders
	tolerance, err := event.ParseMicros(cfg.AmountTolerance)
	if err != nil {
		return nil, fmt.Errorf("reconcile.orders.amount_tolerance is %q: %w", cfg.AmountTolerance, err)
	}
	orders := &reconcile.Orders{Store: p.olap, AmountTolerance: tolerance, TimeTolerance: cfg.TimeTolerance, Settle: cfg.Settle}
	for _, w := range cfg.Witnesses {
		orders.Witnesses = append(orders.Witnesses, reconcile.Witness{Name: w.Name, Sources: w.Sources, Types: w.Types, Prefix: w.Prefix, Sum: w.Sum})
	}
	return orders, nil
}

func (p *platform) runReconcile(ctx context.Context) error { return p.reconcile.balance.Run(ctx) }

// Audit implements [gateway.Reconciler].
func (r *reconciler) Audit(ctx context.Context, s reconcile.Scope, progress func(read, of int64)) (*reconcile.Report, error) {
	report, err := r.audits.Run(ctx, s, progress)
	if err == nil {
		r.alarm.audited(ctx, report)
	}
	return report, err
}

// Audits implements [gateway.Reconciler].
func (r *reconciler) Audits(ctx context.Context) ([]reconcile.Report, error) {
	return r.audits.List(ctx)
}

// Statements implements [gateway.Reconciler].
func (r *reconciler) Statements() *reconcile.Statements { return r.statements }

// Orders implements [gateway.Reconciler].
func (r *reconciler) Orders() *reconcile.Orders { return r.orders }
