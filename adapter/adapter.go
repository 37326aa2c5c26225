// Package adapter is the contract between a sender's format and Millrace: an
// adapter turns one payload, as received, into one event. Adapters are pure:
// what they return depends on the record alone, never on the clock, on the
// network or on earlier records, so that a replay of the log gives the same
// events.
//
// A shop adds its own format by implementing [Adapter] and handing it to the
// platform in its own main.
package adapter

import (
	"errors"

	"github.com/millrace/millrace/event"
)

// Record is one payload with what its door knew about it. It is what the log
// stores: Payload is the record's value, the rest its metadata header.
type Record struct {
	Payload []byte

	Source  string // name of the configured source
	Adapter string // name of the adapter, without version
	Stream  string // file name, or door such as "http"
	Request string // request id of an HTTP door, empty elsewhere

	// Line is the line in the file (the header is line 1), or the index in the
	// request (from 0).
	Line int64
	// Position orders the records of a stream: records of one stream and one
	// partition lie in the log in strictly increasing order of Position. Files
	// use the record number, Kafka sources the offset; 0 elsewhere.
	Position int64
	// Occurrence numbers equal records of a file from 1. It is 0 at doors that
	// do not number, which is the same as 1: an event without an identity of its
	// own counts once, whichever doors it comes through.
	Occurrence uint32
	// Skew is receive time minus the sender's clock at sending, in µs; 0 when
	// the sender did not say.
	Skew int64
	// Envelope is what the record shares with its neighbours and needs to be
	// understood: the header line of a CSV file whose columns are not in the
	// mapping's order, the batch-level context of a Segment batch (JSON).
	Envelope string
	// Reject is why the door refused the record. A record with a reason is
	// counted in the ledger and not decoded; its payload is a sample.
	Reject string

	// Received is when the record was received, in µs since 1970 UTC: the append
	// time of the log, or the time at the door for a record that waited in a spool
	// while the log did not answer. Such records come later than their receive time
	// says, so it may go back from one record of a partition to the next. It is zero
	// at the door.
	Received int64
}

// Number is the record's number among equal ones, from 1.
func (r *Record) Number() uint32 { return max(r.Occurrence, 1) }

// Adapter is one format. It is safe for concurrent use; its decoders are not.
type Adapter interface {
	// Name is the name that sources are configured with.
	Name() string
	// Version changes whenever the same record may decode differently.
	Version() string
	// NewDecoder returns a decoder for one goroutine. The hook may be nil.
	NewDecoder(Telemetry) Decoder
}

// Decoder decodes records one by one, reusing its scratch memory.
type Decoder interface {
	// RouteKey appends the key that the record is partitioned by: the actor
	// (user, else anonymous id, else order id). Deliveries of one event have
	// one route key. The error is [ErrUndecodable] or wraps it.
	RouteKey(dst []byte, r *Record) ([]byte, error)

	// IdempotencyKey appends what makes the event the same event when it is
	// delivered again. It never fails: a payload that cannot be decoded is
	// identified by its bytes. Records without an identity of their own differ
	// by [Record.Number]. A file's door asks with r.Occurrence = 0 first, to
	// number equal records.
	IdempotencyKey(dst []byte, r *Record) []byte

	// Decode fills event i of the batch, which was just added with its offset,
	// receive time, line and payload. It sets ID to
	// event.NewID(r.Source, IdempotencyKey), and everything it can read; what it
	// cannot read becomes a problem of the batch. Strings it stores may point
	// into r.Payload. The columns Source, Stream and Versions are the caller's.
	Decode(b *event.Batch, i int, r *Record)
}

// Telemetry is the hook by which decoders report what they saw. It must be safe
// for concurrent use and must not block.
type Telemetry interface {
	// Problem is called once for each problem found while decoding.
	Problem(adapter string, category event.Category)
}

// FileFormat is implemented by adapters whose records lie in files. Its methods
// are pure and safe for concurrent use.
type FileFormat interface {
	// Next finds the first record of data: its length with the line ending and
	// the record without it. advance is 0 when data holds no complete record;
	// at the end of the file the rest is a record. An advance above 0 with a
	// nil record says that blank lines were skipped. A byte order mark is no
	// part of the record. lines is the number of line breaks consumed (a quoted
	// field may hold some).
	Next(data []byte, atEOF bool) (advance int, record []byte, lines int)

	// Header inspects the first record of a file. skip says that it is a header
	// and no data; envelope is what [Record.Envelope] must carry (empty when
	// the columns are in canonical order). The error names every missing and
	// every unexpected column.
	Header(first []byte) (envelope string, skip bool, err error)
}

// FileOpener is implemented by file formats that look at the beginning of a file
// before it is cut into records, to find out how it is written.
type FileOpener interface {
	// OpenFile returns the format of the file that begins with head, which ends
	// anywhere unless atEOF. What the records need to be understood alone is up to
	// the Header of the returned format. The error says what is wrong with the file.
	OpenFile(head []byte, atEOF bool) (FileFormat, error)
}

// JSONRecords is implemented by adapters that are a [FileFormat] and whose
// records are JSON documents. A file's door then cuts files that are one array
// of objects, or objects over several lines, too, and hands over rows of binary
// files as objects. Adapters that are no FileFormat are taken to read JSON.
type JSONRecords interface {
	RecordsAreJSON() bool
}

// ErrUndecodable says that a payload is not of the adapter's format at all.
var ErrUndecodable = errors.New("cannot decode payload")
