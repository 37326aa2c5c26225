package checkpoint

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/millrace/millrace/event"
)

// The verdict log says, for each record that is judged and whose rows may not be
// stored yet, what became of it. An entry is what one commit judged of one
// partition. Its key ends with the position before that commit, so that the
// entries of a partition form a chain without gaps; its value is
//
//	version, uvarint positions that the entry spans, segments
//
// A segment is a stretch of records with neighbouring offsets and the same
// versions:
//
//	uvarint offsets skipped, versions, uvarint records, a code for each
//
// Versions are uvarint k for the k-th text of the entry, counted from 1, or 0,
// uvarint length and bytes of a text that is new.
const (
	verdictVersion = 1
	verdictKind    = 'v'

	codeVerdict  = 7
	codeConflict = 1 << 3
	codeMarks    = 4 // bits below the marks; below the outcome of event.Acted
	// codeHeld is the mark event.Recovered, which no quarantined event has.
	codeHeld = byte(event.Recovered) << codeMarks
)

// Judged is what the verdict log keeps of a record.
type Judged struct {
	Verdict event.Verdict
	Marks   event.Mark
	// Outcome is that of event.Acted.
	Outcome event.Outcome
	// Suspended says that it was quarantined because its source was suspended.
	Suspended bool
	// Conflict says that it was quarantined because the dedup index knows an
	// event of its identity with other content.
	Conflict bool
	// Versions of adapter, rules and enrichment that judged it.
	Versions string
}

// Span is the half-open range of positions of an entry of the verdict log.
type Span struct{ From, To int64 }

// Verdicts collects the verdicts of a partition between two commits. The zero
// value is empty.
type Verdicts struct {
	span     Span
	next     int64 // offset behind the last one
	body     []byte
	versions []string
}

// Why are the rows of a batch, ascending, that were quarantined for a reason that is
// not in them: they contradict the dedup index, or their source is suspended.
type Why struct{ Conflicts, Suspended []int32 }

// Add appends the verdicts of a batch. position is where the task stood before it.
func (v *Verdicts) Add(b *event.Batch, position int64, why Why) {
	acts := b.Acts
	if len(v.body) == 0 {
		v.span.From, v.next = position, position
	}
	for from := 0; from < b.Len(); {
		to := from + 1
		for to < b.Len() && b.Offset[to] == b.Offset[to-1]+1 && b.Versions.Codes[to] == b.Versions.Codes[from] {
			to++
		}
		v.body = binary.AppendUvarint(v.body, uint64(b.Offset[from]-v.next))
		v.appendVersions(b.Versions.Get(from))
		v.body = binary.AppendUvarint(v.body, uint64(to-from))
		for i := from; i < to; i++ {
			code := byte(b.Verdict[i]) | byte(b.Marks[i])<<codeMarks
			if len(acts) > 0 && int(acts[0].Event) == i {
				if b.Verdict[i] == event.Acted {
					code = byte(event.Acted) | byte(acts[0].Outcome)<<codeMarks
				}
				acts = acts[1:]
			}
			if next(&why.Conflicts, i) {
				code |= codeConflict
			}
			if next(&why.Suspended, i) {
				code |= codeHeld
			}
			v.body = append(v.body, code)
		}
		v.next = b.Offset[to-1] + 1
		from = to
	}
	v.span.To = v.next
}

// next reports whether i is the next of the rows, and takes it.
func next(rows *[]int32, i int) bool {
	if len(*rows) == 0 || int((*rows)[0]) != i {
		return false
	}
	*rows = (*rows)[1:]
	return true
}

func (v *Verdicts) appendVersions(text string) {
	if k := slices.Index(v.versions, text); k >= 0 {
		v.body = binary.AppendUvarint(v.body, uint64(k+1))
		return
	}
	v.versions = append(v.versions, text)
	v.body = append(v.body, 0)
	v.body = binary.AppendUvarint(v.body, uint64(len(text)))
	v.body = append(v.body, text...)
}

// Cut returns what was collected and starts anew.
func (v *Verdicts) Cut() Verdicts {
	cut := *v
	*v = Verdicts{body: make([]byte, 0, len(cut.body)), versions: make([]string, 0, len(cut.versions))}
	return cut
}

// Span is the range of positions that was collected.
func (v *Verdicts) Span() Span { return v.span }

// Verdicts adds an entry to the verdict log of a partition.
func (c *Commit) Verdicts(partition int32, v *Verdicts) error {
	value := binary.AppendUvarint([]byte{verdictVersion}, uint64(v.span.To-v.span.From))
	return c.batch.Set(verdictKey(partition, v.span.From), append(value, v.body...), nil)
}

// TrimVerdicts removes entries of the verdict log whose rows are stored.
func (c *Commit) TrimVerdicts(partition int32, entries []Span) error {
	for _, e := range entries {
		if err := c.batch.Delete(verdictKey(partition, e.From), nil); err != nil {
			return err
		}
	}
	return nil
}

// VerdictLog is the verdict log of a partition, as it was when it was read. Its
// cursor stands at the position asked for.
type VerdictLog struct {
	Entries []Span // in order

	partition int32
	values    [][]byte // behind the spans; of entries that are not read yet
	spans     []Span
	d         decoder
	versions  []string
	offset    int64 // of the next record
	judged    Judged
	left      uint64 // records of the segment
}

// VerdictLog reads the verdict log of a partition between two positions: that
// of a store and that of the task. It fails with [ErrCorrupt] when it does not
// reach from one to the other.
func (s *Store) VerdictLog(partition int32, from, to int64) (*VerdictLog, error) {
	l := &VerdictLog{partition: partition}
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: taskKey(partition, verdictKind), UpperBound: taskKey(partition, verdictKind+1),
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the verdict log of partition %d: %w", partition, err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if err := l.add(it.Key(), it.Value(), from); err != nil {
			return nil, err
		}
	}
	if err := it.Error(); err != nil {
		return nil, fmt.Errorf("cannot read the verdict log of partition %d: %w", partition, err)
	}
	return l, l.seek(from, to)
}

