package stream_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

// reading is what a sensor of the tests sends.
type reading struct {
	Sensor string
	Value  int64
}

// maxima is a job over readings that the test puts in: the highest of each sensor and
// second. It panics at a value below zero.
func maxima() (*stream.Job, stream.Port[reading]) {
	j := stream.NewJob("highest", 1)
	readings, port := stream.Input[reading](j, "readings")
	checked := stream.Filter(readings, "checked", func(r reading) bool {
		if r.Value < 0 {
			panic("a reading below zero")
		}
		return true
	})
	bySensor := stream.KeyBy(checked, "by sensor", func(r reading) string { return r.Sensor })
	value := func(r reading) int64 { return r.Value }
	stream.ToTable(window.Aggregate(bySensor, "per second", window.Tumbling(time.Second), aggregate.Max(value)), "highest", "", "key", "start")
	return j, port
}

// lab runs one job over one partition.
type lab struct {
	engine *stream.Engine
	front  *stream.Front
	marks  *stream.Watermarks
	state  *state.Memory
}

func newLab(t testing.TB, j *stream.Job) *lab {
	t.Helper()
	l := &lab{marks: stream.NewWatermarks(0, time.Hour), state: state.NewMemory()}
	var err error
	l.engine, err = stream.NewEngine(stream.Config{Jobs: []*stream.Job{j}, Shards: 2, Backend: l.state, Workers: 1, Watermarks: l.marks})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.engine.Close)
	if l.front, err = l.engine.OpenFront(0); err != nil {
		t.Fatal(err)
	}
	return l
}

// commit moves event time to at and returns the rows that come out.
func (l *lab) commit(t testing.TB, at int64) (rows []string, failed []stream.Failure) {
	t.Helper()
	l.marks.Observe(0, "sensors", at, at)
	s, err := l.engine.Seal(stream.SealRequest{Now: at, Writer: l.state})
	if err != nil {
		t.Fatal(err)
	}
	l.engine.Committed()
	l.front.Committed()
	for _, o := range s.Outputs {
		text, err := codec.AppendJSON(nil, o.Sink.Schema, o.Row)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, string(text))
	}
	slices.Sort(rows)
	return rows, s.Failed
}

func read(at int64, sensor string, value int64) stream.Element[reading] {
	return stream.Element[reading]{Value: reading{sensor, value}, Time: at}
}

const second = int64(1_000_000)

func TestAJobTakesWhatAProgramHasRead(t *testing.T) {
	j, port := maxima()
	l := newLab(t, j)
	elements := []stream.Element[reading]{read(second, "a", 3), read(second+1, "b", 7), read(second+2, "a", 5)}
	port.Put(l.front, elements)
	clear(elements) // they are the caller's again
	port.Put(l.front, nil)
	port.Put(l.front, []stream.Element[reading]{read(2*second, "a", 1)})
	rows, _ := l.commit(t, 2*second)
	if len(rows) != 2 || !strings.Contains(rows[0], `"key":"a"`) || !strings.Contains(rows[0], `"value":5`) || !strings.Contains(rows[1], `"value":7`) {
		t.Errorf("the first second has the results %v, want 5 of a and 7 of b", rows)
	}
	if s := l.engine.Status()[0]; s.Values != 4 || s.Watermark != 2*second {
		t.Errorf("status %+v, want 4 values up to %d", s, 2*second)
	}
}

func TestAnInputThatFailsStopsItsJob(t *testing.T) {
	j, port := maxima()
	l := newLab(t, j)
	port.Put(l.front, []stream.Element[reading]{read(second, "a", 3)})
	l.commit(t, second)
	port.Put(l.front, []stream.Element[reading]{read(second, "a", -1)})
	_, failed := l.commit(t, second)
	if len(failed) != 1 || !strings.Contains(failed[0].Reason, "below zero") {
		t.Fatalf("failures %+v, want that of the reading below zero", failed)
	}
	port.Put(l.front, []stream.Element[reading]{read(second, "a", 9)})
	if rows, _ := l.commit(t, 5*second); len(rows) > 0 {
		t.Errorf("a job that was stopped published %v", rows)
	}
}

func TestAnInputOfAnotherEngineIsABug(t *testing.T) {
	j, _ := maxima()
	_, other := maxima()
	defer func() {
		if v := fmt.Sprint(recover()); !strings.Contains(v, `input "readings"`) {
			t.Errorf("panic %q, want one that names the input", v)
		}
	}()
	other.Put(newLab(t, j).front, nil)
}

// A job that reads events and an input goes by the time of all sources, whatever sources
// its events are from.
func TestAnInputHoldsTheTimeOfItsJob(t *testing.T) {
	j, _ := maxima()
	stream.ToFeed(stream.Events(j, "events", func(_ *event.Batch, _ int, emit func(int64)) { emit(0) }, stream.From("shop")), "events", "")
	l := newLab(t, j)
	l.marks.Observe(0, "shop", 9*second, 9*second)
	l.commit(t, 2*second)
	if s := l.engine.Status()[0]; s.Watermark != 2*second || s.Holder != "sensors" {
		t.Errorf("watermark %d held by %q, want %d by the sensors", s.Watermark, s.Holder, 2*second)
	}
}

// What goes through an input and a window costs no memory per element.
func TestPuttingAllocatesNothing(t *testing.T) {
	j, port := maxima()
	l := newLab(t, j)
	elements := make([]stream.Element[reading], 1000)
	for i := range elements {
		elements[i] = read(second+int64(i), []string{"a", "b", "c"}[i%3], int64(i))
	}
	put := func() {
		port.Put(l.front, elements)
		l.engine.Work()
	}
	put()
	if n := testing.AllocsPerRun(20, put); n > 10 {
		t.Errorf("%.0f allocations for 1,000 elements", n)
	}
}
