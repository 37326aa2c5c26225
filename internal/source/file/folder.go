package filesource

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"time"
)

// Entry is a file of a folder.
type Entry struct {
	Name     string // below the folder, with slashes
	Size     int64
	Modified time.Time
	Version  string // tells contents of the same name apart where the folder knows it, such as an etag
}

// Outcome is what became of a file.
type Outcome struct {
	Entry  Entry
	Taken  bool   // all of it is in the log; otherwise it has failed
	Report []byte // JSON
	Marker bool   // it only told that other files are complete
}

// Folder is where files lie: a folder of this machine, of an SFTP server, or a
// bucket. Its methods serve one goroutine. An error of Open and Dispose that
// wraps [ErrEntry] is that file's alone; every other one means that the folder
// cannot be reached.
type Folder interface {
	// List calls visit for the files behind a name, in any order.
	List(ctx context.Context, after string, visit func(Entry) error) error
	// Open reads a file from an offset on. A file that is no longer as it was
	// listed is an [ErrEntry].
	Open(ctx context.Context, e Entry, offset int64) (io.ReadCloser, error)
	// Dispose does with a file what is to be done with it. gone says that it will
	// not be listed any more. A file that is no longer as it was listed is left
	// alone, and an [ErrEntry]: what it holds now has not been read.
	Dispose(ctx context.Context, o *Outcome) (gone bool, err error)
	// Close ends the connection. The next call of another method makes a new one.
	Close() error
}

// ErrEntry is wrapped by errors that one file has, and the folder has not: it is
// left alone until the next look.
var ErrEntry = errors.New("cannot use the file")

var errChanged = errors.New("it has changed since it was looked at")

// Selection says which files of a folder are taken, and in which order.
type Selection struct {
	Patterns []string // of names without folders; none: all
	Manifest string   // name of the file that says that others are complete
	ByTime   bool     // the oldest first, not by name
	MaxBytes int64    // of a file; 0: any
	MaxFiles int      // of the folder; 100,000
	// Increasing says that names only ever grow: what sorts before the last one
	// taken is never looked at again.
	Increasing bool
}

const defaultMaxFiles = 100_000

// Matches reports whether a file is one to take, by its name. Names that begin
// with a dot or end in .tmp or .part belong to files that are being written.
func (s *Selection) matches(name string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasSuffix(base, ".tmp") || strings.HasSuffix(base, ".part") {
		return false
	}
	if len(s.Patterns) == 0 {
		return true
	}
	for _, p := range s.Patterns {
		if ok, _ := path.Match(p, base); ok { // the patterns were checked with the configuration
			return true
		}
	}
	return false
}
