package state

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// script runs testdata/*.txt on a counter with a TTL of 80 µs, panes, and timers. Commands:
//
//	open [budget=bytes] [near=n]     opens the tables on what is committed; what was not is lost
//	add                              lines "KEY N" for the counter, "PANE KEY N" for panes
//	get | delete                     lines of keys of the counter
//	drop                             lines of panes
//	scan                             the counter and the panes, in order
//	advance watermark=n
//	set | cancel                     lines "KEY AT" or "KEY" of timers
//	pop now=n                        the timers that are due
//	seal | commit | flush            write, commit what was written, or both
//	warm
//	stats                            the figures of the tables
//	stored table=name                what the backend has, as JSON
type script struct {
	t       *testing.T
	backend *Memory
	batch   *batch
	space   *Space
	counts  *Counter[string]
	panes   *Panes[string, int64]
	timers  *Timers[string]
	prefix  []byte
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if filepath.Ext(path) != ".txt" {
			return
		}
		s := &script{t: t, backend: NewMemory(), prefix: []byte("shop/op/")}
		datadriven.RunTest(t, path, s.run)
	})
}

func (s *script) run(_ *testing.T, d *datadriven.TestData) string {
	out, err := s.command(d)
	if err == nil && s.space != nil {
		err = s.space.Err()
	}
	if err != nil {
		return out + "error: " + err.Error() + "\n"
	}
	if out == "" {
		return "ok\n"
	}
	return out
}

func (s *script) command(d *datadriven.TestData) (string, error) {
	switch d.Cmd {
	case "open":
		return "", s.open(d)
	case "add":
		return s.add(d)
	case "get", "delete", "drop", "set", "cancel":
		return s.lines(d), nil
	case "scan":
		return s.scan()
	case "advance":
		return "", s.space.Advance(number(s.t, d, "watermark"))
	case "pop":
		return s.pop(number(s.t, d, "now"))
	case "seal":
		s.batch = &batch{}
		return "", s.space.Flush(s.batch)
	case "commit":
		s.batch.commit(s.backend)
		s.space.Committed()
		return "", nil
	case "flush":
		err := s.space.Flush(s.backend)
		s.space.Committed()
		return "", err
	case "warm":
		return "", s.space.Warm()
	case "stats":
		return s.stats(), nil
	case "stored":
		return s.stored(d)
	}
	return "", fmt.Errorf("no command %q", d.Cmd)
}

func number(t *testing.T, d *datadriven.TestData, name string) (n int64) {
	var text string
	d.ScanArgs(t, name, &text)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return n
}

func (s *script) open(d *datadriven.TestData) (err error) {
	var budget, near int
	d.MaybeScanArgs(s.t, "budget", &budget)
	d.MaybeScanArgs(s.t, "near", &near)
	if s.space, err = Open(s.backend, s.prefix, Options{Budget: NewBudget(int64(budget)), Name: "shop/op", NearTimers: near}); err != nil {
		return err
	}
	if s.counts, err = OpenCounter[string](s.space, "counts", TableOptions{TTL: 80 * time.Microsecond}); err != nil {
		return err
	}
	if s.panes, err = OpenPanes[string, int64](s.space, "panes", TableOptions{}); err != nil {
		return err
	}
	s.timers, err = OpenTimers[string](s.space, "timers")
	return err
}

func (s *script) add(d *datadriven.TestData) (string, error) {
	var b strings.Builder
	for line := range strings.Lines(d.Input) {
		f := strings.Fields(line)
		n, err := strconv.ParseInt(f[len(f)-1], 10, 64)
		if err != nil {
			return "", err
		}
		if len(f) == 2 {
			fmt.Fprintf(&b, "%s=%d\n", f[0], s.counts.Add(f[0], n))
			continue
		}
		start, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			return "", err
		}
		v, _ := s.panes.Pane(start).Upsert(f[1])
		*v += n
		fmt.Fprintf(&b, "%d/%s=%d\n", start, f[1], *v)
	}
	return b.String(), nil
}

func (s *script) lines(d *datadriven.TestData) string {
	var b strings.Builder
	for line := range strings.Lines(d.Input) {
		f := strings.Fields(line)
		at, _ := strconv.ParseInt(f[len(f)-1], 10, 64)
		switch d.Cmd {
		case "get":
			fmt.Fprintf(&b, "%s=%d\n", f[0], s.counts.Count(f[0]))
		case "delete":
			fmt.Fprintf(&b, "%s %t\n", f[0], s.counts.Delete(f[0]))
		case "drop":
			s.panes.Drop(at)
		case "set":
			s.timers.Set(f[0], at)
		case "cancel":
			fmt.Fprintf(&b, "%s %t\n", f[0], s.timers.Cancel(f[0]))
		}
	}
	return b.String()
}

func (s *script) scan() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d counts:", s.counts.Len())
	err := s.counts.Scan(func(k string, n *int64) error { fmt.Fprintf(&b, " %s=%d", k, *n); return nil })
	for _, start := range s.panes.Starts() {
		fmt.Fprintf(&b, "\npane %d:", start)
		if err == nil {
			err = s.panes.Pane(start).Scan(func(k string, n *int64) error { fmt.Fprintf(&b, " %s=%d", k, *n); return nil })
		}
	}
	return b.String() + "\n", err
}

func (s *script) pop(now int64) (string, error) {
	var b strings.Builder
	err := s.timers.PopDue(now, func(k string, at int64) { fmt.Fprintf(&b, "%d %s\n", at, k) })
	if at, ok := s.timers.Next(); ok {
		fmt.Fprintf(&b, "next at %d, ", at)
	}
	fmt.Fprintf(&b, "%d left\n", s.timers.Len())
	return b.String(), err
}

func (s *script) stats() string {
	var b strings.Builder
	for _, t := range s.space.Stats() {
		fmt.Fprintf(&b, "%s: entries=%d resident=%d bytes=%d dirty=%d misses=%d evictions=%d expired=%d\n",
			t.Table, t.Entries, t.Resident, t.Bytes, t.Dirty, t.Misses, t.Evictions, t.Expired)
	}
	fmt.Fprintf(&b, "near timers=%d needs flush=%t unknown=%v\n", s.timers.near, s.space.NeedsFlush(), s.space.Unknown())
	return b.String()
}

func (s *script) stored(d *datadriven.TestData) (string, error) {
	var table string
	d.ScanArgs(s.t, "table", &table)
	entries, err := Browse(s.backend, s.prefix, table, nil, 100)
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s: %s\n", e.Key, e.Value)
	}
	return b.String(), err
}
