package filesource

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
)

// Config is what the file source is made of.
type Config struct {
	Log    *resume.Log
	Clock  clock.Clock
	Meters *meter.Registry
	Logger *slog.Logger
	// TempDir is for counting the equal records of files that have more distinct
	// ones than fit in memory. Empty: the system's.
	TempDir string

	Limits Limits // of what files stand for
	// Began is told of each file that is taken, whichever way it came. What it returns is
	// told how that ended, with an error as [Source.Ingest] returns it. Nil: nobody is.
	Began func(context.Context, *Input) (ended func(Report, error))

	LineBytes    int           // longest record; 1 MiB
	ChunkBytes   int           // read and handed over at once; 256 KiB
	BatchRecords int           // records handed over at once; 4,096
	InFlight     int           // batches waiting for the log; 8
	SaveEvery    int           // batches between two savings of the cursor; 32
	RetryFor     time.Duration // how long to wait for a log that takes nothing; 0: as long as the context lives
}

// Limits bound what the bytes of a file may stand for. Zero values stand for the
// defaults.
type Limits struct {
	Bytes   int64 // of a file's text, or of all in an archive; 64 GiB
	Ratio   int64 // of that to the bytes sent, where it is long; 500
	Members int   // of an archive; 10,000
}

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 64 << 30
	}
	if l.Ratio <= 0 {
		l.Ratio = 500
	}
	if l.Members <= 0 {
		l.Members = 10_000
	}
	return l
}

func (c Config) withDefaults() Config {
	c.Limits = c.Limits.withDefaults()
	for _, d := range []struct {
		v   *int
		def int
	}{
		{&c.LineBytes, 1 << 20},
		{&c.ChunkBytes, 256 << 10},
		{&c.BatchRecords, 4096},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	if c.Meters == nil {
		c.Meters = new(meter.Registry)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Source takes files. It is safe for concurrent use.
type Source struct {
	cfg Config
}

// New returns a file source.
func New(cfg Config) *Source { return &Source{cfg: cfg.withDefaults()} }

// Input is a file.
type Input struct {
	Name    string    // as rows show it, without folders
	Reader  io.Reader // an io.ReaderAt too, if it can be: archives and Parquet are not copied then
	Source  string
	Adapter adapter.Adapter
	// Size is the length of what Reader gives, -1 when it is not known (a pipe).
	// A file of unknown size cannot be resumed.
	Size int64
	// Modified, where it is known, tells a changed file from the same one.
	Modified time.Time
	// ReplyDir is the folder for what the sender is answered, where the format
	// has answers: acknowledgements of EDI. Empty: the sender is not answered.
	ReplyDir string
	// Version, where it is known, does so too, such as an object's etag.
	Version string
}

// Options say how a file is taken.
type Options struct {
	// Pace replays the file by the time of its events: Pace seconds of events per
	// second. 0 takes it as fast as it can be read.
	Pace float64
	// Progress, if set, is called after each batch by the goroutine that reads.
	Progress func(Progress)
	// Commit, if set, is called once all of the file is in the log and before it
	// is forgotten how far it was: if the process dies before Commit has returned,
	// taking the file again appends nothing.
	Commit func(Report) error
}

// Progress is how far a file has been taken.
type Progress struct {
	BytesRead int64 // of the file as it is, compressed or not
	Size      int64 // -1 when not known
	Records   int64
	EventTime time.Time // of a recent event; zero when not known
}

// Report is what became of a file.
type Report struct {
	Stream string `json:"stream"`
	// Lines are the lines of the file, the header included.
	Lines int64 `json:"lines"`
	// Accepted are the records that the log has and the pass will judge.
	Accepted int64 `json:"accepted_by_log"`
	// Resumed are those of Accepted and Rejected that an earlier, interrupted run
	// had put there.
	Resumed int64 `json:"resumed,omitempty"`
	// Rejected are records that the door refused; the log has a sample of each.
	Rejected int64 `json:"rejected"`
	// Acknowledgement is the name of the file that the sender is answered by.
	Acknowledgement string      `json:"acknowledgement,omitempty"`
	Errors          []LineError `json:"errors"`
}

// LineError is what is wrong with a line.
type LineError struct {
	Line    int64  `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// maxErrors bounds the errors that a report lists; Rejected counts all.
const maxErrors = 100

func (r *Report) reject(line int64, message string) {
	r.Rejected++
	if len(r.Errors) < maxErrors {
		r.Errors = append(r.Errors, LineError{line, 1, message})
	}
}
