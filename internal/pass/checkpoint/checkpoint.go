// Package checkpoint is the commit point of the pass on one machine: one synced
// Pebble batch per commit holds, for every task in it, the input position, the
// watermarks, the fingerprints added to the dedup index, the ledger rows and the
// verdicts. A crash leaves either all of a commit or nothing of it.
//
// Rows reach the analytics store after the commit. Until they are there, the
// verdict log keeps what became of each record, so that its rows can be made
// again without asking an index or a watermark that have moved on.
//
// Keys, by their first byte (numbers are big-endian):
//
//	p <partition u32> t            position and watermarks of a task
//	p <partition u32> m            manifest of its dedup index
//	p <partition u32> d <seq u64>  fingerprints added by commit seq
//	p <partition u32> v <pos u64>  verdicts of the commit that began at pos
//	p <partition u32> w <off u64>  the event at off was quarantined, and what became of it
//	p <partition u32> x <id>       contents of an event that was sent again repaired
//	c <name>                       cursor of a source
//	l …                            ledger rows, see package ledger
package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/ledger"
)

const (
	taskPrefix   = 'p'
	cursorPrefix = 'c'

	// Most of what jobs and tasks write is written again or removed within seconds: in a
	// large table it never reaches the disk but in the write-ahead log.
	memTableBytes = 32 << 20
	// A layer repeats a write once when the disk is full, so this many make 64
	// attempts. One is not enough: the store that shares the disk takes the space
	// that it has just given back when it tries its own write again, and Pebble
	// cannot go on without its log.
	fullLayers = 6
	// Version 1 has no states of sources. It is what a task without any is written as.
	taskVersion1 = 1
	taskVersion2 = 2
)

// ErrCorrupt says that what was read is not what was written.
var ErrCorrupt = errors.New("checkpoint is corrupt")

// Config configures the store.
type Config struct {
	Dir        string
	CacheBytes int64
	// FS replaces the file system of the operating system; nil does not.
	FS vfs.FS
	// DiskFull is called when the disk is full, and returns when a write is
	// worth another try.
	DiskFull func()
	Logger   *slog.Logger
}

// Store is the open checkpoint store. It is safe for concurrent use, but each
// partition has one writer.
type Store struct{ db *pebble.DB }

// Open opens or creates the store.
func Open(cfg Config) (*Store, error) {
	fs := cfg.FS
	if fs == nil {
		fs = vfs.Default
	}
	if cfg.DiskFull != nil {
		for range fullLayers {
			fs = vfs.OnDiskFull(fs, cfg.DiskFull)
		}
	}
	cache := pebble.NewCache(cfg.CacheBytes)
	defer cache.Unref()
	opts := &pebble.Options{
		FS:                    fs,
		Cache:                 cache,
		MemTableSize:          memTableBytes,
		L0CompactionThreshold: 4,
		Merger:                ledger.Merger(),
		Logger:                pebbleLogger{cfg.Logger},
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(cfg.Dir, opts)
	if err != nil {
		return nil, fmt.Errorf("cannot open the checkpoint store in %q: %w", cfg.Dir, err)
	}
	return &Store{db}, nil
}

// Close closes the store. Everything committed is on disk already.
func (s *Store) Close() error { return s.db.Close() }

// Ledger returns the ledger as of the newest commit.
func (s *Store) Ledger() *ledger.Ledger { return ledger.New(s.db) }

// Task is the durable state of a partition's task.
type Task struct {
	Position int64 // next offset to read
	// Received is how many records the task has read since the beginning.
	Received int64
	// Newest is the newest event time of each source, in µs.
	Newest map[string]int64
	// Sources are those that are not active.
	Sources map[string]SourceState
	// Manifest is that of the dedup index; nil for a new one.
	Manifest []byte
}

// SourceState is that of a source whose events are kept out.
type SourceState struct {
	// Sample: every so many-th event is judged as usual; 0: none is.
	Sample int64
	// Seen is how many events came since the state was set.
	Seen int64
}

// Clone returns a copy that does not change with t.
func (t *Task) Clone() Task {
	c := *t
	c.Newest = maps.Clone(t.Newest)
	c.Sources = maps.Clone(t.Sources)
	return c
}

// Load reads the state of a task. A new partition has the zero state.
func (s *Store) Load(partition int32) (*Task, error) {
	t := &Task{Newest: make(map[string]int64)}
	state, err := s.get(taskKey(partition, 't'))
	if err != nil {
		return nil, err
	}
	if state != nil {
		if err := t.decode(state); err != nil {
			return nil, fmt.Errorf("cannot read the checkpoint of partition %d: %w", partition, err)
		}
	}
	if t.Manifest, err = s.get(taskKey(partition, 'm')); err != nil {
		return nil, err
	}
	return t, nil
}

// Deltas returns what was added to a partition's dedup index behind the
// manifest, in order. A slice is valid until the next one.
func (s *Store) Deltas(partition int32) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		it, err := s.db.NewIter(&pebble.IterOptions{
			LowerBound: taskKey(partition, 'd'), UpperBound: taskKey(partition, 'd'+1),
		})
		if err != nil {
			yield(nil, fmt.Errorf("cannot read the checkpoint of partition %d: %w", partition, err))
			return
		}
		defer it.Close()
		for ok := it.First(); ok; ok = it.Next() {
			if !yield(it.Value(), nil) {
				return
			}
		}
		if err := it.Error(); err != nil {
			yield(nil, fmt.Errorf("cannot read the checkpoint of partition %d: %w", partition, err))
		}
	}
}

