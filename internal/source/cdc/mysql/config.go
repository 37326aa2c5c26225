package mysql

import (
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
)

// Config describes a server to take changes from.
type Config struct {
	Address  string
	User     string
	Password string
	TLS      *tls.Config // nil: none
	Source   string
	Adapter  adapter.Adapter
	Log      *resume.Log
	Meters   *meter.Registry
	Clock    clock.Clock
	Logger   *slog.Logger
	Random   func() float64 // from 0 up to 1

	Tables     []string // database.table
	ServerID   uint32   // as which we read the log; by default made from the source's name
	NoSnapshot bool     // rows that are there already are not taken
	Restart    bool     // where the server has removed what was not read, begin anew; else it is an error
	Save       time.Duration
	TempDir    string // where equal rows of large tables without a key are counted; "" is the system's

	EventBytes   int
	BatchRecords int
}

// The defaults.
const (
	defaultSave       = time.Second
	defaultEventBytes = 1 << 20
	checkpointEvery   = 10 * time.Second
)

// table is a table by name.
type table struct{ Schema, Name string }

func (t table) String() string { return t.Schema + "." + t.Name }

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (t table) quoted() string { return quote(t.Schema) + "." + quote(t.Name) }

func (c *Config) setDefaults() {
	if c.Save <= 0 {
		c.Save = defaultSave
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
	if c.ServerID == 0 {
		h := fnv.New32a()
		_, _ = h.Write([]byte(c.Source)) // it never fails
		c.ServerID = 1<<30 | h.Sum32()>>2
	}
}

func (c *Config) tables() ([]table, error) {
	if len(c.Tables) == 0 {
		return nil, errors.New("no tables are named; say what to take")
	}
	var out []table
	for _, name := range c.Tables {
		schema, rest, ok := strings.Cut(name, ".")
		if !ok || schema == "" || rest == "" {
			return nil, fmt.Errorf("table %q is no name such as shop.orders", name)
		}
		out = append(out, table{schema, rest})
	}
	return out, nil
}
