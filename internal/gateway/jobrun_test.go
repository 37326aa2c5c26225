package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/result"
)

// DiffJobs implements [gateway.Runs]: the name of job A says how it goes.
func (p *platform) DiffJobs(ctx context.Context, a, _ gateway.JobSource, since time.Time, progress func(read, of int64)) (*result.Diff, error) {
	switch a.Job {
	case "":
		return nil, fmt.Errorf("%w: %s:3:1: no", gateway.ErrDefinition, a.File)
	case "busy":
		return nil, gateway.ErrRunBusy
	case "none":
		return nil, fmt.Errorf("%w: %q", gateway.ErrNoJob, a.Job)
	case "endless":
		progress(1, 100)
		<-ctx.Done()
		p.ended.Store(true)
		return nil, ctx.Err()
	case "broken":
		progress(1, 100)
		return nil, errors.New("the log is gone")
	}
	progress(50, 100)
	return &result.Diff{Records: since.Unix(), Outputs: []result.OutputDiff{{Kind: "table", Name: "totals", InA: true, InB: true, Equal: 3, Samples: []result.RowDiff{}}}}, nil
}

// BackfillJob implements [gateway.Runs].
func (p *platform) BackfillJob(_ context.Context, name string, since time.Time, progress func(read, of int64)) (int64, error) {
	if name != "pages" {
		return 0, fmt.Errorf("%w: %q", gateway.ErrNoJob, name)
	}
	progress(1, 2)
	return since.Unix(), nil
}

// RestartJob implements [gateway.Runs].
func (p *platform) RestartJob(_ context.Context, name string, _ func(read, of int64)) (int64, error) {
	if name == "pages" {
		return 0, fmt.Errorf("%w: %q", gateway.ErrJobRuns, name)
	}
	return 7, nil
}

func TestJobsCatchUp(t *testing.T) {
	p := start(t)
	_, body, _ := p.do("POST", "/api/v1/jobs/pages/backfill", `{"since":"1970-01-01T00:01:40Z"}`)
	contains(t, body, `event: result`, `{"job":"pages","records":100}`)
	_, body, _ = p.do("POST", "/api/v1/jobs/broken/restart", "")
	contains(t, body, `{"job":"broken","records":7}`)
	p.problem("POST", "/api/v1/jobs/none/backfill", `{}`, 404)
	contains(t, p.problem("POST", "/api/v1/jobs/pages/restart", "", 409), "has not failed")
}

// diff asks for a comparison and returns the answer's status and events.
func (p *platform) diff(ctx context.Context, a string, since string) (status int, events [][2]string) {
	p.t.Helper()
	body := fmt.Sprintf(`{"a":%s,"b":{"job":"pages"}%s}`, a, since)
	r, err := http.NewRequestWithContext(ctx, "POST", p.server.URL+"/api/v1/jobs/diff", strings.NewReader(body))
	p.must(err)
	r.Header.Set("Content-Type", "application/json")
	answer, err := p.server.Client().Do(r)
	p.must(err)
	defer answer.Body.Close()
	name := ""
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		text := lines.Text()
		if e, ok := strings.CutPrefix(text, "event: "); ok {
			name = e
		} else if data, ok := strings.CutPrefix(text, "data: "); ok {
			events = append(events, [2]string{name, data})
		} else if strings.HasPrefix(text, "{") {
			events = append(events, [2]string{"", text})
		}
	}
	return answer.StatusCode, events
}

func TestJobsAreCompared(t *testing.T) {
	p := start(t)
	status, events := p.diff(t.Context(), `{"job":"pages"}`, `,"since":"1970-01-01T00:01:40Z"`)
	if status != 200 || len(events) != 2 || events[0] != [2]string{"progress", `{"read":50,"of":100}`} || events[1][0] != "result" {
		t.Fatalf("%d %v", status, events)
	}
	var d result.Diff
	p.must(json.Unmarshal([]byte(events[1][1]), &d))
	if d.Records != 100 || d.Outputs[0].Equal != 3 {
		t.Errorf("the comparison is %+v", d)
	}
}

func TestWhatIsWrongWithAComparisonIsTold(t *testing.T) {
	p := start(t)
	for _, test := range []struct {
		a      string
		status int
		want   string
	}{
		{`{"definition":"name: x","file":"x.yaml"}`, 422, "x.yaml:3:1"},
		{`{"job":"busy"}`, 429, "busy"},
		{`{"job":"none"}`, 404, "/api/v1/jobs lists"},
		{`{"job":"broken"}`, 200, "the log is gone"},
	} {
		status, events := p.diff(t.Context(), test.a, "")
		if status != test.status || len(events) == 0 || !strings.Contains(events[len(events)-1][1], test.want) {
			t.Errorf("%s: %d %v", test.a, status, events)
		}
	}
}

func TestARunEndsWithItsClient(t *testing.T) {
	p := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if status, events := p.diff(ctx, `{"job":"endless"}`, ""); status != 200 || len(events) != 1 {
		t.Errorf("%d %v", status, events)
	}
	p.eventually("the run has ended", p.ended.Load)
}
