package record

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Store keeps records. All methods are safe for concurrent use.
type Store interface {
	// View runs read in a snapshot: it sees no transaction that commits meanwhile.
	View(ctx context.Context, read func(Reader) error) error
	// Update runs write in a transaction. Transactions are serialisable; write may be
	// run more than once, so it must not have effects outside. What it wrote is
	// durable when Update returns nil; when write fails, nothing of it remains, and
	// Update returns its error. The error wraps [ErrFull] when the disk is full.
	Update(ctx context.Context, write func(Tx) error) error
	// Close waits for running transactions and frees the store.
	Close() error
}

// Reader reads within a transaction. It must not be used after it.
type Reader interface {
	// Get returns a record. The error wraps [ErrNotFound] when there is none.
	Get(collection, key string) (Record, error)
	// Scan returns records of a collection in the order of their keys' bytes.
	Scan(collection string, r Range) ([]Record, error)
}

// Tx reads and writes within a transaction, and sees its own writes.
type Tx interface {
	Reader
	// Put stores a record and returns its version: 1 for a new one, else one more
	// than before.
	Put(collection, key string, value []byte) (version int64, err error)
	// Delete removes a record. The error wraps [ErrNotFound] when there is none.
	Delete(collection, key string) error
}

// Record is what is stored under a key.
type Record struct {
	Key     string
	Value   []byte // the caller's to keep
	Version int64
}

// Range selects records of a collection. The zero value selects all of them.
type Range struct {
	Prefix string // that keys begin with
	After  string // keys behind this one; empty for the beginning
	Limit  int    // most records; 0 for all
}

// Limits of a record.
const (
	MaxKeyBytes   = 1024
	MaxValueBytes = 16 << 20
)

// The kinds of failure that callers act on.
var (
	ErrNotFound = errors.New("there is no such record")
	ErrInvalid  = errors.New("record cannot be stored")
	ErrFull     = errors.New("no space left for the record store")
	ErrClosed   = errors.New("record store is closed")
)

// Check refuses what some driver could not store. Drivers call it before they write.
func Check(collection, key string, value []byte) error {
	switch {
	case collection == "" || len(collection) > 64:
		return fmt.Errorf("%w: collection %q must have 1 to 64 bytes", ErrInvalid, collection)
	case key == "" || len(key) > MaxKeyBytes:
		return fmt.Errorf("%w: its key has %d bytes; 1 to %d are taken", ErrInvalid, len(key), MaxKeyBytes)
	case !utf8.ValidString(key) || strings.IndexByte(key, 0) >= 0:
		return fmt.Errorf("%w: key %q is not UTF-8 without NUL", ErrInvalid, key)
	case len(value) > MaxValueBytes:
		return fmt.Errorf("%w: %q has %d bytes; at most %d are taken", ErrInvalid, key, len(value), MaxValueBytes)
	}
	return nil
}
