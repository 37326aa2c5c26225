package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"

	"github.com/millrace/millrace/stream"
)

// Disk keeps the state of tasks in a folder, for more of it than memory holds. It is
// a cache of the changelogs: it is not synced, and what a former process has left is
// removed.
type Disk struct {
	dir   string
	cache *pebble.Cache
	log   *slog.Logger
}

// OpenDisk empties a folder, which must be this process's alone. Its stores share a cache
// of so many bytes. [Disk.Open] is for [Config].Local.
func OpenDisk(dir string, cacheBytes int64, log *slog.Logger) (*Disk, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("cannot empty the folder of state %q: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the folder of state %q: %w", dir, err)
	}
	return &Disk{dir, pebble.NewCache(cacheBytes), log}, nil
}

// Close lets go of the cache, when all stores are closed.
func (d *Disk) Close() { d.cache.Unref() }

// memTableBytes is small, as each task has one.
const memTableBytes = 4 << 20

// Open opens the empty store of a task.
func (d *Disk) Open(task stream.Place) (Local, error) {
	dir := filepath.Join(d.dir, strings.ReplaceAll(task.String(), " ", "-"))
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("cannot empty the folder of state %q: %w", dir, err)
	}
	options := &pebble.Options{Cache: d.cache, MemTableSize: memTableBytes, DisableWAL: true, Logger: diskLogger{d.log}}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(dir, options)
	if err != nil {
		return nil, fmt.Errorf("cannot open the store of state %q: %w", dir, err)
	}
	return &diskStore{db, dir}, nil
}

type diskStore struct {
	db  *pebble.DB
	dir string
}

func (s *diskStore) Get(key []byte) (value []byte, found bool, err error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("cannot read state: %w", err)
	}
	value = append([]byte{}, v...)
	return value, true, closer.Close()
}

func (s *diskStore) Scan(lo, hi []byte, fn func(key, value []byte) error) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return fmt.Errorf("cannot read state: %w", err)
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		err = fn(it.Key(), it.Value())
	}
	return errors.Join(err, it.Error(), it.Close())
}

func (s *diskStore) Set(key, value []byte) error     { return s.db.Set(key, value, pebble.NoSync) }
func (s *diskStore) Delete(key []byte) error         { return s.db.Delete(key, pebble.NoSync) }
func (s *diskStore) DeleteRange(lo, hi []byte) error { return s.db.DeleteRange(lo, hi, pebble.NoSync) }

// Close removes the store.
func (s *diskStore) Close() error { return errors.Join(s.db.Close(), os.RemoveAll(s.dir)) }

// diskLogger passes Pebble's errors on; its progress is not news.
type diskLogger struct{ log *slog.Logger }

func (diskLogger) Infof(string, ...any) {}

func (l diskLogger) Errorf(format string, args ...any) {
	l.log.Error("store of state", "message", fmt.Sprintf(format, args...))
}

// Fatalf is called when Pebble cannot go on. The changelog has everything that is committed.
func (l diskLogger) Fatalf(format string, args ...any) {
	panic("store of state: " + fmt.Sprintf(format, args...))
}
