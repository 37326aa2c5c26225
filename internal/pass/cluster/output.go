package cluster

import (
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// The headers of an output: the task that made it, and its number among those of the
// task. Numbers begin at 0 and have no gaps, so that a reader can check that it
// has each of them once.
const (
	HeaderTask   = "millrace-task"
	HeaderNumber = "millrace-number"
)

// outputs turns results into records: JSON, by the key of their sink.
type outputs struct {
	topic func(*stream.Sink) string
	task  []byte
	json  map[string]*result.JSON
}

func newOutputs(topic func(*stream.Sink) string, task stream.Place) *outputs {
	return &outputs{topic: topic, task: []byte(task.String()), json: make(map[string]*result.JSON)}
}

// records numbers outputs, and returns those that go to topics.
func (o *outputs) records(published []stream.Output, next *uint64) (records []*kgo.Record, err error) {
	for i := range published {
		out := &published[i]
		topic := o.topic(out.Sink)
		if topic == "" {
			continue
		}
		r := &kgo.Record{Topic: topic, Headers: []kgo.RecordHeader{
			{Key: HeaderTask, Value: o.task}, {Key: HeaderNumber, Value: strconv.AppendUint(nil, *next, 10)},
		}}
		*next++
		if err := o.encode(r, out); err != nil {
			return nil, fmt.Errorf("cannot write an output of job %q to %s %q: %w", out.Job, out.Sink.Kind, out.Sink.Name, err)
		}
		records = append(records, r)
	}
	return records, nil
}

func (o *outputs) encode(r *kgo.Record, out *stream.Output) (err error) {
	id := string(out.Sink.Kind) + "/" + out.Sink.Name
	j := o.json[id]
	if j == nil {
		if j, err = result.NewJSON(out.Sink); err != nil {
			return err
		}
		o.json[id] = j
	}
	if r.Key, err = j.AppendKey(nil, out.Row); err != nil {
		return err
	}
	r.Value, err = j.Append(nil, out.Row)
	return err
}
