package job

import (
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

// Funnel is a row of the table funnel.
type Funnel struct {
	Hour     event.Instant `state:"hour"` // its start; visits count where they began
	StepNo   int32         `state:"step_no"`
	Step     string        `state:"step"`
	Revision uint32        `state:"revision"`
	Phase    window.Phase  `state:"phase"`
	Visits   int64         `state:"visits"` // that came to the step, or beyond
}

func funnelRow(r window.Result[Step, int64]) Funnel {
	return Funnel{Hour: r.Start, StepNo: int32(r.Key), Step: r.Key.String(), Revision: r.Revision, Phase: r.Phase, Visits: r.Value}
}

type visitKey struct {
	Visitor string
	Start   int64
}

// stepChange is a visit more, or less, at a step.
type stepChange struct {
	Step Step
	By   int64
}

// visitSteps turns visits and their revisions into changes of the funnel, at the time
// at which the visit began. A visit is remembered for as long as it may be revised.
func visitSteps(in stream.Keyed[visitKey, Visit], name string, memory time.Duration) stream.Stream[stepChange] {
	return stream.Connect(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[stepChange]),
	) (func(stream.Element[stream.Record[visitKey, Visit]]), stream.Operator, error) {
		reached, err := state.OpenValue[visitKey, Step](c.Space, "reached", state.TableOptions{TTL: memory})
		take := func(e stream.Element[stream.Record[visitKey, Visit]]) {
			v := e.Value.Value
			before, after := Step(-1), Step(v.StepNo)
			if was := reached.Get(e.Value.Key); was != nil {
				before = *was
			}
			if v.Retracted {
				after = -1
				reached.Delete(e.Value.Key)
			} else {
				reached.Set(e.Value.Key, after)
			}
			change := stream.Element[stepChange]{Time: int64(v.StartedAt), Cause: e.Cause}
			for s := before + 1; s <= after; s++ {
				change.Value = stepChange{s, 1}
				emit(change)
			}
			for s := after + 1; s <= before; s++ {
				change.Value = stepChange{s, -1}
				emit(change)
			}
		}
		return take, nil, err
	})
}
