package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
)

// A MariaDB server that is killed while it writes its binary log leaves a file
// that may end within a transaction, or within an event. It rolls that transaction
// back, leaves the file as it is, and goes on in another one; what of the
// transaction is in the file never happened. (MySQL cuts the file.) A server that
// is up hands out complete transactions only, so that its newest file and those
// that follow while we are connected need no care. Of an older file a transaction
// is held back until it is seen to be complete. One that is too long to be held is
// read twice.

// maxHeld is how many bytes of a transaction's events are held back.
const maxHeld = 1 << 20

// afterHeader is where the first event of a file begins.
const afterHeader = 4

// doubt is what may have been cut off.
type doubt struct {
	newest  string   // file when we connected
	certain position // the transaction that begins there is complete
	holding bool
	from    position // where the transaction begins that is held back
	held    []*replication.BinlogEvent
	bytes   int64 // of the transaction, held or not
}

// errSeenWhole says that a transaction that was too long to be held is complete.
var errSeenWhole = errors.New("the transaction is complete")

// admit takes an event once its transaction is known to be complete.
func (r *stream) admit(ctx context.Context, e *replication.BinlogEvent) error {
	switch m := e.Event.(type) {
	case *replication.RotateEvent, *replication.FormatDescriptionEvent:
		r.drop() // the file ended before the transaction did
	case *replication.MariadbGTIDEvent:
		at := r.begin(e)
		if err := r.release(ctx, at); err != nil {
			return err
		}
		if !m.IsStandalone() && r.file != r.doubt.newest && r.doubt.certain != at {
			r.doubt.holding, r.doubt.from = true, at
		}
	}
	if !r.doubt.holding {
		return r.take(ctx, e)
	}
	if r.doubt.bytes += int64(e.Header.EventSize); r.doubt.bytes <= maxHeld {
		r.doubt.held = append(r.doubt.held, e)
	} else {
		r.doubt.held = nil
	}
	if commits(e) {
		return r.release(ctx, position{File: r.file, Pos: e.Header.LogPos})
	}
	return nil
}

// release takes what was held back: its transaction ends here.
func (r *stream) release(ctx context.Context, end position) error {
	d := &r.doubt
	if !d.holding {
		return nil
	}
	if d.bytes > maxHeld {
		d.certain = d.from
		r.cfg.Logger.Debug("a long transaction is complete and is read again", "source", r.cfg.Source, "from", d.from, "to", end)
		return errSeenWhole
	}
	held := d.held
	r.drop()
	for _, e := range held {
		if err := r.take(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// drop forgets what was held back.
func (r *stream) drop() {
	d := &r.doubt
	d.holding, d.held, d.bytes = false, nil, 0
}

// commits reports whether an event is the last one of a transaction that has more.
func commits(e *replication.BinlogEvent) bool {
	switch m := e.Event.(type) {
	case *replication.XIDEvent:
		return true
	case *replication.QueryEvent:
		text := string(m.Query)
		return strings.EqualFold(text, "COMMIT") || strings.EqualFold(text, "ROLLBACK")
	}
	return false
}

// onward says where to read on after an error, if that is known.
func (r *stream) onward(err error) (position, error) {
	if errors.Is(err, errSeenWhole) {
		r.drop()
		return r.doubt.from, nil
	}
	if refused := new(mysql.MyError); !r.server.mariadb || r.file == r.doubt.newest || !errors.As(err, &refused) ||
		refused.Code != mysql.ER_MASTER_FATAL_ERROR_READING_BINLOG || !strings.Contains(refused.Message, "truncated in the middle of event") {
		return position{}, err
	}
	files, failed := r.query(`SHOW BINARY LOGS`)
	if failed != nil {
		return position{}, fmt.Errorf("cannot list the binary logs: %w", errors.Join(failed, err))
	}
	for i, f := range files[:max(len(files)-1, 0)] {
		if f[0] != r.file {
			continue
		}
		next := position{File: files[i+1][0], Pos: afterHeader}
		r.cfg.Logger.Info("a binary log ends within an event, since the server was killed; the transaction was rolled back",
			"source", r.cfg.Source, "file", r.file, "next", next.File)
		r.drop()
		r.file, r.open = next.File, false
		r.feed.Mark(next)
		return next, nil
	}
	return position{}, err
}
