package gateway

import (
	"context"
	"encoding/json"
	"time"

	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/query"
)

// LakeWork is a step of the rounds in the background.
type LakeWork struct {
	Step      string     `json:"step" enum:"flush,expire_rows,compact,tier,clean_up" doc:"flush: write what waits. expire_rows: let go of partitions that are too old. compact: write small files again as large ones. tier: let go of old rows in the analytics store. clean_up: forget replaced snapshots, and remove files that nobody needs"`
	At        *time.Time `json:"at,omitempty" doc:"When it ended last. Absent: it did not run yet"`
	TookMS    int64      `json:"took_ms" doc:"How long it took then"`
	TotalMS   int64      `json:"total_ms" doc:"How long it took in all, since the start of the process"`
	Rows      int64      `json:"rows,omitempty" doc:"Rows that were written or let go of, since the start of the process"`
	Files     int        `json:"files,omitempty" doc:"Files that were written again or removed, since the start of the process"`
	Bytes     int64      `json:"bytes,omitempty" doc:"Of these files"`
	Snapshots int        `json:"snapshots,omitempty" doc:"Snapshots that expired, since the start of the process"`
	Failed    string     `json:"failed,omitempty" doc:"Why it failed last; it is tried again in the next round"`
}

// LakePolicy is what the work in the background goes by: settings below lake.
type LakePolicy struct {
	FlushSeconds    float64        `json:"flush_seconds"`
	FlushRows       int64          `json:"flush_rows"`
	HotDays         int            `json:"hot_days" doc:"0: all rows stay in the analytics store"`
	KeepDays        map[string]int `json:"keep_days" nullable:"false" doc:"By table; 0: for ever"`
	FileBytes       int64          `json:"file_bytes"`
	SnapshotSeconds float64        `json:"snapshot_seconds"`
	OrphanSeconds   float64        `json:"orphan_seconds"`
}

// LakeTiers is the answer of /api/v1/lake/tiers. Times are of events.
type LakeTiers struct {
	Waiting int64      `json:"waiting" doc:"Records of the log that the lake lacks yet"`
	Hot     int64      `json:"hot" doc:"Events in the analytics store"`
	First   *time.Time `json:"first,omitempty" doc:"When the first of them happened. Absent: there is none"`
	Cold    int64      `json:"cold" doc:"Events that are read from the lake"`
	Oldest  *time.Time `json:"oldest,omitempty" doc:"Start of the oldest partition of the lake"`
	Below   *time.Time `json:"below,omitempty" doc:"Events of before are read from the lake. Absent: none"`
	Newest  *time.Time `json:"newest,omitempty"`
	Next    *time.Time `json:"next,omitempty" doc:"Events of before are read from the lake once the next round has ended"`
	Expires *time.Time `json:"expires,omitempty" doc:"Partitions that end before are let go of. Absent: they are kept for ever"`
}

func (g *Gateway) lakeTiers(ctx context.Context, _ *noInput) (*LakeTiers, error) {
	if g.cfg.Lake == nil {
		return nil, errNoLake
	}
	t, err := g.cfg.Lake.Tiers(ctx)
	if err != nil {
		return nil, lakeProblem(err)
	}
	return &LakeTiers{
		Waiting: t.Waiting, Hot: t.Hot, First: timeOrAbsent(t.First), Cold: t.Cold, Oldest: timeOrAbsent(t.Oldest), Below: timeOrAbsent(t.Below),
		Newest: timeOrAbsent(t.Newest), Next: timeOrAbsent(t.Next), Expires: timeOrAbsent(t.Expires),
	}, nil
}

func lakeWorkOf(work []archive.Work) []LakeWork {
	out := make([]LakeWork, len(work))
	for i, w := range work {
		out[i] = LakeWork{
			Step: w.Step, At: timeOrAbsent(w.At), TookMS: w.Took.Milliseconds(), TotalMS: w.Total.Milliseconds(),
			Rows: w.Did.Rows, Files: w.Did.Files, Bytes: w.Did.Bytes, Snapshots: w.Did.Snapshots, Failed: w.Failed,
		}
	}
	return out
}

func lakePolicyOf(p archive.Policy) LakePolicy {
	const day = 24 * time.Hour
	out := LakePolicy{
		FlushSeconds: p.FlushInterval.Seconds(), FlushRows: p.FlushRows, HotDays: int(p.Hot / day), KeepDays: map[string]int{},
		FileBytes: p.FileBytes, SnapshotSeconds: p.Snapshots.Seconds(), OrphanSeconds: p.Grace.Seconds(),
	}
	for table, keep := range p.Keep {
		out.KeepDays[table] = int(keep / day)
	}
	return out
}

// textOf puts JSON in the place of values, as other queries are answered.
func textOf(rows [][]any) error {
	for _, row := range rows {
		for i, v := range row {
			text, err := query.AppendJSON(nil, v)
			if err != nil {
				return err
			}
			row[i] = json.RawMessage(text)
		}
	}
	return nil
}
