package gateway_test

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// total is what the tests' job publishes.
type total struct {
	Page  string        `state:"page"`
	Start event.Instant `state:"start"`
	Paid  event.Micros  `state:"paid"`
}

// Jobs implements [gateway.Jobs].
func (p *platform) Jobs() []stream.JobStatus {
	c, err := codec.For[total]()
	if err != nil {
		p.t.Fatal(err)
	}
	sinks := []stream.Sink{{Kind: stream.Table, Name: "totals", Doc: "Paid per page", Schema: c.Schema(), Key: []string{"page"}}}
	return []stream.JobStatus{
		{
			Name: "pages", Version: 2, Doc: "Pages that sell", Watermark: 1_767_366_245_000_000, Holder: "web",
			Values: 10, Outputs: 4, Late: 1, Entries: 3, Bytes: 512, Sinks: sinks,
		},
		{Name: "broken", Version: 1, Failure: &stream.Failure{Job: "broken", Place: "shard 3", Reason: "panic: no"}},
	}
}

// Watermarks implements [gateway.Jobs].
func (p *platform) Watermarks() []stream.SourceWatermark {
	return []stream.SourceWatermark{
		{Source: "till", Idle: true, Holder: -1},
		{Source: "web", Watermark: 1_767_366_245_000_000, Holder: 1, Partitions: []stream.PartitionWatermark{
			{Partition: 0, Newest: 1_767_366_255_000_000, Received: 1_767_366_256_000_000},
			{Partition: 1, Newest: 1_767_366_250_000_000, Received: 1_767_366_256_000_000},
		}},
	}
}

// JobState implements [gateway.Jobs].
func (p *platform) JobFiles() []gateway.JobFile {
	return []gateway.JobFile{{File: "jobs/views.yaml", Job: "views"}, {File: "jobs/new.yaml", Problem: "jobs/new.yaml:3:1: unknown key"}}
}

func (p *platform) JobState(job, key string) (gateway.KeyState, error) {
	if job != "pages" {
		return gateway.KeyState{}, fmt.Errorf("%w: %q", gateway.ErrNoJob, job)
	}
	if key != "a/b" {
		return gateway.KeyState{}, nil
	}
	return gateway.KeyState{
		Entries:   []gateway.StateEntry{{Operator: "totals", Table: "panes", Key: []byte(`[60,"a/b"]`), Value: []byte(`{"count":7}`)}},
		Positions: map[int32]int64{0: 17, 1: 4},
	}, nil
}

func TestJobsAreShown(t *testing.T) {
	p := start(t)
	var all gateway.JobsAnswer
	p.get("/api/v1/jobs", &all)
	if len(all.Jobs) != 2 || all.Jobs[0].State != "running" || all.Jobs[1].State != "failed" || all.Jobs[1].Failure.Reason != "panic: no" {
		t.Errorf("jobs are %+v", all)
	}
	if len(all.Files) != 2 || all.Files[0].Job != "views" || all.Files[1].Problem != "jobs/new.yaml:3:1: unknown key" {
		t.Errorf("files are %+v", all.Files)
	}
	_, body, _ := p.do("GET", "/api/v1/jobs/pages", "")
	contains(t, body, `"watermark":"2026-01-02T15:04:05Z"`, `"holder":"web"`, `"late":1`, `"key":["page"]`,
		`{"name":"start","type":"TIMESTAMP"`, `{"name":"paid","type":"DECIMAL(18,6)"`)
	p.problem("GET", "/api/v1/jobs/none", "", 404)
	_, body, _ = p.do("GET", "/api/v1/schema", "")
	contains(t, body, `"name":"totals"`, `"comment":"Paid per page"`)
}

func TestWatermarksSayWhoHoldsThem(t *testing.T) {
	p := start(t)
	_, body, _ := p.do("GET", "/api/v1/watermarks", "")
	contains(t, body, `{"job":"pages","watermark":"2026-01-02T15:04:05Z","holder":"web"}`, `{"source":"till","idle":true,"partitions":[]}`,
		`"source":"web","watermark":"2026-01-02T15:04:05Z","idle":false,"holder":1`, `"newest":"2026-01-02T15:04:15Z"`)
}

func TestStateOfAKeyIsReadFromOutside(t *testing.T) {
	p := start(t)
	_, body, _ := p.do("GET", "/api/v1/state/pages/a%2Fb", "")
	contains(t, body, `"operator":"totals","table":"panes","key":[60,"a/b"],"value":{"count":7}`, `"positions":{"0":17,"1":4}`)
	p.problem("GET", "/api/v1/state/pages/nobody", "", 404)
	p.problem("GET", "/api/v1/state/none/a", "", 404)
}
