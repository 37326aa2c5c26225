package gateway

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// LakeAnswer is the answer of /api/v1/lake.
type LakeAnswer struct {
	Tables  []LakeTable `json:"tables" nullable:"false"`
	Below   *time.Time  `json:"below,omitempty" doc:"Events and items that happened before then are read from the lake. Absent: none"`
	Flushed *time.Time  `json:"flushed,omitempty" doc:"When rows were written to it last, since the start of the process"`
	Written int64       `json:"written" doc:"Rows written since the start of the process"`
	Failed  string      `json:"failed,omitempty" doc:"Why the last round in the background failed; it is tried again"`
	Next    *time.Time  `json:"next,omitempty" doc:"When the next round in the background is due, unless lake.flush_rows wait before"`
	Work    []LakeWork  `json:"work" nullable:"false" doc:"The steps of a round, in their order"`
	Policy  LakePolicy  `json:"policy"`
}

// LakeTable is a table of the lake.
type LakeTable struct {
	Name      string          `json:"name"`
	Comment   string          `json:"comment,omitempty"`
	Rows      int64           `json:"rows"`
	Bytes     int64           `json:"bytes"`
	Files     int             `json:"files"`
	Partition string          `json:"partition,omitempty" example:"month(event_time)"`
	Snapshot  string          `json:"snapshot,omitempty" doc:"Absent: nothing was written yet"`
	Kept      int             `json:"kept" doc:"Snapshots that are kept"`
	Changed   *time.Time      `json:"changed,omitempty" doc:"When the newest snapshot was made"`
	Metadata  string          `json:"metadata" doc:"File that other engines open"`
	Offsets   map[int32]int64 `json:"offsets" nullable:"false" doc:"Of the log, per partition: the rows of all before it are in"`
	Results   uint64          `json:"results,omitempty" doc:"Results of jobs before this number are in"`
}

// LakeTableAnswer is the answer of /api/v1/lake/tables/{table}.
type LakeTableAnswer struct {
	LakeTable
	Columns   []LakeColumn   `json:"columns" nullable:"false"`
	List      []LakeFile     `json:"file_list" nullable:"false"`
	Snapshots []LakeSnapshot `json:"snapshots" nullable:"false" doc:"The oldest first"`
	Refs      []LakeRef      `json:"refs" nullable:"false" doc:"Branches and tags"`
}

// LakeFile is a file of a table.
type LakeFile struct {
	Path    string     `json:"path"`
	Rows    int64      `json:"rows"`
	Bytes   int64      `json:"bytes"`
	From    *time.Time `json:"from,omitempty" doc:"Start of its partition"`
	Deletes int        `json:"deletes,omitempty" doc:"Files of positions of rows that are deleted from it"`
	Foreign bool       `json:"foreign,omitempty" doc:"Another engine deleted rows from it in a form that this platform does not read: it refuses the table until that engine has written the file again"`
}

// LakeSnapshot is a state that a table was in.
type LakeSnapshot struct {
	ID        string            `json:"id"`
	Parent    string            `json:"parent,omitempty"`
	At        time.Time         `json:"at"`
	Operation string            `json:"operation"`
	Offsets   map[int32]int64   `json:"offsets" nullable:"false"`
	Summary   map[string]string `json:"summary" nullable:"false"`
}

// LakeColumn is a column of a table.
type LakeColumn lake.Column

// LakeColumnChange adds, renames, widens or drops a column.
type LakeColumnChange struct {
	Add    *LakeColumn `json:"add,omitempty"`
	Rename string      `json:"rename,omitempty"`
	To     string      `json:"to,omitempty" doc:"The new name"`
	Widen  string      `json:"widen,omitempty"`
	Type   lake.Type   `json:"type,omitempty" doc:"The wider type"`
	Drop   string      `json:"drop,omitempty"`
}

// LakeRef is a branch or a tag.
type LakeRef struct {
	Name     string `json:"name"`
	Branch   bool   `json:"branch"`
	Snapshot string `json:"snapshot"`
}

