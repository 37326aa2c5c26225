package cli

import (
	"context"
	"io"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/config"
)

// Platform is how commands run the platform.
type Platform struct {
	// Run runs the configured targets until ctx ends.
	Run func(context.Context, *config.Config, RunOptions) error
	// Demo replays the example shop. It returns when ctx ends, or with
	// DemoOptions.Exit once everything is processed.
	Demo func(context.Context, *config.Config, DemoOptions) (*DemoResult, error)
	// Check reads what a configuration refers to, without opening anything.
	Check func(*config.Config) error
	// Targets lists what --target takes.
	Targets func() []Target
}

// RunOptions are what a run is given besides its configuration.
type RunOptions struct {
	Version string
	Stderr  io.Writer // for log lines
	// Ready is called once everything runs, with the URL of the console; empty
	// when HTTP does not run.
	Ready func(url string)
}

// Target is a part of the platform.
type Target struct {
	Name  string   `json:"name"`
	Needs []string `json:"needs"`
	Text  string   `json:"text"`
}

// DemoOptions are what the demo is given besides its configuration.
type DemoOptions struct {
	RunOptions
	Speed Speed
	// Exit ends the demo once everything is processed, without HTTP.
	Exit bool
	// Temporary keeps the data in a fresh folder that is removed at the end.
	Temporary bool
	// Progress is called about every second; it must not block. It may be nil.
	Progress func(DemoProgress)
}

// DemoProgress is how far the replay is.
type DemoProgress struct {
	EventTime       time.Time // newest processed; zero before the first
	Done            float64   // share of the file that was sent, 0 to 1
	EventsPerSecond float64
	Lag             int64
	Ledger          gateway.Ledger
}

// DemoResult is what the demo prints at its end.
type DemoResult struct {
	Ledger             DemoLedger        `json:"ledger"`
	Corrected          int64             `json:"corrected"`
	Late               int64             `json:"late"`
	Revenue            event.Micros      `json:"revenue"`
	RevenueQuarantined event.Micros      `json:"revenue_quarantined"`
	EventsPerSecond    float64           `json:"events_per_second"`
	EventsPerCPUSecond float64           `json:"events_per_cpu_second"`
	Freshness          gateway.Quantiles `json:"freshness_ms"`
	MaxRSSBytes        int64             `json:"max_rss_bytes"`
	CPUSeconds         float64           `json:"cpu_seconds"`
	ElapsedSeconds     float64           `json:"elapsed_seconds"`
}

// DemoLedger is the ledger without its marks.
type DemoLedger struct {
	Received    int64 `json:"received"`
	Accepted    int64 `json:"accepted"`
	Duplicate   int64 `json:"duplicate"`
	Quarantined int64 `json:"quarantined"`
	Rejected    int64 `json:"rejected"`
	Balanced    bool  `json:"balanced"`
}
