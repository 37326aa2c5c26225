package gateway

import (
	"context"
	"time"
)

// Sinks tells how the sinks of the process are doing.
type Sinks interface {
	Sinks() []SinkRow
}

// SinkRow is one sink: where messages of a topic go.
type SinkRow struct {
	Name          string     `json:"name"`
	Kind          string     `json:"kind" doc:"webhook, amqp, redis, kafka, postgres or s3"`
	Topic         string     `json:"topic"`
	State         string     `json:"state" enum:"starting,running,retrying,broken"`
	Delivered     int64      `json:"delivered" doc:"Messages since the process started, dead letters among them"`
	DeadLetters   int64      `json:"dead_letters" doc:"Messages that the destination refused for good"`
	Missed        int64      `json:"missed" doc:"Messages that retention removed before they were delivered"`
	Lag           int64      `json:"lag" doc:"Messages that are not delivered"`
	Errors        int64      `json:"errors" doc:"Attempts that failed"`
	LastError     string     `json:"last_error,omitempty"`
	LastDelivered *time.Time `json:"last_delivered"`

	Output    string         `json:"output,omitempty" doc:"Table or live feed whose results the topic has"`
	Positions []SinkPosition `json:"positions" nullable:"false" doc:"By partition of the topic; empty before the destination was reached"`
}

// SinkPosition is how far a sink is in one partition of its topic.
type SinkPosition struct {
	Partition int32 `json:"partition"`
	From      int64 `json:"from" doc:"Everything from here up to next has been delivered. What is before was there before the sink began, or retention removed it"`
	Next      int64 `json:"next" doc:"Offset that is delivered next"`
	End       int64 `json:"end" doc:"End of the partition, as of the newest fetch"`
}

// SinksAnswer is the answer of /api/v1/sinks.
type SinksAnswer struct {
	Sinks []SinkRow `json:"sinks" nullable:"false"`
}

func (g *Gateway) sinks(context.Context, *noInput) (*SinksAnswer, error) {
	answer := &SinksAnswer{Sinks: []SinkRow{}}
	if g.cfg.Sinks != nil {
		answer.Sinks = append(answer.Sinks, g.cfg.Sinks.Sinks()...)
	}
	return answer, nil
}
