package audit

import (
	"context"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// Prune removes entries beyond their age and number, versions that were not in use for
// as long, and contents that nothing means any more. It returns how many entries and
// versions it removed. Call it now and then.
func (t *Trail) Prune(ctx context.Context) (removed int, err error) {
	err = t.update(ctx, func(tx record.Tx) error {
		// One transaction, so that no entry comes to mean a content while it is removed.
		p := &pruning{tx: tx, cfg: t.cfg, until: t.cfg.Clock.Now().Add(-t.cfg.Retention), meant: make(map[string]bool)}
		if err := p.entries(); err != nil {
			return err
		}
		if err := p.versions(); err != nil {
			return err
		}
		if removed = p.removed; removed == 0 {
			return nil
		}
		return p.contents()
	})
	return removed, err
}

type pruning struct {
	cfg     Config
	tx      record.Tx
	until   time.Time
	meant   map[string]bool // digests of contents
	removed int
}

// each calls do for the records of a collection.
func (p *pruning) each(collection string, do func(record.Record) error) error {
	after := ""
	for {
		found, err := p.tx.Scan(collection, record.Range{After: after, Limit: scanned})
		if err != nil || len(found) == 0 {
			return err
		}
		for _, one := range found {
			if err := do(one); err != nil {
				return err
			}
		}
		after = found[len(found)-1].Key
	}
}

func (p *pruning) remove(collection, key string) error {
	p.removed++
	return p.tx.Delete(collection, key)
}

func (p *pruning) entries() error {
	n := 0
	return p.each(entries, func(one record.Record) error {
		s, err := read[stored](one, entries)
		if err != nil {
			return err
		}
		if n++; n > p.cfg.Entries || s.At.Before(p.until) {
			return p.remove(entries, one.Key)
		}
		p.meant[s.BeforeDigest], p.meant[s.AfterDigest] = true, true
		return nil
	})
}

func (p *pruning) versions() error {
	return p.each(versions, func(one record.Record) error {
		v, err := read[Version](one, versions)
		if err != nil {
			return err
		}
		if v.LastSeen.Before(p.until) {
			now, err := current(p.tx, &v)
			if err != nil {
				return err
			}
			if !now {
				return p.remove(versions, one.Key)
			}
		}
		p.meant[v.Digest] = true
		return nil
	})
}

func (p *pruning) contents() error {
	err := p.each(known, func(one record.Record) error {
		v, err := read[Version](one, known)
		p.meant[v.Digest] = true
		return err
	})
	if err != nil {
		return err
	}
	return p.each(contents, func(one record.Record) error {
		if p.meant[one.Key] {
			return nil
		}
		return p.tx.Delete(contents, one.Key)
	})
}