func (l *VerdictLog) add(key, value []byte, from int64) error {
	d := decoder{b: value}
	if len(value) == 0 || value[0] != verdictVersion {
		return fmt.Errorf("%w: the verdict log of partition %d has version %.1x, this binary reads %d", ErrCorrupt, l.partition, value, verdictVersion)
	}
	d.b = value[1:]
	begin := int64(binary.BigEndian.Uint64(key[6:]))
	e := Span{begin, begin + int64(d.uvarint())}
	if d.bad {
		return l.corrupt(begin)
	}
	if n := len(l.Entries); n > 0 && l.Entries[n-1].To != e.From {
		return fmt.Errorf("%w: the verdict log of partition %d has nothing between the offsets %d and %d", ErrCorrupt, l.partition, l.Entries[n-1].To, e.From)
	}
	l.Entries = append(l.Entries, e)
	if e.To > from {
		l.spans, l.values = append(l.spans, e), append(l.values, slices.Clone(d.b))
	}
	return nil
}

// seek checks that the log reaches from one position to the other, and goes to
// the first.
func (l *VerdictLog) seek(from, to int64) error {
	if from == to {
		return nil
	}
	if len(l.spans) == 0 || l.spans[0].From > from || l.spans[len(l.spans)-1].To != to {
		held := "it is empty"
		if n := len(l.Entries); n > 0 {
			held = fmt.Sprintf("it holds the offsets %d to %d", l.Entries[0].From, l.Entries[n-1].To)
		}
		return fmt.Errorf("%w: the verdict log of partition %d must reach from offset %d, where the stored rows end, to %d, the checkpoint, and %s",
			ErrCorrupt, l.partition, from, to, held)
	}
	for {
		offset, ok, err := l.peek()
		if err != nil || !ok || offset >= from {
			return err
		}
		if _, err := l.take(); err != nil {
			return err
		}
	}
}

// Take returns what became of the record at an offset. The offsets asked for
// rise, and none that the log has is left out: else the log of records and the
// verdict log disagree, and that is an error.
func (l *VerdictLog) Take(offset int64) (Judged, error) {
	next, ok, err := l.peek()
	switch {
	case err != nil:
		return Judged{}, err
	case !ok || next > offset:
		return Judged{}, fmt.Errorf("%w: the verdict log of partition %d says nothing about offset %d, which is below the checkpoint", ErrCorrupt, l.partition, offset)
	case next < offset:
		return Judged{}, fmt.Errorf("%w: offset %d of partition %d was judged, but the log goes on at %d without it", ErrCorrupt, next, l.partition, offset)
	}
	return l.take()
}

// End fails unless every verdict was taken. position is where the log goes on.
func (l *VerdictLog) End(position int64) error {
	next, ok, err := l.peek()
	if err == nil && ok {
		err = fmt.Errorf("%w: offset %d of partition %d was judged, but the log goes on at %d without it", ErrCorrupt, next, l.partition, position)
	}
	return err
}

// peek returns the offset of the next verdict.
func (l *VerdictLog) peek() (offset int64, ok bool, err error) {
	for l.left == 0 {
		if len(l.d.b) == 0 {
			if len(l.values) == 0 {
				return 0, false, nil
			}
			l.offset, l.d = l.spans[0].From, decoder{b: l.values[0]}
			l.values, l.spans, l.versions = l.values[1:], l.spans[1:], l.versions[:0]
			continue
		}
		if err := l.segment(); err != nil {
			return 0, false, err
		}
	}
	return l.offset, true, nil
}

func (l *VerdictLog) segment() error {
	l.offset += int64(l.d.uvarint())
	k := l.d.uvarint()
	if k == 0 && !l.d.bad {
		l.versions = append(l.versions, string(l.d.bytes(l.d.uvarint())))
		k = uint64(len(l.versions))
	}
	l.left = l.d.uvarint()
	if l.d.bad || k > uint64(len(l.versions)) || l.left == 0 || l.left > uint64(len(l.d.b)) {
		return l.corrupt(l.offset)
	}
	l.judged.Versions = l.versions[k-1]
	return nil
}

// take returns the verdict that peek found.
func (l *VerdictLog) take() (Judged, error) {
	code := l.d.bytes(1)[0]
	j := Judged{Verdict: event.Verdict(code & codeVerdict), Conflict: code&codeConflict != 0, Versions: l.judged.Versions}
	valid := j.Verdict != event.Pending && int(j.Verdict) < event.Verdicts
	switch j.Verdict {
	case event.Acted:
		j.Outcome = event.Outcome(code >> codeMarks)
		valid = j.Outcome != event.Undecided && (!j.Conflict || j.Outcome == event.ActRequarantined)
	case event.Quarantined:
		j.Suspended = code&codeHeld != 0
		j.Marks = event.Mark(code&^codeHeld) >> codeMarks
		valid = !j.Conflict || !j.Suspended
	default:
		j.Marks = event.Mark(code >> codeMarks)
		valid = valid && !j.Conflict
	}
	if !valid {
		return Judged{}, l.corrupt(l.offset)
	}
	l.judged = j
	l.left--
	l.offset++
	return l.judged, nil
}

func (l *VerdictLog) corrupt(offset int64) error {
	return fmt.Errorf("%w: the verdict log of partition %d cannot be read at offset %d", ErrCorrupt, l.partition, offset)
}

func verdictKey(partition int32, position int64) []byte {
	return binary.BigEndian.AppendUint64(taskKey(partition, verdictKind), uint64(position))
}
