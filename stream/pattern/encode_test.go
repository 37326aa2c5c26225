package pattern

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func appendByte(dst []byte, e byte) []byte { return append(dst, e) }

func decodeByte(b []byte) (byte, error) {
	if len(b) != 1 {
		return 0, errors.New("not one byte")
	}
	return b[0], nil
}

// overlapping keeps partial matches, matches that wait and negations with time.
func overlapping(t testing.TB) *Pattern[byte] {
	return compiled(t, Begin[byte]("A").Where(is('a')).
		FollowedBy("B").Where(func(e byte) bool { return e == 'b' || e == 'c' }).OneOrMore().AllowCombinations().
		NotFollowedBy("X").Where(is('x')).WithinPrevious(5*time.Microsecond).
		FollowedBy("C").WhereWith(func(e byte, m *Partial[byte]) bool { return e == 'c' && m.Count("B") > 1 }).
		NotNext("D").Where(is('d')).
		Within(50*time.Microsecond).Skip(PastLastEvent))
}

func stateOf(t testing.TB, p *Pattern[byte], events string) (*Matcher[byte], *State[byte]) {
	m, s := NewMatcher(p, Limits{}), &State[byte]{}
	for i := range len(events) {
		if err := m.Advance(s, int64(i), events[i], ignore); err != nil {
			t.Fatal(err)
		}
	}
	return m, s
}

func TestIdleStateIsNoBytes(t *testing.T) {
	m, s := stateOf(t, overlapping(t), "xyz")
	if b := m.AppendState(nil, s, appendByte); len(b) != 0 {
		t.Errorf("%x", b)
	}
	if err := m.DecodeState(nil, s, decodeByte); err != nil || !s.Idle() {
		t.Errorf("error %v, idle %v", err, s.Idle())
	}
}

// Equal states have equal bytes, however they came about.
func TestStateIsDeterministic(t *testing.T) {
	p := overlapping(t)
	m1, s1 := stateOf(t, p, "aabcbab")
	b1 := m1.AppendState(nil, s1, appendByte)
	m2, s2 := stateOf(t, p, "")
	for i, e := range []byte("aabcbab") {
		b := m2.AppendState(nil, s2, appendByte)
		m2 = NewMatcher(p, Limits{})
		if err := m2.DecodeState(b, s2, decodeByte); err != nil {
			t.Fatal(err)
		}
		if err := m2.Advance(s2, int64(i), e, ignore); err != nil {
			t.Fatal(err)
		}
	}
	if b2 := m2.AppendState(nil, s2, appendByte); !bytes.Equal(b1, b2) {
		t.Errorf("without restarts %x\nwith restarts    %x", b1, b2)
	}
}

func TestDamagedStateIsRefused(t *testing.T) {
	p := overlapping(t)
	m, s := stateOf(t, p, "aabcbab")
	b := m.AppendState(nil, s, appendByte)
	for n := 1; n < len(b); n++ {
		if err := m.DecodeState(b[:n], s, decodeByte); !errors.Is(err, ErrState) || !s.Idle() {
			t.Fatalf("cut at %d: error %v, idle %v", n, err, s.Idle())
		}
	}
	if err := m.DecodeState(append(bytes.Clone(b), 0), s, decodeByte); !errors.Is(err, ErrState) {
		t.Errorf("a byte more: error %v", err)
	}
	newer := append([]byte{stateVersion + 1}, b[1:]...)
	if err := m.DecodeState(newer, s, decodeByte); !errors.Is(err, ErrState) || !strings.Contains(err.Error(), "state has version 2, this program reads 1") {
		t.Errorf("newer version: error %v", err)
	}
	other := NewMatcher(compiled(t, Begin[byte]("A").FollowedBy("Q").Within(time.Second)), Limits{})
	if err := other.DecodeState(b, s, decodeByte); !errors.Is(err, ErrState) || !strings.Contains(err.Error(), "restore the steps or drop the state") {
		t.Errorf("another pattern: error %v", err)
	}
	bad := errors.New("bad event")
	if err := m.DecodeState(b, s, func([]byte) (byte, error) { return 0, bad }); !errors.Is(err, bad) || !errors.Is(err, ErrState) {
		t.Errorf("an event that cannot be read: error %v", err)
	}
}

// FuzzDecodeState: hostile bytes are an error, or a state with which the matcher
// works and which can be written and read again.
func FuzzDecodeState(f *testing.F) {
	p := overlapping(f)
	for _, events := range []string{"a", "ab", "aabcbab", "abbcabbc", "abcx"} {
		m, s := stateOf(f, p, events)
		f.Add(m.AppendState(nil, s, appendByte))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, s := NewMatcher(p, Limits{}), &State[byte]{}
		if err := m.DecodeState(b, s, decodeByte); err != nil {
			if !errors.Is(err, ErrState) || !s.Idle() {
				t.Fatalf("error %v, idle %v", err, s.Idle())
			}
			return
		}
		if s.Idle() {
			return
		}
		again := m.AppendState(nil, s, appendByte)
		s2 := &State[byte]{}
		if err := m.DecodeState(again, s2, decodeByte); err != nil {
			t.Fatalf("what was read cannot be written and read: %v", err)
		}
		for _, e := range []byte("abcxdabc") {
			if err := m.Advance(s, s.last(), e, ignore); err != nil {
				t.Fatal(err)
			}
		}
		m.Expire(s, math.MaxInt64, ignore, nil)
		if !s.Idle() {
			t.Fatal("not idle at the end of time")
		}
	})
}

// last is the time of the newest event.
func (s *State[E]) last() int64 {
	if s.a == nil {
		return 0
	}
	return s.a.last
}