// Summary is the state of all tasks and the ledger as of one commit.
type Summary struct {
	Total     ledger.Counts
	Positions map[int32]int64 // offset to read next, per partition
	Received  int64           // records read since the beginning
}

// Summary reads positions and ledger from one snapshot.
func (s *Store) Summary() (*Summary, error) {
	snapshot := s.db.NewSnapshot()
	defer snapshot.Close()
	total, err := ledger.New(snapshot).Total()
	if err != nil {
		return nil, err
	}
	positions, received, err := progress(snapshot)
	return &Summary{Total: total, Positions: positions, Received: received}, err
}

func progress(db pebble.Reader) (map[int32]int64, int64, error) {
	it, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{taskPrefix}, UpperBound: []byte{taskPrefix + 1},
	})
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read the checkpoint's positions: %w", err)
	}
	defer it.Close()
	positions := make(map[int32]int64)
	received := int64(0)
	for ok := it.First(); ok; {
		partition := int32(binary.BigEndian.Uint32(it.Key()[1:]))
		if it.Key()[5] < 't' {
			ok = it.SeekGE(taskKey(partition, 't'))
			continue
		}
		if it.Key()[5] > 't' {
			ok = it.SeekGE(taskKey(partition+1, 0))
			continue
		}
		var t Task
		if err := t.decode(it.Value()); err != nil {
			return nil, 0, fmt.Errorf("cannot read the checkpoint of partition %d: %w", partition, err)
		}
		positions[partition] = t.Position
		received += t.Received
		ok = it.Next()
	}
	return positions, received, it.Error()
}

// Commit is what one commit adds. Build it, then call [Commit.Apply] once.
type Commit struct{ batch *pebble.Batch }

// NewCommit starts a commit.
func (s *Store) NewCommit() *Commit { return &Commit{s.db.NewBatch()} }

// Task sets the state of a partition's task; its Manifest is left as it is.
func (c *Commit) Task(partition int32, t *Task) error {
	return c.batch.Set(taskKey(partition, 't'), t.encode(), nil)
}

// Dedup adds what a checkpoint of the partition's dedup index asks for.
func (c *Commit) Dedup(partition int32, cp *fingerprint.Checkpoint) error {
	if cp.Delta != nil {
		if err := c.batch.Set(deltaKey(partition, cp.Seq), cp.Delta, nil); err != nil {
			return err
		}
	}
	if cp.Manifest == nil {
		return nil
	}
	if err := c.batch.Set(taskKey(partition, 'm'), cp.Manifest, nil); err != nil {
		return err
	}
	return c.batch.DeleteRange(deltaKey(partition, 0), deltaKey(partition, cp.DropThrough+1), nil)
}

