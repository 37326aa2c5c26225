package openlineage

import "time"

// The schemas that events and facets name.
const (
	specURL   = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
	facetsURL = "https://openlineage.io/spec/facets/"
)

// EventType is the transition of a run.
type EventType string

// The transitions.
const (
	Start    EventType = "START"
	Running  EventType = "RUNNING"
	Complete EventType = "COMPLETE"
	Abort    EventType = "ABORT"
	Fail     EventType = "FAIL"
)

// RunEvent is what is sent. Producer, schema and time are set by the emitter.
type RunEvent struct {
	EventType EventType `json:"eventType"`
	EventTime time.Time `json:"eventTime"`
	Producer  string    `json:"producer"`
	SchemaURL string    `json:"schemaURL"`
	Run       RunRef    `json:"run"`
	Job       JobRef    `json:"job"`
	Inputs    []Dataset `json:"inputs"`
	Outputs   []Dataset `json:"outputs"`
}

// RunRef names a run.
type RunRef struct {
	ID     string `json:"runId"`
	Facets Facets `json:"facets,omitempty"`
}

// JobRef names what runs.
type JobRef struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Facets    Facets `json:"facets,omitempty"`
}

// Dataset is something that is read or written. InputFacets are of those that are read,
// OutputFacets of those that are written.
type Dataset struct {
	Namespace    string `json:"namespace"`
	Name         string `json:"name"`
	Facets       Facets `json:"facets,omitempty"`
	InputFacets  Facets `json:"inputFacets,omitempty"`
	OutputFacets Facets `json:"outputFacets,omitempty"`
}

// Facets are facets by their names.
type Facets map[string]any

// base is what every facet has.
type base struct {
	Producer  string `json:"_producer"`
	SchemaURL string `json:"_schemaURL"`
}

// facet is a facet of a run, a job or a dataset, before the emitter has put producer and
// schema into it.
type facet interface {
	key() string
	set(producer string)
}

func (b *base) mark(producer, schema string) { b.Producer, b.SchemaURL = producer, facetsURL+schema }

// Facets collects facets under their names.
func (e *Emitter) Facets(all ...facet) Facets {
	out := make(Facets, len(all))
	for _, f := range all {
		f.set(e.cfg.Producer)
		out[f.key()] = f
	}
	return out
}

// Schema is the columns of a dataset.
type Schema struct {
	base
	Fields []SchemaField `json:"fields"`
}

// SchemaField is a column.
type SchemaField struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
}

func (*Schema) key() string           { return "schema" }
func (f *Schema) set(producer string) { f.mark(producer, "1-2-0/SchemaDatasetFacet.json") }

// ColumnLineage says which columns a dataset's columns are made of.
type ColumnLineage struct {
	base
	Fields  map[string]ColumnOrigin `json:"fields"`
	Dataset []InputField            `json:"dataset,omitempty"` // what decides about all rows
}

// ColumnOrigin is what one column is made of.
type ColumnOrigin struct {
	InputFields []InputField `json:"inputFields"`
}

// InputField is a column of another dataset.
type InputField struct {
	Namespace       string           `json:"namespace"`
	Name            string           `json:"name"`
	Field           string           `json:"field"`
	Transformations []Transformation `json:"transformations,omitempty"`
}

// Transformation is how a column comes of another.
type Transformation struct {
	Type        string `json:"type"` // DIRECT or INDIRECT
	Subtype     string `json:"subtype,omitempty"`
	Description string `json:"description,omitempty"`
	Masking     bool   `json:"masking"`
}

func (*ColumnLineage) key() string { return "columnLineage" }
func (f *ColumnLineage) set(producer string) {
	f.mark(producer, "1-2-0/ColumnLineageDatasetFacet.json")
}

// InputStatistics say how much was read.
type InputStatistics struct {
	base
	RowCount  int64 `json:"rowCount"`
	Size      int64 `json:"size,omitempty"`
	FileCount int64 `json:"fileCount,omitempty"`
}

func (*InputStatistics) key() string { return "inputStatistics" }
func (f *InputStatistics) set(producer string) {
	f.mark(producer, "1-0-0/InputStatisticsInputDatasetFacet.json")
}

// OutputStatistics say how much was written.
type OutputStatistics struct {
	base
	RowCount  int64 `json:"rowCount"`
	Size      int64 `json:"size,omitempty"`
	FileCount int64 `json:"fileCount,omitempty"`
}

func (*OutputStatistics) key() string { return "outputStatistics" }
func (f *OutputStatistics) set(producer string) {
	f.mark(producer, "1-0-2/OutputStatisticsOutputDatasetFacet.json")
}

// QualityMetrics are figures of a dataset that was read.
type QualityMetrics struct {
	base
	RowCount int64                    `json:"rowCount"`
	Columns  map[string]ColumnMetrics `json:"columnMetrics"`
}

// ColumnMetrics are figures of a column.
type ColumnMetrics struct {
	NullCount     int64              `json:"nullCount"`
	DistinctCount int64              `json:"distinctCount,omitempty"`
	Quantiles     map[string]float64 `json:"quantiles,omitempty"`
}

func (*QualityMetrics) key() string { return "dataQualityMetrics" }
func (f *QualityMetrics) set(producer string) {
	f.mark(producer, "1-0-3/DataQualityMetricsInputDatasetFacet.json")
}

// Assertions are the results of checks on a dataset.
type Assertions struct {
	base
	Assertions []Assertion `json:"assertions"`
}

// Assertion is the result of a check. Success is apart from the severity: a check may fail
// and only warn.
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

func (*Assertions) key() string { return "dataQualityAssertions" }
func (f *Assertions) set(producer string) {
	f.mark(producer, "1-1-0/DataQualityAssertionsDatasetFacet.json")
}

// ErrorMessage says why a run failed.
type ErrorMessage struct {
	base
	Message  string `json:"message"`
	Language string `json:"programmingLanguage"`
}

func (*ErrorMessage) key() string           { return "errorMessage" }
func (f *ErrorMessage) set(producer string) { f.mark(producer, "1-0-1/ErrorMessageRunFacet.json") }

// Parent is the run that a run is part of.
type Parent struct {
	base
	Run ParentRun `json:"run"`
	Job ParentJob `json:"job"`
}

// ParentRun names the parent's run.
type ParentRun struct {
	ID string `json:"runId"`
}

// ParentJob names the parent's job.
type ParentJob struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

func (*Parent) key() string           { return "parent" }
func (f *Parent) set(producer string) { f.mark(producer, "1-2-0/ParentRunFacet.json") }

// Engine is what processes.
type Engine struct {
	base
	Version string `json:"version"`
	Name    string `json:"name"`
}

func (*Engine) key() string           { return "processing_engine" }
func (f *Engine) set(producer string) { f.mark(producer, "1-1-1/ProcessingEngineRunFacet.json") }

// NominalTime is the period that a run is about.
type NominalTime struct {
	base
	Start time.Time  `json:"nominalStartTime"`
	End   *time.Time `json:"nominalEndTime,omitempty"`
}

func (*NominalTime) key() string           { return "nominalTime" }
func (f *NominalTime) set(producer string) { f.mark(producer, "1-0-1/NominalTimeRunFacet.json") }

// JobType says whether a job ends.
type JobType struct {
	base
	Processing  string `json:"processingType"` // BATCH or STREAMING
	Integration string `json:"integration"`
	Type        string `json:"jobType,omitempty"`
}

func (*JobType) key() string           { return "jobType" }
func (f *JobType) set(producer string) { f.mark(producer, "2-0-4/JobTypeJobFacet.json") }
