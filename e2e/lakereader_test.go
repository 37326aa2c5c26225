package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// lakeReader reads a snapshot of the lines of orders, by all that names it and from its files
// as another engine does: one that keeps them open, and one that opens them anew.
type lakeReader struct {
	versions []map[string]any // as the API takes them
	rows     string           // of the snapshot
	paths    []string
	open     []*os.File
	content  []string // of the files, row by row
}

const readLines = `SELECT * FROM order_lines ORDER BY "partition", "offset", line_no`

// openLakeReader begins to read the newest snapshot.
func (p *platform) openLakeReader() *lakeReader {
	p.t.Helper()
	table := p.lakeTable("order_lines", "")
	id := table.Snapshot
	var made time.Time
	for _, s := range table.Snapshots {
		if s.ID == id {
			made = s.At
		}
	}
	must(p.t, "lake", "tag", "order_lines", "closing", "--snapshot", id, "--url", p.url)
	r := &lakeReader{versions: []map[string]any{{"snapshot": id}, {"ref": "closing"}, {"at": made}}, rows: p.pastLines(map[string]any{"snapshot": id})}
	total := 0
	for _, f := range table.List {
		file, err := os.Open(f.Path)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { _ = file.Close() })
		rows, n := parquetRows(p.t, file)
		total += n
		r.paths, r.open, r.content = append(r.paths, f.Path), append(r.open, file), append(r.content, rows)
	}
	if now := fmt.Sprint(p.sqlRows("SELECT count(*) FROM order_lines")[0]); total == 0 || now != fmt.Sprintf("[%d]", total) {
		p.t.Fatalf("the files of the snapshot have %d rows, the table %s", total, now)
	}
	return r
}

// want fails unless the snapshot is what it was.
func (r *lakeReader) want(p *platform, when string) {
	p.t.Helper()
	for _, version := range r.versions {
		if got := p.pastLines(version); got != r.rows {
			p.t.Fatalf("%s: the lines as of %v were\n%s\nand are\n%s", when, version, r.rows, got)
		}
	}
	var paths []string
	for _, f := range p.lakeTable("order_lines", r.versions[0]["snapshot"].(string)).List {
		paths = append(paths, f.Path)
	}
	if !slices.Equal(paths, r.paths) {
		p.t.Fatalf("%s: the files of the snapshot were %q and are %q", when, r.paths, paths)
	}
	for i, path := range r.paths {
		anew, err := os.Open(path)
		if err != nil {
			p.t.Fatalf("%s: a file of the snapshot is gone: %v", when, err)
		}
		for _, file := range []*os.File{r.open[i], anew} {
			if rows, _ := parquetRows(p.t, file); rows != r.content[i] {
				p.t.Errorf("%s: the rows of %q were\n%s\nand are\n%s", when, path, r.content[i], rows)
			}
		}
		_ = anew.Close()
	}
}

// wantGone fails unless nothing but the snapshot has its rows any more, and unless one that is
// not kept is refused by name.
func (r *lakeReader) wantGone(p *platform, before time.Time) {
	p.t.Helper()
	for _, f := range p.lakeTable("order_lines", "").List {
		if slices.Contains(r.paths, f.Path) || f.From.Before(before) {
			p.t.Errorf("the file %q is still in the table", f.Path)
		}
	}
	status, text := p.post("/api/v1/lake/sql", "application/json", []byte(fmt.Sprintf(`{"query":%q,"snapshot":"4711"}`, "SELECT 1 FROM order_lines")))
	if status != http.StatusNotFound || !strings.Contains(text, "4711; it may have expired") {
		p.t.Errorf("a snapshot that is not kept is answered by %d %s", status, text)
	}
}

// lakeTableAnswer is what the API says of a table of the lake.
type lakeTableAnswer struct {
	Snapshot  string
	Snapshots []struct {
		ID string
		At time.Time
	}
	List []struct {
		Path string
		From time.Time
	} `json:"file_list"`
}

// lakeTable is a table as it is, or as of a snapshot.
func (p *platform) lakeTable(name, snapshot string) (answer lakeTableAnswer) {
	p.t.Helper()
	p.decode(p.get("/api/v1/lake/tables/"+name+"?snapshot="+snapshot), &answer)
	return answer
}

// pastLines are the lines of orders as of a version of the lake.
func (p *platform) pastLines(version map[string]any) string {
	p.t.Helper()
	request := map[string]any{"query": readLines}
	for key, value := range version {
		request[key] = value
	}
	body, err := json.Marshal(request)
	if err != nil {
		p.t.Fatal(err)
	}
	status, text := p.post("/api/v1/lake/sql", "application/json", body)
	if status != http.StatusOK {
		p.t.Fatalf("the lake as of %v: %d %s", version, status, text)
	}
	var answer struct {
		Rows      []json.RawMessage
		Truncated bool
	}
	if p.decode(text, &answer); answer.Truncated {
		p.t.Fatal("the lines of the snapshot are more than the API returns")
	}
	return fmt.Sprintf("%d lines: %s", len(answer.Rows), answer.Rows)
}

// parquetRows are the rows of a file, as text, and how many.
func parquetRows(t *testing.T, file *os.File) (text string, n int) {
	t.Helper()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	r := parquet.NewReader(file)
	defer func() { _ = r.Close() }()
	var b strings.Builder
	rows := make([]parquet.Row, 64)
	for {
		read, err := r.ReadRows(rows)
		for _, row := range rows[:read] {
			fmt.Fprintf(&b, "%+v\n", row)
		}
		n += read
		if errors.Is(err, io.EOF) {
			return b.String(), n
		}
		if err != nil {
			t.Fatalf("cannot read the rows of %q: %v", file.Name(), err)
		}
	}
}