// Ledger adds the rows of a partition and empties the delta.
func (c *Commit) Ledger(partition int32, d *ledger.Delta) error {
	return d.AppendTo(c.batch, partition)
}

// Batch gives access for what belongs to other packages.
func (c *Commit) Batch() *pebble.Batch { return c.batch }

// Apply makes the commit durable, all of it or nothing.
func (c *Commit) Apply() error {
	defer c.batch.Close()
	if err := c.batch.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("cannot commit to the checkpoint store: %w", err)
	}
	return nil
}

// Discard gives up a commit.
func (c *Commit) Discard() error { return c.batch.Close() }

// Get returns the cursor of a source.
func (s *Store) Get(name string) (value []byte, found bool, err error) {
	value, err = s.get(append([]byte{cursorPrefix}, name...))
	return value, value != nil, err
}

// Put makes the cursor of a source durable.
func (s *Store) Put(name string, value []byte) error {
	if err := s.db.Set(append([]byte{cursorPrefix}, name...), value, pebble.Sync); err != nil {
		return fmt.Errorf("cannot store the cursor of %q: %w", name, err)
	}
	return nil
}

func (s *Store) get(key []byte) ([]byte, error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read from the checkpoint store: %w", err)
	}
	defer closer.Close()
	return append([]byte{}, v...), nil
}

func taskKey(partition int32, kind byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{taskPrefix}, uint32(partition)), kind)
}

func deltaKey(partition int32, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(taskKey(partition, 'd'), seq)
}

func (t *Task) encode() []byte {
	b := []byte{taskVersion1}
	if len(t.Sources) > 0 {
		b[0] = taskVersion2
	}
	b = binary.AppendVarint(b, t.Position)
	b = binary.AppendVarint(b, t.Received)
	b = binary.AppendUvarint(b, uint64(len(t.Newest)))
	for _, source := range slices.Sorted(maps.Keys(t.Newest)) {
		b = appendText(b, source)
		b = binary.AppendVarint(b, t.Newest[source])
	}
	if len(t.Sources) == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(t.Sources)))
	for _, source := range slices.Sorted(maps.Keys(t.Sources)) {
		b = appendText(b, source)
		b = binary.AppendVarint(b, t.Sources[source].Sample)
		b = binary.AppendVarint(b, t.Sources[source].Seen)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (t *Task) decode(b []byte) error {
	if len(b) == 0 || b[0] != taskVersion1 && b[0] != taskVersion2 {
		return fmt.Errorf("%w: version %.1x, this binary reads %d and %d", ErrCorrupt, b, taskVersion1, taskVersion2)
	}
	d := decoder{b: b[1:]}
	t.Position, t.Received = d.varint(), d.varint()
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		source := string(d.bytes(d.uvarint()))
		newest := d.varint()
		if t.Newest != nil {
			t.Newest[source] = newest
		}
	}
	if b[0] == taskVersion2 {
		t.Sources = make(map[string]SourceState)
		for n := d.uvarint(); n > 0 && !d.bad; n-- {
			source := string(d.bytes(d.uvarint()))
			t.Sources[source] = SourceState{Sample: d.varint(), Seen: d.varint()}
		}
	}
	if d.bad || len(d.b) > 0 {
		return ErrCorrupt
	}
	return nil
}

// decoder reads varints; after the first failure it returns zeros.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	d.advance(n)
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.advance(n)
	return v
}

func (d *decoder) advance(n int) {
	if n <= 0 {
		d.bad, d.b = true, nil
		return
	}
	d.b = d.b[n:]
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

// pebbleLogger passes Pebble's errors on; its progress is not news.
type pebbleLogger struct{ log *slog.Logger }

func (pebbleLogger) Infof(string, ...any) {}

func (l pebbleLogger) Errorf(format string, args ...any) {
	if l.log != nil {
		l.log.Error("checkpoint store", "message", fmt.Sprintf(format, args...))
	}
}

// Fatalf is called when Pebble cannot go on. What is durable stays so; the
// process must restart.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	panic("checkpoint store: " + fmt.Sprintf(format, args...))
}
