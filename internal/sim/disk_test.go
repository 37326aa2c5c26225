package sim_test

import (
	"math/rand/v2"
	"os"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk is a file system whose power goes at one of its writes: the process dies, and
// what was written and not synced is lost.
type disk struct {
	vfs.FS
	crashAt int // number of the operation; 0 for never
	random  *rand.Rand

	mu    sync.RWMutex // held for writing by the crash, which never gives it back
	count struct {
		sync.Mutex
		operations int
		files      map[string]*diskFile
	}
}

func newDisk(crashAt int, seed uint64) *disk {
	d := &disk{FS: vfs.Default, crashAt: crashAt, random: rand.New(rand.NewPCG(seed, 1))}
	d.count.files = make(map[string]*diskFile)
	return d
}

// operation counts a write, and ends the process at the chosen one.
func (d *disk) operation() {
	d.count.Lock()
	d.count.operations++
	now := d.count.operations == d.crashAt
	d.count.Unlock()
	if now {
		d.crash()
	}
}

func (d *disk) crash() {
	d.mu.Lock() // no sync is under way, and none comes
	d.count.Lock()
	for path, f := range d.count.files {
		if lost := f.written - f.synced; lost > 0 {
			_ = os.Truncate(path, f.synced+d.random.Int64N(lost+1)) // the file may be removed by now
		}
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func (d *disk) track(path string, f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return f, err
	}
	w := &diskFile{File: f, disk: d}
	d.count.Lock()
	d.count.files[path] = w
	d.count.Unlock()
	return w, nil
}

func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	d.operation()
	f, err := d.FS.Create(name, category)
	return d.track(name, f, err)
}

func (d *disk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	d.operation()
	f, err := d.FS.ReuseForWrite(oldname, newname, category)
	d.count.Lock()
	delete(d.count.files, oldname)
	d.count.Unlock()
	return d.track(newname, f, err)
}

func (d *disk) Rename(oldname, newname string) error {
	d.operation()
	d.count.Lock()
	if f := d.count.files[oldname]; f != nil {
		delete(d.count.files, oldname)
		d.count.files[newname] = f
	}
	d.count.Unlock()
	return d.FS.Rename(oldname, newname)
}

func (d *disk) Remove(name string) error {
	d.operation()
	d.count.Lock()
	delete(d.count.files, name)
	d.count.Unlock()
	return d.FS.Remove(name)
}

// diskFile follows how much of a file would survive.
type diskFile struct {
	vfs.File
	disk            *disk
	written, synced int64 // the disk's count guards them
}

func (f *diskFile) Write(p []byte) (int, error) {
	f.disk.operation()
	f.disk.mu.RLock()
	defer f.disk.mu.RUnlock()
	n, err := f.File.Write(p)
	f.disk.count.Lock()
	f.written += int64(n)
	f.disk.count.Unlock()
	return n, err
}

func (f *diskFile) Sync() error { return f.sync(f.File.Sync) }

func (f *diskFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *diskFile) sync(sync func() error) error {
	f.disk.operation()
	f.disk.mu.RLock()
	defer f.disk.mu.RUnlock()
	f.disk.count.Lock()
	written := f.written
	f.disk.count.Unlock()
	err := sync()
	if err == nil {
		f.disk.count.Lock()
		f.synced = max(f.synced, written)
		f.disk.count.Unlock()
	}
	return err
}
