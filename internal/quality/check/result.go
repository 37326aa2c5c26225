package check

import (
	"math/big"
	"time"
)

// Status is how a run of a check ended.
type Status string

// The statuses.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Unknown Status = "unknown" // it could not be run; Message says why
)

// Result is one run of a check. Its first fields have the names and meanings of an
// assertion in OpenLineage's DataQualityAssertionsDatasetFacet.
type Result struct {
	Assertion   string   `json:"assertion"`
	Success     bool     `json:"success"`
	Column      string   `json:"column,omitempty"`
	Severity    Severity `json:"severity"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Expected    string   `json:"expected,omitempty"`
	Actual      string   `json:"actual,omitempty"`
	Content     string   `json:"content,omitempty"`
	ContentType string   `json:"contentType,omitempty"` // sql or expression

	Status      Status     `json:"status"`
	Message     string     `json:"message,omitempty"`
	Owner       string     `json:"owner"`
	Table       string     `json:"table"`
	Source      string     `json:"source,omitempty"`
	Version     string     `json:"version"` // of the check
	Time        time.Time  `json:"time"`    // when it was run
	WindowStart *time.Time `json:"window_start,omitempty"`
	WindowEnd   *time.Time `json:"window_end,omitempty"`
	Revision    int        `json:"revision,omitempty"` // of the window's result, from 0
	DurationMS  float64    `json:"duration_ms"`
	Rows        int64      `json:"rows"`    // that the check was about
	Failing     int64      `json:"failing"` // of them
	Approximate bool       `json:"approximate,omitempty"`
	Samples     []Place    `json:"samples,omitempty"` // failing rows
	Number      uint64     `json:"number,omitempty"`  // of the result among those of all checks

	revisit bool // of no interest where its window has no result
}

// Assertion is a result as OpenLineage has it.
type Assertion struct {
	Assertion   string         `json:"assertion"`
	Success     bool           `json:"success"`
	Column      string         `json:"column,omitempty"`
	Severity    string         `json:"severity,omitempty"`
	Name        string         `json:"name,omitempty"`
	Description string         `json:"description,omitempty"`
	Expected    string         `json:"expected,omitempty"`
	Actual      string         `json:"actual,omitempty"`
	Content     string         `json:"content,omitempty"`
	ContentType string         `json:"contentType,omitempty"`
	Params      map[string]any `json:"params,omitempty"`
}

// OpenLineage returns the result as an assertion of OpenLineage. A check that could not
// be run is no success.
func (r *Result) OpenLineage() Assertion {
	a := Assertion{
		Assertion: r.Assertion, Success: r.Success, Column: r.Column, Severity: string(r.Severity), Name: r.Name, Description: r.Description,
		Expected: r.Expected, Actual: r.Actual, Content: r.Content, ContentType: r.ContentType,
		Params: map[string]any{"status": string(r.Status), "rows": r.Rows, "failing": r.Failing, "owner": r.Owner, "version": r.Version},
	}
	if r.WindowStart != nil {
		a.Params["window_start"], a.Params["window_end"] = r.WindowStart.Format(time.RFC3339), r.WindowEnd.Format(time.RFC3339)
	}
	return a
}

// blank is a result without an outcome.
func (c *Check) blank(now time.Time, in span) Result {
	r := Result{
		Assertion: c.Assertion(), Column: c.Column, Severity: c.Severity, Name: c.Name, Description: c.Description, Expected: c.Expected,
		Content: c.Content, Owner: c.Owner, Table: c.Table, Source: c.Source, Version: c.Version, Time: now.UTC(),
	}
	if r.Content != "" {
		r.ContentType = "expression"
	}
	if c.sql != "" {
		r.ContentType = "sql"
	}
	if c.window != nil && in != (span{}) {
		from, to := time.UnixMicro(in.from).UTC(), time.UnixMicro(in.to).UTC()
		r.WindowStart, r.WindowEnd = &from, &to
	}
	return r
}

// judge gives a result its outcome.
func (c *Check) judge(r *Result, m reading) {
	r.Rows, r.Failing, r.Approximate = m.rows, m.failed, m.approximate
	r.Actual = m.text
	if r.Actual == "" {
		r.Actual = "nothing to measure"
		if m.value != nil {
			r.Actual = decimal(m.value)
		}
	}
	r.Success = !m.fails && c.inBounds(m.value)
	r.Status = Failed
	if r.Success {
		r.Status = Passed
	}
}

// inBounds reports whether a measured number is as demanded. What has nothing to measure
// is.
func (c *Check) inBounds(v *big.Rat) bool {
	return v == nil || (c.min == nil || v.Cmp(c.min) >= 0) && (c.max == nil || v.Cmp(c.max) <= 0)
}

// unknown notes that the check could not be run.
func (r *Result) unknown(err error) {
	r.Status, r.Success, r.Message = Unknown, false, err.Error()
}

// same reports whether two results of a window say the same. An estimate says the same as
// the exact number of the same rows.
func (r *Result) same(o *Result) bool {
	return r.Status == o.Status && (r.Actual == o.Actual || r.Approximate || o.Approximate) && r.Rows == o.Rows && r.Failing == o.Failing && r.Version == o.Version
}
