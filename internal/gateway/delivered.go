package gateway

import (
	"slices"
	"time"
)

// PassportSink is a sink that delivers an event, or results that it is a part of.
type PassportSink struct {
	Name  string `json:"name"`
	Kind  string `json:"kind" doc:"webhook, amqp, redis, kafka, postgres or s3"`
	Topic string `json:"topic"`
	Of    string `json:"of" enum:"event,result" doc:"What it delivers: the raw event itself, or results that it is a part of"`
	// State is exact for the event itself, whose offset is known. A result does not say at
	// which offset of its topic it lies, so that of results speaks of the whole topic.
	State string `json:"state" enum:"delivered,waiting,before,current,behind,unknown" doc:"Of the event: delivered (or refused by the destination, and among its dead letters), waiting, or before: it was there before the sink began, or retention was faster. Of results: current: everything in the topic is delivered; behind: some of it is not. unknown: the sink has not reached its destination since the process started"`

	Position      *SinkPosition `json:"position,omitempty" doc:"How far it is in the event's partition; missing for results"`
	Results       []string      `json:"results" nullable:"false" doc:"Tables and topics of jobs that it delivers of those that the event reached"`
	Lag           int64         `json:"lag" doc:"Messages of the topic that are not delivered"`
	LastDelivered *time.Time    `json:"last_delivered"`
	LastError     string        `json:"last_error,omitempty" doc:"While it fails"`
}

// delivered adds the sinks of the event and of what it reached.
func (g *Gateway) delivered(p *Passport) {
	if g.cfg.Sinks == nil {
		return
	}
	for _, s := range g.cfg.Sinks.Sinks() {
		one := PassportSink{
			Name: s.Name, Kind: s.Kind, Topic: s.Topic, Lag: s.Lag, LastDelivered: s.LastDelivered, Results: []string{},
		}
		if s.State != "running" {
			one.LastError = s.LastError
		}
		switch results := p.resultsOf(&s); {
		case s.Topic == p.Coordinates.Topic:
			one.Of = "event"
			one.Position, one.State = positionOf(&s, p.Coordinates)
		case len(results) > 0:
			one.Of, one.Results, one.State = "result", results, stateOfResults(&s)
		default:
			continue
		}
		p.Sinks = append(p.Sinks, one)
	}
}

// resultsOf names what a sink delivers of that which the event reached.
func (p *Passport) resultsOf(s *SinkRow) (results []string) {
	for _, r := range p.Reached {
		switch {
		case s.Output != "" && (s.Output == r.Table || slices.Contains(r.Outputs, "feed "+s.Output)):
			results = append(results, s.Output)
		case slices.Contains(r.Outputs, "topic "+s.Topic):
			results = append(results, s.Topic)
		}
	}
	slices.Sort(results)
	return slices.Compact(results)
}

// positionOf is how far a sink is in the partition of an event, and whether that is past it.
func positionOf(s *SinkRow, at Coordinates) (*SinkPosition, string) {
	i := slices.IndexFunc(s.Positions, func(p SinkPosition) bool { return p.Partition == at.Partition })
	if i < 0 {
		return nil, "unknown"
	}
	position := &s.Positions[i]
	switch {
	case at.Offset < position.From:
		return position, "before"
	case at.Offset < position.Next:
		return position, "delivered"
	}
	return position, "waiting"
}

func stateOfResults(s *SinkRow) string {
	switch {
	case len(s.Positions) == 0:
		return "unknown"
	case s.Lag > 0:
		return "behind"
	}
	return "current"
}
