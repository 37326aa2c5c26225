package analysis

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
)

// Names of the analyses.
const (
	RFM         = "rfm"
	Cohorts     = "cohorts"
	CLV         = "clv"
	Attribution = "attribution"
	Baskets     = "baskets"
)

// Names of the tables.
const (
	RunsTable       = "analysis_runs"
	RFMTable        = "customer_rfm"
	CohortsTable    = "customer_cohorts"
	ValueTable      = "customer_value"
	CreditsTable    = "attribution_credits"
	ChannelsTable   = "attribution_channels"
	ItemsetsTable   = "basket_itemsets"
	BasketRuleTable = "basket_rules"
)

// Table is where results are, and how they are sorted when they are shown.
type Table struct{ Name, Order string }

// Analysis is one that can be run.
type Analysis struct {
	Name   string
	Text   string
	Tables []Table

	run func(ctx context.Context, s *scan) (*outcome, error)
}

// All returns the analyses.
func All() []Analysis {
	return []Analysis{
		{RFM, "How recent, frequent and valuable each customer is among all, and the segment that follows", []Table{{RFMTable, "revenue DESC, customer_id"}}, runRFM},
		{Cohorts, "How many of the customers whose first order was in one month order in each month after, and for how much", []Table{{CohortsTable, "cohort, age_months"}}, runCohorts},
		{CLV, "How likely each customer is to come back, and what he will bring, by BG/NBD and Gamma-Gamma", []Table{{ValueTable, "lifetime_value DESC, customer_id"}}, runValue},
		{Attribution, "Which channels led to orders, by seven models", []Table{{CreditsTable, "model, revenue DESC, channel"}, {ChannelsTable, "orders DESC, channel"}}, runAttribution},
		{Baskets, "What is bought together, and what follows from what", []Table{{BasketRuleTable, "lift DESC, baskets DESC, if_items, then_items"}, {ItemsetsTable, "baskets DESC, size, items"}}, runBaskets},
	}
}

// Settings are what the shop may choose.
type Settings struct {
	Currency string // of the lines that count; empty: that of most
	// Base is the currency of events' amount_base. When it is that of the lines that count,
	// lines of other currencies are converted to it; else they are left out.
	Base    string
	Window  time.Duration
	MaxRows int // read for a run
	Value   ValueSettings
	Touches TouchSettings
	Baskets BasketSettings
}

// ValueSettings are those of [CLV].
type ValueSettings struct {
	Months   int     // of 30 days, ahead
	Discount float64 // per month
}

// TouchSettings are those of [Attribution].
type TouchSettings struct {
	Channel  string // source_medium, source, medium or campaign
	Lookback time.Duration
	HalfLife time.Duration
}

// BasketSettings are those of [Baskets].
type BasketSettings struct {
	MinSupport, MinConfidence float64
	MaxItems, MaxItemsets     int
}

// Store is what is used of the analytics store.
type Store interface {
	olap.Snapshots
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// Config is what a service is made of.
type Config struct {
	Store    Store
	Settings Settings
	Interval time.Duration // between runs of one analysis; 0: only by request
	Timeout  time.Duration // of a statement
	Version  string        // of the binary, kept with each run
	Clock    clock.Clock
	Logger   *slog.Logger
}

var (
	// ErrNotFound says that there is no such analysis.
	ErrNotFound = errors.New("there is no such analysis")
	// ErrRunning says that one is under way: they run one at a time.
	ErrRunning = errors.New("an analysis is running")
	// ErrInput says that the tables, or the settings, do not allow a result.
	ErrInput = errors.New("there is no result")
)

// Run is what is known of the newest run of an analysis.
type Run struct {
	Analysis string
	Number   int64
	Finished time.Time
	Seconds  float64
	Until    time.Time // of the newest line of an order that it knows
	By       string
	// Positions are up to where the log was read, per partition.
	Positions  map[int32]int64
	Parameters map[string]string
	Figures    map[string]string // totals, and what was left out
	Rows       int64             // of all its tables
}

// outcome is what a run computed; its figures are in the scan.
type outcome struct {
	tables     []olap.Snapshot
	parameters map[string]string
}
