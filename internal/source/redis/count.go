package redissource

import (
	"context"
	"encoding/json"
	"fmt"
)

// count is how many entries of the stream were read, ever. The server knows how
// many were added and how many are left: if more were removed than were read,
// some were removed before they were read, by XTRIM, XDEL or MAXLEN.
type count struct {
	At    int64 `json:"at"`   // position up to which it counts
	Read  int64 `json:"read"` // entries up to there that were read, or were gone before the source was new
	vague bool  // some may have been read that are not counted
}

func (r *reader) countKey() string { return "redis/" + r.source.cfg.Source + "/" + r.source.cfg.Key }

// recall finds out how many entries were read up to where reading begins.
func (r *reader) recall(ctx context.Context, info streamInfo, fresh bool) error {
	r.count = count{At: r.next}
	if fresh {
		r.count.Read = info.added - info.length
		if r.source.cfg.Latest {
			r.count.Read = info.added
		}
		return nil
	}
	value, ok, err := r.source.cfg.Counts.Get(r.countKey())
	if err != nil {
		return fmt.Errorf("cannot read how many entries were read: %w", err)
	}
	var stored count
	if !ok || json.Unmarshal(value, &stored) != nil || stored.At > r.next {
		// Nobody knows; what is removed from now on is noticed.
		r.count.Read, r.count.vague = info.added-info.length, true
		if info.firstID == "" || info.length == 0 {
			return nil
		}
		stored = count{At: 0, Read: r.count.Read}
	}
	n, err := r.rangeCount(ctx, stored.At, r.next)
	if err != nil {
		return err
	}
	r.count.Read = stored.Read + n
	// Entries behind the stored count that were read and then removed cannot be
	// counted any more.
	r.count.vague = r.count.vague || stored.At < r.next
	r.compare(info)
	return nil
}

// checkpoint saves the cursor and the count, and looks at what was removed.
func (r *reader) checkpoint(ctx context.Context) error {
	if err := r.writer.Checkpoint(ctx); err != nil {
		return err
	}
	info, err := r.info(ctx)
	if err != nil {
		return err
	}
	r.compare(info)
	return r.keepCount()
}

// keepCount saves the count. Everything that was read is in the log.
func (r *reader) keepCount() error {
	r.count.At = r.next
	value, err := json.Marshal(r.count)
	if err == nil {
		err = r.source.cfg.Counts.Put(r.countKey(), value)
	}
	if err != nil {
		return fmt.Errorf("cannot keep how many entries of the stream %q were read: %w", r.source.cfg.Key, err)
	}
	return nil
}

// compare sets the lag, and reports entries that were removed before they were read.
func (r *reader) compare(info streamInfo) {
	if info.added == 0 { // an old server, or an empty stream
		return
	}
	if info.added < r.count.Read { // the stream was deleted and made anew
		r.count.Read = info.added - info.length
	}
	if lost := info.added - info.length - r.count.Read; lost > 0 {
		s := r.source
		s.cfg.Logger.Error("entries of a redis stream were removed before they were read; let the stream be longer (MAXLEN), or read faster",
			"source", s.cfg.Source, "stream", s.cfg.Key, "entries", lost, "certain", !r.count.vague)
		s.meter.Failed(fmt.Errorf("%d entries of the stream %q were removed before they were read", lost, s.cfg.Key))
		r.count.Read += lost
	}
	r.count.vague = false
	r.source.meter.SetLag(max(0, info.added-r.count.Read))
}
