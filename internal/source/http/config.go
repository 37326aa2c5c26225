package httpsource

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/control"
	"github.com/millrace/millrace/internal/source/meter"
)

// Config is what the doors are made of.
type Config struct {
	Sources  []Source
	Limits   Limits
	Origins  []string // browsers' origins that may post; "*" allows all
	Appender eventlog.Appender
	Verdicts Verdicts // nil: ?wait=verdict is refused
	Gate     Gate     // nil: always open
	Files    Files    // nil: POST /api/v1/files is not served
	Meters   *meter.Registry
	Clock    clock.Clock
	Logger   *slog.Logger
}

// Source is a configured source that senders reach by a write key.
type Source struct {
	Name    string
	Adapter adapter.Adapter
	Keys    [][sha256.Size]byte // SHA-256 of each write key
	AppIDs  []string            // Snowplow's app ids that need no key
	Webhook *Webhook            // nil: the source takes no webhooks
	// Control is what an operator says about it; nil: nothing.
	Control *control.Source
}

// Limits bound what a sender may send. Zero means the default.
type Limits struct {
	EventBytes       int           // one event; 32 KiB
	BatchBytes       int           // one Segment batch; 500 KiB
	BodyBytes        int           // one native body, after decompression; 8 MiB
	BatchEvents      int           // events in one request; 10,000
	InflightRequests int           // requests being taken at once; 1,024
	FileUploads      int           // files being taken at once; 16
	ReadTimeout      time.Duration // for an event body, and between two pieces of a file; 1 minute
	MaxWait          time.Duration // of ?wait=verdict; 1 minute
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		v   *int
		def int
	}{
		{&l.EventBytes, 32 << 10},
		{&l.BatchBytes, 500 << 10},
		{&l.BodyBytes, 8 << 20},
		{&l.BatchEvents, 10_000},
		{&l.InflightRequests, 1024},
		{&l.FileUploads, 16},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	if l.ReadTimeout <= 0 {
		l.ReadTimeout = time.Minute
	}
	if l.MaxWait <= 0 {
		l.MaxWait = time.Minute
	}
	return l
}

// Verdicts tells what the pass has made of an event.
type Verdicts interface {
	// Wait returns once the event at the coordinates has its verdict, or with
	// ctx's error.
	Wait(ctx context.Context, partition int32, offset int64) (VerdictInfo, error)
}

// VerdictInfo is what became of an event.
type VerdictInfo struct {
	EventID  event.ID
	Verdict  event.Verdict
	Problems []event.Problem
}

// Gate says whether the log may take events at all, as far as the disk is
// concerned.
type Gate interface {
	Admit() (ok bool, reason string)
}

// ErrConfig is wrapped by the errors of [New].
var ErrConfig = errors.New("cannot open the HTTP doors")

// check reports what is wrong with the sources and returns them by key, and by
// Snowplow's app id.
func (c *Config) check() (byKey map[[sha256.Size]byte]*sourceState, byApp map[string]*sourceState, err error) {
	if c.Appender == nil || c.Clock == nil {
		return nil, nil, fmt.Errorf("%w: BUG: no appender or clock", ErrConfig)
	}
	byKey, byApp = make(map[[sha256.Size]byte]*sourceState), make(map[string]*sourceState)
	for i := range c.Sources {
		s := &c.Sources[i]
		if s.Adapter == nil {
			return nil, nil, fmt.Errorf("%w: BUG: source %q has no adapter", ErrConfig, s.Name)
		}
		st := newSourceState(s, c.Meters)
		for _, k := range s.Keys {
			if other := byKey[k]; other != nil && other != st {
				return nil, nil, fmt.Errorf("%w: sources %q and %q have the same write key; give each its own", ErrConfig, other.name, s.Name)
			}
			byKey[k] = st
		}
		for _, app := range s.AppIDs {
			if other := byApp[app]; other != nil && other != st {
				return nil, nil, fmt.Errorf("%w: sources %q and %q have the same app id %q; give each its own", ErrConfig, other.name, s.Name, app)
			}
			byApp[app] = st
		}
	}
	return byKey, byApp, nil
}
