package duckdb

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
)

const (
	kiB = 1 << 10
	miB = 1 << 20
	giB = 1 << 30
)

// Config configures the driver. Zero fields take the defaults of [Defaults].
type Config struct {
	// Path is the database file. Its folder must exist and be held by this
	// process alone (disk.OpenFolder): DuckDB keeps out other processes, but not
	// a second store of the same process.
	Path string
	// LakeDir is the folder of the lake's files, which must exist. Files in it, and
	// no others, are read and written. Empty: there is no lake.
	LakeDir string
	// MemoryLimit bounds what DuckDB holds in memory, for writes and queries
	// together, in bytes.
	MemoryLimit int64
	// SpillLimit bounds the scratch files of large queries, in bytes.
	SpillLimit int64
	// CheckpointBytes is the size of the write-ahead log at which it is folded
	// into the database file.
	CheckpointBytes int64
	// Threads is the number of threads that work on one statement when it takes long (see
	// lender), 0 for one per two cores, and at least two: with one, a checkpoint holds commits
	// up for a second.
	Threads int
	// MaxQueries bounds the queries of users that run at once, and those of the
	// platform itself, each.
	MaxQueries int
	// MaxWaiting bounds the queries that wait for a slot, QueueTimeout how long those of users do.
	MaxWaiting   int
	QueueTimeout time.Duration
	// RevisionRetention is how long superseded results of jobs are kept, by the
	// time at which they were stored. They are removed while new ones come.
	RevisionRetention time.Duration
	// Limits are those of queries that have none of their own.
	Limits olap.Limits

	// Now is the clock. Clock ticks for the watch over memory; nil takes the real
	// one. Logger may be nil.
	Now    func() time.Time
	Clock  clock.Clock
	Logger *slog.Logger

	// options are further settings of the database, for benchmarks.
	options map[string]string
	// tableOptions is appended to each CREATE TABLE; for benchmarks.
	tableOptions string
	// combinations bounds a dimension instead of maxCombinations; for tests.
	combinations int
	// foldRows stands in for maxTail; for tests.
	foldRows int
}

// Defaults returns the configuration of a laptop.
func Defaults() Config {
	return Config{
		MemoryLimit:       256 * miB,
		SpillLimit:        giB,
		CheckpointBytes:   32 * miB,
		MaxQueries:        4,
		MaxWaiting:        32,
		QueueTimeout:      2 * time.Second,
		RevisionRetention: 7 * 24 * time.Hour,
		Limits:            olap.Limits{Rows: 100_000, Bytes: 64 * miB, Timeout: 30 * time.Second},
	}
}

func (c Config) withDefaults() (Config, error) {
	d := Defaults()
	c.MemoryLimit = or(c.MemoryLimit, d.MemoryLimit)
	c.SpillLimit = or(c.SpillLimit, d.SpillLimit)
	c.CheckpointBytes = or(c.CheckpointBytes, d.CheckpointBytes)
	c.Threads = or(c.Threads, max(2, runtime.NumCPU()/2))
	c.MaxQueries = or(c.MaxQueries, d.MaxQueries)
	c.MaxWaiting = or(c.MaxWaiting, d.MaxWaiting)
	c.QueueTimeout = or(c.QueueTimeout, d.QueueTimeout)
	c.Limits = c.Limits.Or(d.Limits)
	c.RevisionRetention = or(c.RevisionRetention, d.RevisionRetention)
	c.foldRows = or(c.foldRows, maxTail)
	if c.combinations == 0 {
		c.combinations = maxCombinations
	}
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Path == "":
		return c, errors.New("analytics store: no path of the database file")
	case c.Now == nil:
		return c, errors.New("analytics store: no clock")
	case c.MemoryLimit < 64*miB:
		return c, fmt.Errorf("analytics store: memory limit of %d bytes is too small, give it at least 64 MiB", c.MemoryLimit)
	}
	return c, nil
}

// settings are the options that the database is opened with. lockdown follows them.
func (c Config) settings() map[string]string {
	s := map[string]string{
		"memory_limit":            strconv.FormatInt(c.MemoryLimit/kiB, 10) + "KiB",
		"max_temp_directory_size": strconv.FormatInt(c.SpillLimit/kiB, 10) + "KiB",
		"threads":                 strconv.Itoa(c.Threads),
		"external_threads":        strconv.Itoa(c.Threads), // see lender
		"checkpoint_threshold":    strconv.FormatInt(c.CheckpointBytes/kiB, 10) + "KiB",
		// Keeping the order spares a copy of each commit (ADR 041).
		"preserve_insertion_order":      "true",
		"storage_compatibility_version": "latest",
		"autoload_known_extensions":     "false",
		"autoinstall_known_extensions":  "false",
		"allow_community_extensions":    "false",
		"allow_unsigned_extensions":     "false",
		"allow_persistent_secrets":      "false",
		"errors_as_json":                "true",
	}
	for k, v := range c.options {
		if v == "" {
			delete(s, k)
			continue
		}
		s[k] = v
	}
	return s
}

// lockdown are the statements that shut the database in, before anybody else knows it:
// it reads and writes no file but its own and those of the lake, and no setting can be
// changed afterwards, by anyone.
func (c Config) lockdown() string {
	var b strings.Builder
	if c.LakeDir != "" {
		fmt.Fprintf(&b, "SET allowed_directories = [%s];\n", literal(c.LakeDir))
	}
	b.WriteString("SET enable_external_access = false;\nSET lock_configuration = true;")
	return b.String()
}

func or[T int | int64 | time.Duration](v, fallback T) T {
	if v == 0 {
		return fallback
	}
	return v
}
