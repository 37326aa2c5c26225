package fingerprint

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// script runs testdata/*.txt. Keys are numbers. Commands:
//
//	open [horizon=1m] [memory=n] [fanout=n]   a new index
//	observe                                   lines "AT KEY [CHECK]" or "AT FROM-TO"
//	lookup at=SECONDS                         lines of keys
//	checkpoint | committed | commit           cut, tell, or both with the store's commit between
//	wait                                      for background work to finish; the next checkpoint takes it over
//	crash [commit]                            forgets all that is not committed; with commit, after that and before committed
//	damage run=ID offset=N                    flips a bit
//	state                                     tables, runs, files, and what the store holds
type script struct {
	t       *testing.T
	dir     string
	opt     Options
	ix      *Index
	store   *store
	current Checkpoint
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if filepath.Ext(path) != ".txt" {
			return
		}
		s := &script{t: t, store: newStore()}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return s.run(d) })
		if s.ix != nil {
			mustClose(t, s.ix)
		}
	})
}

func (s *script) run(d *datadriven.TestData) string {
	switch d.Cmd {
	case "open":
		var horizon string
		d.ScanArgs(s.t, "horizon", &horizon)
		d.MaybeScanArgs(s.t, "memory", &s.opt.MemoryEntries)
		d.MaybeScanArgs(s.t, "fanout", &s.opt.fanout)
		var err error
		if s.opt.Horizon, err = time.ParseDuration(horizon); err != nil {
			d.Fatalf(s.t, "%v", err)
		}
		s.dir = s.t.TempDir()
		return s.open()
	case "observe":
		return s.observe(d)
	case "lookup":
		return s.lookup(d)
	case "checkpoint", "commit":
		return s.checkpoint(d.Cmd == "commit")
	case "committed":
		s.ix.Committed()
	case "wait":
		for _, j := range []*job{s.ix.sealing, s.ix.merging} {
			if j != nil {
				<-j.done
			}
		}
	case "crash":
		if d.HasArg("commit") {
			s.store.commit(s.current)
		}
		s.run(&datadriven.TestData{Cmd: "wait"}) // for a result that does not depend on timing
		mustClose(s.t, s.ix)
		s.ix = nil
		return s.open()
	case "damage":
		var id uint64
		var offset int
		d.ScanArgs(s.t, "run", &id)
		d.ScanArgs(s.t, "offset", &offset)
		flip(s.t, runPath(s.dir, id), offset)
	case "state":
		return s.state()
	default:
		d.Fatalf(s.t, "unknown command %q", d.Cmd)
	}
	return ""
}

func (s *script) open() string {
	ix, err := Open(s.dir, s.opt, s.store.manifest, s.store.replay())
	if err != nil {
		return strings.ReplaceAll(err.Error(), s.dir, "DIR") + "\n"
	}
	s.ix = ix
	return ""
}

func (s *script) observe(d *datadriven.TestData) string {
	var out strings.Builder
	for line := range strings.Lines(d.Input) {
		var at int64
		var from, to, check uint64
		if n, _ := fmt.Sscanf(line, "%d %d-%d", &at, &from, &to); n != 3 {
			if n, _ := fmt.Sscanf(line, "%d %d %d", &at, &from, &check); n < 2 {
				d.Fatalf(s.t, "cannot read %q", line)
			}
			to = from
		}
		for n := from; n <= to; n++ {
			if e, dup := s.ix.Observe(benchKey(n), at, uint32(check)); dup {
				fmt.Fprintf(&out, "%d at %d: duplicate, seen at %d with check %d\n", n, at, e.Seen, e.Check)
			} else {
				fmt.Fprintf(&out, "%d at %d: new\n", n, at)
			}
		}
	}
	return out.String()
}

func (s *script) lookup(d *datadriven.TestData) string {
	var out strings.Builder
	var at int64
	d.ScanArgs(s.t, "at", &at)
	for _, word := range strings.Fields(d.Input) {
		var n uint64
		if _, err := fmt.Sscan(word, &n); err != nil {
			d.Fatalf(s.t, "%v", err)
		}
		if e, ok := s.ix.Lookup(benchKey(n), at); ok {
			fmt.Fprintf(&out, "%d: seen at %d with check %d\n", n, e.Seen, e.Check)
		} else {
			fmt.Fprintf(&out, "%d: -\n", n)
		}
	}
	return out.String()
}

func (s *script) checkpoint(commit bool) string {
	cp, err := s.ix.Checkpoint()
	if err != nil {
		return strings.ReplaceAll(err.Error(), s.dir, "DIR") + "\n"
	}
	s.current = cp
	if commit {
		s.store.commit(cp)
		s.ix.Committed()
	}
	if cp.Empty() {
		return "nothing to commit\n"
	}
	var out strings.Builder
	if cp.Delta != nil {
		fmt.Fprintf(&out, "delta %d: %d entries\n", cp.Seq, (len(cp.Delta)-deltaHeader-crcSize)/recordSize)
	}
	if cp.Manifest != nil {
		m, err := decodeManifest(cp.Manifest)
		if err != nil {
			return err.Error()
		}
		fmt.Fprintf(&out, "manifest: %d runs, clock %d; drop deltas through %d\n", len(m.runs), m.clock, cp.DropThrough)
	}
	return out.String()
}

func (s *script) state() string {
	var out strings.Builder
	fmt.Fprintf(&out, "clock %d, active %d", s.ix.clock, len(s.ix.active.records))
	if s.ix.frozen != nil {
		fmt.Fprintf(&out, ", frozen %d through delta %d", len(s.ix.frozen.records), s.ix.frozenSeq)
	}
	fmt.Fprintln(&out)
	for _, r := range s.ix.runs {
		fmt.Fprintf(&out, "run %d: level %d, %d entries seen %d-%d\n", r.id, r.level, r.count, r.minSeen, r.maxSeen)
	}
	var files []string
	for _, name := range fileNames(s.t, s.dir) {
		files = append(files, strings.TrimLeft(name, "0"))
	}
	var deltas []uint64
	for seq := range s.store.deltas {
		deltas = append(deltas, seq)
	}
	slices.Sort(deltas)
	fmt.Fprintf(&out, "files %v\ndeltas in store %v\n", files, deltas)
	return out.String()
}
