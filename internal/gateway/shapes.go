package gateway

import (
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/ledger"
)

// Ledger is the account of received events.
type Ledger struct {
	Received    int64 `json:"received" doc:"Events that the log took"`
	Accepted    int64 `json:"accepted" doc:"Events in the tables"`
	Duplicate   int64 `json:"duplicate" doc:"Deliveries of an event received before"`
	Quarantined int64 `json:"quarantined" doc:"Events that broke a rule"`
	Rejected    int64 `json:"rejected" doc:"Records refused for a counted reason"`
	Late        int64 `json:"late" doc:"Accepted events behind their source's watermark"`
	Corrected   int64 `json:"corrected" doc:"Accepted events of which a rule changed a field"`
	Recovered   int64 `json:"recovered" doc:"Quarantined events that were accepted when they were sent again, or received otherwise"`
	Waived      int64 `json:"waived" doc:"Quarantined events that were left out for a good reason"`
	Dead        int64 `json:"dead" doc:"Quarantined events that were given up: dead letters, and purged"`
	Open        int64 `json:"open" doc:"Quarantined events that wait for a decision: quarantined less recovered, waived and dead"`
	Balanced    bool  `json:"balanced" doc:"Whether received = accepted + duplicate + quarantined + rejected"`
}

// LedgerOf shows counts as the API does.
func LedgerOf(c ledger.Counts) Ledger {
	return Ledger{
		Received: c.Received, Accepted: c.Accepted, Duplicate: c.Duplicate, Quarantined: c.Quarantined,
		Rejected: c.Rejected, Late: c.Late, Corrected: c.Corrected,
		Recovered: c.Recovered, Waived: c.Waived, Dead: c.Dead, Open: c.Open(), Balanced: c.Balanced(),
	}
}

// Quantiles are of a duration in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// PartitionStatus is how far one partition of the raw topic is processed.
type PartitionStatus struct {
	Partition int32 `json:"partition"`
	End       int64 `json:"end" doc:"Offset that the next record of the log will get"`
	Committed int64 `json:"committed" doc:"Offset of the next record to judge: those below it are durable and in the ledger"`
	Position  int64 `json:"position" doc:"Offset up to which rows are queryable; at most committed"`
	Lag       int64 `json:"lag" doc:"Records between position and end"`
}

// Replay is the demo's progress.
type Replay struct {
	Active bool    `json:"active"`
	Speed  string  `json:"speed" doc:"As asked for, such as 60s, 3600x or max"`
	Done   float64 `json:"done" doc:"Share that has been sent, from 0 to 1"`
}

// StatusAnswer is the answer of /api/v1/status.
type StatusAnswer struct {
	Version         string            `json:"version"`
	StartedAt       time.Time         `json:"started_at"`
	UptimeSeconds   float64           `json:"uptime_seconds"`
	Ready           bool              `json:"ready"`
	Reasons         []string          `json:"reasons" nullable:"false" doc:"Why the platform is not ready"`
	EventsPerSecond float64           `json:"events_per_second" doc:"Processed, over the last seconds"`
	Freshness       Quantiles         `json:"freshness_ms" doc:"From received by the log to queryable"`
	Lag             int64             `json:"lag" doc:"Records in the log that are not queryable yet"`
	Partitions      []PartitionStatus `json:"partitions" nullable:"false"`
	Ledger          Ledger            `json:"ledger"`
	EventTime       *time.Time        `json:"event_time" doc:"Newest event time processed; null before the first event"`
	MaxRSSBytes     int64             `json:"max_rss_bytes" doc:"Peak memory of the process"`
	CPUSeconds      float64           `json:"cpu_seconds" doc:"Processor time of the process"`
	Replay          *Replay           `json:"replay" doc:"The demo's replay; null when there is none"`
}

// LedgerRow is one line of the ledger.
type LedgerRow struct {
	Source string     `json:"source"`
	Minute *time.Time `json:"minute,omitempty" doc:"Minute of receipt, with by=minute"`
	Hour   *time.Time `json:"hour,omitempty" doc:"Hour of receipt, with by=hour"`
	Day    string     `json:"day,omitempty" format:"date" doc:"UTC day of event time, with by=day; absent for events whose time is not known"`
	Ledger
}

