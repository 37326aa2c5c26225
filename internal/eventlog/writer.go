package eventlog

import (
	"context"
	"errors"

	"github.com/millrace/millrace/adapter"
)

// Entry is a record on its way into the log.
type Entry struct {
	// Key is the route key; records of equal keys lie in one partition.
	Key    []byte
	Record adapter.Record
	// Spooled is the header of a record that waited in a spool, as
	// [AppendSpooled] writes it; nil for all others.
	Spooled []byte

	// Partition and Offset are the record's coordinates, set once it is durable.
	// Offset is [InSpool] when it is durable in a spool so far.
	Partition int32
	Offset    int64
}

// InSpool is the offset of what is durable on this machine, and not yet in the log.
const InSpool = -1

// Appender is what a door needs of the log.
type Appender interface {
	// Append returns once every entry is durable, with its coordinates set. On
	// an error some entries may be in the log all the same; the sender delivers
	// again and the pass recognises what it has seen.
	//
	// Errors: ErrBusy when too much is waiting already (the sender should slow
	// down), ErrUnavailable when the log cannot take records (disk full, broker
	// gone), ErrTooLarge.
	Append(ctx context.Context, entries []Entry) error

	// AppendAsync hands the entries over in order and blocks only while the
	// buffer is full. done is called once, from another goroutine, when all of
	// them are durable or one has failed. The entries belong to the log until
	// then. Entries of one key and one caller keep their order.
	AppendAsync(ctx context.Context, entries []Entry, done func([]Entry, error))

	// Partition returns the partition of a route key.
	Partition(key []byte) int32
}

var (
	// ErrBusy says that the log takes records slower than they arrive.
	ErrBusy = errors.New("log is busy")
	// ErrUnavailable says that the log takes no records now.
	ErrUnavailable = errors.New("log is unavailable")
	// ErrTooLarge says that a record exceeds the log's limit.
	ErrTooLarge = errors.New("record is too large for the log")
)