// LakeRefChange makes, moves or removes a branch or tag.
type LakeRefChange struct {
	Name     string `json:"name" minLength:"1" maxLength:"200"`
	Branch   bool   `json:"branch,omitempty" doc:"A branch, which other engines write to; else a tag"`
	Snapshot string `json:"snapshot,omitempty" doc:"Absent: the newest"`
	Remove   bool   `json:"remove,omitempty"`
}

// LakeDone says what an act did.
type LakeDone struct {
	Rows      int64 `json:"rows,omitempty" doc:"Rows that were written, or erased"`
	Events    int   `json:"events,omitempty" doc:"Events that were erased"`
	Removed   int   `json:"removed,omitempty" doc:"Files that others took the place of, or that were cleaned up"`
	Added     int   `json:"added,omitempty" doc:"Files that took their place"`
	Bytes     int64 `json:"bytes,omitempty" doc:"Of the files removed"`
	Snapshots int   `json:"snapshots,omitempty" doc:"Snapshots that expired"`
}

// LakeActRequest asks for something that is otherwise done in the background.
type LakeActRequest struct {
	Action string `json:"action" enum:"flush,compact,expire,tier" doc:"flush: write what waits. compact: write small files again as large ones. expire: forget replaced snapshots, and remove files that nobody needs. tier: let go of old rows in the analytics store that the lake has"`
	Table  string `json:"table,omitempty" maxLength:"80" doc:"Only this table, of compact and expire"`
	By     string `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
	Reason string `json:"reason,omitempty" maxLength:"1000"`
}

// LakeErasure asks for the rows of a person to be removed.
type LakeErasure struct {
	Column string `json:"column" enum:"customer_id,anonymous_id" doc:"What names the person"`
	Value  string `json:"value" minLength:"1" maxLength:"500"`
	By     string `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// LakeEvolution changes columns, branches or tags of a table.
type LakeEvolution struct {
	Columns []LakeColumnChange `json:"columns,omitempty" maxItems:"100"`
	Refs    []LakeRefChange    `json:"refs,omitempty" maxItems:"100" doc:"Branches and tags to make, move or remove"`
	By      string             `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
	Reason  string             `json:"reason,omitempty" maxLength:"1000"`
}

// LakeQuery is a statement over the tables of the lake as they were.
type LakeQuery struct {
	Query    string     `json:"query" minLength:"1" example:"SELECT sum(amount) FROM order_lines"`
	Snapshot string     `json:"snapshot,omitempty" doc:"Of one of the tables; the others are as they were at its time"`
	Ref      string     `json:"ref,omitempty" doc:"Branch or tag; tables without it are not there"`
	At       *time.Time `json:"at,omitempty" doc:"As of a time. Without any of these: as the lake is"`
}

// LakeRows are the rows of a statement.
type LakeRows struct {
	Columns   []olap.ResultColumn `json:"columns" nullable:"false"`
	Rows      [][]any             `json:"rows" nullable:"false"`
	Truncated bool                `json:"truncated" doc:"A limit cut them off"`
}

type (
	lakeTableInput struct {
		Table    string    `path:"table" maxLength:"80"`
		Snapshot string    `query:"snapshot" doc:"As of this snapshot"`
		Ref      string    `query:"ref" doc:"As of this branch or tag"`
		At       time.Time `query:"at" doc:"As of this time"`
	}
	lakeActInput     struct{ Body LakeActRequest }
	lakeErasureInput struct{ Body LakeErasure }
	lakeQueryInput   struct{ Body LakeQuery }
	lakeEvolveInput  struct {
		Table string `path:"table" maxLength:"80"`
		Body  LakeEvolution
	}
)

const (
	tagLake   = "Lake"
	lakeRoute = "/api/v1/lake"
)

var errNoLake = huma.NewError(http.StatusNotFound, "This process writes no lake; set lake.enabled, or ask one that runs the pass.")

func (g *Gateway) registerLake(api huma.API) {
	get(g, api, "lake", tagLake, lakeRoute, "The tables of the lake", "They are Iceberg tables, which other engines open by their catalogue or their metadata.", g.lake)
	get(g, api, "lake-tiers", tagLake, lakeRoute+"/tiers", "Where events rest, and what the policy does with them next", "", g.lakeTiers)
	get(g, api, "lake-table", tagLake, lakeRoute+"/tables/{table}", "A table of the lake as it is, or was: files, columns, snapshots, branches and tags", "", g.lakeTable)
	act(g, api, "lake-act", lakeRoute+"/acts", "Do now what is otherwise done in the background", g.lakeAct)
	act(g, api, "lake-erase", lakeRoute+"/erasures", "Remove the rows of the events of a person from lake and tables", g.lakeErase)
	act(g, api, "lake-evolve", lakeRoute+"/tables/{table}/changes", "Change columns, branches and tags of a table", g.lakeEvolve)
	act(g, api, "lake-sql", lakeRoute+"/sql", "Ask the lake as it was", g.lakeSQL)
}

// act registers an operation that may take long.
func act[I, O any](g *Gateway, api huma.API, id, path, summary string, handle func(context.Context, *I) (*O, error)) {
	op := huma.Operation{OperationID: id, Method: http.MethodPost, Path: path, Tags: []string{tagLake}, Summary: summary}
	huma.Register(api, op, func(ctx context.Context, in *I) (*body[O], error) {
		if g.cfg.Lake == nil {
			return nil, errNoLake
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, g.problem(ctx, path, lakeProblem(err))
		}
		return &body[O]{out}, nil
	})
}

func lakeProblem(err error) error {
	switch {
	case errors.Is(err, lake.ErrNoTable), errors.Is(err, lake.ErrNoSnapshot):
		return huma.NewError(http.StatusNotFound, err.Error()+"; GET /api/v1/lake lists the tables.")
	case errors.Is(err, lake.ErrConflict):
		return tryAgain(http.StatusConflict, err.Error()+".", 1)
	case errors.Is(err, lake.ErrForeign):
		return huma.NewError(http.StatusConflict, err.Error()+".")
	}
	return err
}

func (g *Gateway) lake(ctx context.Context, _ *noInput) (*LakeAnswer, error) {
	if g.cfg.Lake == nil {
		return nil, errNoLake
	}
	status := g.cfg.Lake.Status()
	answer := &LakeAnswer{
		Tables: []LakeTable{}, Flushed: timeOrAbsent(status.Flushed), Written: status.Rows, Failed: status.Failed,
		Next: timeOrAbsent(status.Next), Work: lakeWorkOf(status.Work), Policy: lakePolicyOf(g.cfg.Lake.Policy()),
	}
	names, err := g.cfg.Lake.Names(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		state, err := g.cfg.Lake.Load(ctx, name, lake.Version{})
		if errors.Is(err, lake.ErrNoTable) {
			continue // it is made with its first rows
		}
		if err != nil {
			return nil, err
		}
		answer.Tables = append(answer.Tables, lakeTableOf(state))
	}
	below, err := g.cfg.Lake.Below(ctx)
	answer.Below = timeOrAbsent(below)
	return answer, err
}

func lakeTableOf(s *lake.State) LakeTable {
	t := LakeTable{
		Name: s.Name, Comment: s.Comment, Files: len(s.Files), Metadata: s.Metadata, Kept: len(s.Snapshots), Changed: timeOrAbsent(s.Snapshot.At),
		Offsets: offsetsOf(s.Snapshot.Positions), Results: s.Snapshot.Positions.Results,
	}
	if s.Partition.Column != "" {
		t.Partition = string(s.Partition.Span) + "(" + s.Partition.Column + ")"
	}
	if s.Snapshot.ID != 0 {
		t.Snapshot = strconv.FormatInt(s.Snapshot.ID, 10)
	}
	for _, f := range s.Files {
		t.Rows += f.Rows
		t.Bytes += f.Bytes
		for _, d := range f.Deletes {
			t.Rows -= d.Rows
		}
	}
	return t
}

func offsetsOf(p lake.Positions) map[int32]int64 {
	if p.Offsets == nil {
		return map[int32]int64{}
	}
	return p.Offsets
}

func (g *Gateway) lakeTable(ctx context.Context, in *lakeTableInput) (*LakeTableAnswer, error) {
	if g.cfg.Lake == nil {
		return nil, errNoLake
	}
	id, err := snapshotID(in.Snapshot)
	if err != nil {
		return nil, err
	}
	s, err := g.cfg.Lake.Load(ctx, in.Table, lake.Version{Snapshot: id, Ref: in.Ref, At: in.At})
	if err != nil {
		return nil, lakeProblem(err)
	}
	answer := &LakeTableAnswer{LakeTable: lakeTableOf(s), Columns: []LakeColumn{}, Refs: []LakeRef{}, List: []LakeFile{}, Snapshots: []LakeSnapshot{}}
	for _, f := range s.Files {
		answer.List = append(answer.List, LakeFile{f.Path, f.Rows, f.Bytes, timeOrAbsent(f.From), len(f.Deletes), f.Foreign})
	}
	for _, c := range s.Columns {
		answer.Columns = append(answer.Columns, LakeColumn(c))
	}
	for _, r := range s.Refs {
		answer.Refs = append(answer.Refs, LakeRef{r.Name, r.Branch, strconv.FormatInt(r.Snapshot, 10)})
	}
	for _, one := range s.Snapshots {
		row := LakeSnapshot{ID: strconv.FormatInt(one.ID, 10), At: one.At, Operation: one.Operation, Offsets: offsetsOf(one.Positions), Summary: one.Summary}
		if one.Parent != 0 {
			row.Parent = strconv.FormatInt(one.Parent, 10)
		}
		answer.Snapshots = append(answer.Snapshots, row)
	}
	return answer, nil
}

// snapshotID reads the number of a snapshot, which is text because it is larger than what
// JavaScript reads exactly.
func snapshotID(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, badParameter("snapshot", text, "is not the number of a snapshot")
	}
	return id, nil
}

func (g *Gateway) lakeAct(ctx context.Context, in *lakeActInput) (*LakeDone, error) {
	done, err := g.doLake(ctx, in.Body.Action, in.Body.Table)
	if err != nil {
		return nil, err
	}
	return done, g.record(ctx, audit.Entry{
		By: in.Body.By, Reason: in.Body.Reason, Kind: audit.Lake, Name: orAll(in.Body.Table), Action: in.Body.Action, Request: "POST " + lakeRoute + "/acts",
	})
}

func orAll(table string) string {
	if table == "" {
		return "all tables"
	}
	return table
}

func (g *Gateway) doLake(ctx context.Context, action, table string) (done *LakeDone, err error) {
	done = &LakeDone{}
	switch action {
	case "flush":
		done.Rows, err = g.cfg.Lake.Flush(ctx)
		return done, err
	case "tier":
		return done, g.cfg.Lake.Tier(ctx)
	}
	tables := []string{table}
	if table == "" {
		if tables, err = g.cfg.Lake.Names(ctx); err != nil {
			return nil, err
		}
	}
	for _, name := range tables {
		if err := g.doTable(ctx, action, name, done); err != nil && (table != "" || !errors.Is(err, lake.ErrNoTable)) {
			return nil, err
		}
	}
	return done, nil
}

func (g *Gateway) doTable(ctx context.Context, action, name string, done *LakeDone) error {
	if action == "compact" {
		c, err := g.cfg.Lake.Compact(ctx, name, true)
		done.Removed, done.Added, done.Bytes = done.Removed+c.Removed, done.Added+c.Added, done.Bytes+c.Bytes
		return err
	}
	c, err := g.cfg.Lake.Expire(ctx, name)
	done.Snapshots, done.Removed, done.Bytes = done.Snapshots+c.Snapshots, done.Removed+c.Files, done.Bytes+c.Bytes
	return err
}

// Eraser keeps tables that are derived from rows of events.
type Eraser interface {
	// Erase runs an erasure of the events of a person, and makes anew what was derived of them.
	Erase(ctx context.Context, column, value string, erase func(context.Context) error) error
}

func (g *Gateway) lakeErase(ctx context.Context, in *lakeErasureInput) (*LakeDone, error) {
	var erased archive.Erased
	erase := func(ctx context.Context) (err error) {
		erased, err = g.cfg.Lake.Erase(ctx, in.Body.Column, in.Body.Value)
		return err
	}
	for _, e := range g.cfg.Erasers {
		inner := erase
		erase = func(ctx context.Context) error { return e.Erase(ctx, in.Body.Column, in.Body.Value, inner) }
	}
	if err := erase(ctx); err != nil {
		return nil, err
	}
	// The trail does not keep who it was: that would keep what is erased.
	return &LakeDone{Events: erased.Events, Rows: erased.Rows}, g.record(ctx, audit.Entry{
		By: in.Body.By, Reason: in.Body.Reason, Kind: audit.Lake, Name: in.Body.Column, Action: "erase",
		After: strconv.Itoa(erased.Events) + " events", Request: "POST " + lakeRoute + "/erasures",
	})
}

func (g *Gateway) lakeEvolve(ctx context.Context, in *lakeEvolveInput) (*LakeTable, error) {
	var refs []lake.RefChange
	for _, r := range in.Body.Refs {
		id, err := snapshotID(r.Snapshot)
		if err != nil {
			return nil, err
		}
		refs = append(refs, lake.RefChange{Name: r.Name, Branch: r.Branch, Snapshot: id, Remove: r.Remove})
	}
	var columns []lake.ColumnChange
	for _, c := range in.Body.Columns {
		columns = append(columns, lake.ColumnChange{Add: (*lake.Column)(c.Add), Rename: c.Rename, To: c.To, Widen: c.Widen, Type: c.Type, Drop: c.Drop})
	}
	state, err := g.cfg.Lake.Change(ctx, in.Table, columns, refs)
	if errors.Is(err, archive.ErrInvalid) {
		return nil, huma.NewError(http.StatusUnprocessableEntity, err.Error()+".")
	}
	if err != nil {
		return nil, err
	}
	t := lakeTableOf(state)
	return &t, g.record(ctx, audit.Entry{
		By: in.Body.By, Reason: in.Body.Reason, Kind: audit.Lake, Name: in.Table, Action: "change", Request: "POST " + lakeRoute + "/tables/" + in.Table + "/changes",
	})
}

func (g *Gateway) lakeSQL(ctx context.Context, in *lakeQueryInput) (*LakeRows, error) {
	id, err := snapshotID(in.Body.Snapshot)
	if err != nil {
		return nil, err
	}
	at := lake.Version{Snapshot: id, Ref: in.Body.Ref}
	if in.Body.At != nil {
		at.At = *in.Body.At
	}
	views, err := g.cfg.Lake.Views(ctx, at)
	if err != nil {
		return nil, err
	}
	if n := int64(len(in.Body.Query)); n > g.cfg.Limits.SQLBytes {
		return nil, huma.NewError(http.StatusRequestEntityTooLarge, "The statement is too long (olap.sql.max_query_bytes).")
	}
	user, err := g.caller("")
	if err != nil {
		return nil, err
	}
	if !user.Role.Reader.SeesAll() {
		return nil, huma.Error403Forbidden("Older snapshots are read with all their columns, which the role " + user.Role.Name + " (olap.sql.anonymous_role) does not see.")
	}
	result, err := g.cfg.Store.Query(ctx, olap.Query{SQL: in.Body.Query, Views: views, Limits: g.cfg.Limits.SQL, Untrusted: true})
	if err != nil {
		return nil, err
	}
	rows, err := result.All()
	if err != nil {
		return nil, err
	}
	if err := textOf(rows); err != nil {
		return nil, err
	}
	return &LakeRows{Columns: list(result.Columns), Rows: list(rows), Truncated: result.Truncated()}, nil
}
