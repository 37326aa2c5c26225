package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
)

// Outbox names the columns of a transactional outbox: a table that the shop's
// services insert their messages into, in the transaction of what they tell about.
type Outbox struct {
	Table         string
	ID            string // default id
	AggregateType string // default aggregatetype
	AggregateID   string // default aggregateid
	Type          string // default type
	Payload       string // default payload
}

// Config describes a database to take changes from.
type Config struct {
	URL     string
	Source  string
	Adapter adapter.Adapter
	Log     *resume.Log
	Meters  *meter.Registry
	Clock   clock.Clock
	Logger  *slog.Logger
	Random  func() float64 // from 0 up to 1

	Tables      []string // schema.table; public without a schema
	Outbox      Outbox   // instead of tables
	Publication string   // default millrace_SOURCE
	Slot        string   // default millrace_SOURCE
	NoSnapshot  bool     // rows that are there already are not taken
	Restart     bool     // a slot that is lost is made anew; else it is an error
	Confirm     time.Duration
	MaxSlotLag  int64 // bytes of write-ahead log kept for the slot before it warns; 0: never

	EventBytes   int
	BatchRecords int
}

// The defaults.
const (
	defaultConfirm    = time.Second
	defaultEventBytes = 1 << 20
	checkpointEvery   = 10 * time.Second
)

// table is a table by name.
type table struct{ Schema, Name string }

func (t table) String() string { return t.Schema + "." + t.Name }

var slotName = regexp.MustCompile(`^[a-z0-9_]{1,63}$`)

func (c *Config) setDefaults() {
	def := func(at *string, value string) {
		if *at == "" {
			*at = value
		}
	}
	own := "millrace_" + strings.ReplaceAll(c.Source, "-", "_")
	def(&c.Publication, own)
	def(&c.Slot, own)
	def(&c.Outbox.ID, "id")
	def(&c.Outbox.AggregateType, "aggregatetype")
	def(&c.Outbox.AggregateID, "aggregateid")
	def(&c.Outbox.Type, "type")
	def(&c.Outbox.Payload, "payload")
	if c.Confirm <= 0 {
		c.Confirm = defaultConfirm
	}
	if c.EventBytes <= 0 {
		c.EventBytes = defaultEventBytes
	}
	if c.Meters == nil {
		c.Meters = new(meter.Registry)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// tables returns the tables to take.
func (c *Config) tables() ([]table, error) {
	names := c.Tables
	if c.Outbox.Table != "" {
		if len(names) > 0 {
			return nil, errors.New("tables and outbox are both set; an outbox is a source of its own")
		}
		names = []string{c.Outbox.Table}
	}
	if len(names) == 0 {
		return nil, errors.New("neither tables nor outbox.table is set: name what to take")
	}
	var out []table
	for _, name := range names {
		schema, rest, ok := strings.Cut(name, ".")
		if !ok {
			schema, rest = "public", name
		}
		if schema == "" || rest == "" || strings.Contains(rest, ".") {
			return nil, fmt.Errorf("table %q is no name such as orders or shop.orders", name)
		}
		out = append(out, table{schema, rest})
	}
	return out, nil
}