// Audit is what a check of the ledger against the stored rows found.
type Audit struct {
	OK       bool     `json:"ok"`
	Findings []string `json:"findings" nullable:"false" doc:"What does not add up"`
}

// LedgerAnswer is the answer of /api/v1/ledger.
type LedgerAnswer struct {
	Total Ledger      `json:"total"`
	Rows  []LedgerRow `json:"rows" nullable:"false"`
	Audit *Audit      `json:"audit" doc:"Null unless check=true"`
}

// Definition says what a number means and how it is computed.
type Definition struct {
	Name    string `json:"name" doc:"Field of kpis that it defines"`
	Label   string `json:"label"`
	Unit    string `json:"unit" enum:"money,count,ratio"`
	Text    string `json:"text" doc:"What it means, in a sentence"`
	Formula string `json:"formula"`
	SQL     string `json:"sql" doc:"A query that gives the number"`
	RowsSQL string `json:"rows_sql" doc:"A query that lists the rows behind it"`
}

// DefinitionsAnswer is the answer of /api/v1/definitions.
type DefinitionsAnswer struct {
	Definitions []Definition `json:"definitions" nullable:"false"`
}

// KPIs are the shop's key numbers of a period; see /api/v1/definitions.
type KPIs struct {
	Revenue           event.Micros `json:"revenue" format:"decimal"`
	Orders            int64        `json:"orders"`
	AverageOrderValue event.Micros `json:"average_order_value" format:"decimal"`
	Units             int64        `json:"units"`
	CancellationRate  float64      `json:"cancellation_rate" doc:"From 0 to 1"`
	Customers         int64        `json:"customers"`
}

// Point is one bucket of the time series.
type Point struct {
	Time      time.Time    `json:"time" doc:"Start of the bucket, UTC"`
	Revenue   event.Micros `json:"revenue" format:"decimal"`
	Orders    int64        `json:"orders"`
	Units     int64        `json:"units"`
	Customers int64        `json:"customers"`
}

// ProductRow is one of the best products of a period.
type ProductRow struct {
	ProductID string       `json:"product_id"`
	Name      string       `json:"name" doc:"Name as last sent"`
	Revenue   event.Micros `json:"revenue" format:"decimal"`
	Units     int64        `json:"units"`
	Orders    int64        `json:"orders"`
}

// CountryRow is one of the best countries of a period.
type CountryRow struct {
	Country string       `json:"country" doc:"ISO 3166-1 alpha-2; empty when not known"`
	Revenue event.Micros `json:"revenue" format:"decimal"`
	Orders  int64        `json:"orders"`
}

// PlatformStrip is the platform's own state, for the strip of the console.
type PlatformStrip struct {
	EventsPerSecond float64    `json:"events_per_second"`
	Freshness       Quantiles  `json:"freshness_ms"`
	Lag             int64      `json:"lag"`
	Ledger          Ledger     `json:"ledger"`
	EventTime       *time.Time `json:"event_time"`
}

// OverviewAnswer is the answer of /api/v1/overview.
type OverviewAnswer struct {
	From      *time.Time    `json:"from" doc:"Start of the range; null when there is no data"`
	To        *time.Time    `json:"to" doc:"End of the range, exclusive"`
	Grain     string        `json:"grain" enum:"hour,day,week,month"`
	DataFrom  *time.Time    `json:"data_from" doc:"First event time there is"`
	DataTo    *time.Time    `json:"data_to" doc:"Last event time there is"`
	Currency  string        `json:"currency" doc:"ISO 4217. Lines in another currency are not in the numbers"`
	KPIs      KPIs          `json:"kpis"`
	Previous  *KPIs         `json:"previous" doc:"Of the period of equal length before; null without compare=true or without data there"`
	Series    []Point       `json:"series" nullable:"false" doc:"Every bucket of the range, empty ones too"`
	Products  []ProductRow  `json:"products" nullable:"false" doc:"Best ten by revenue"`
	Countries []CountryRow  `json:"countries" nullable:"false" doc:"Best ten by revenue"`
	Platform  PlatformStrip `json:"platform"`
	AsOf      time.Time     `json:"as_of" doc:"When the numbers were true"`
}
