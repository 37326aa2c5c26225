package filesource_test

import (
	"errors"
	"strings"
	"testing"

	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestUploadsSayWhatIsWrong(t *testing.T) {
	const text = "user,seconds,text\nann,1,x\n"
	for name, c := range map[string]struct {
		upload filesource.Upload
		body   string
		status int
		want   string
	}{
		"unknown adapter":   {filesource.Upload{Adapter: "xml"}, text, 400, `Adapter "xml" is not known. Known are: json, other, plain, table.`},
		"unknown source":    {filesource.Upload{Source: "nope"}, text, 400, `Source "nope" is not configured. Configured are: a, b, orders.`},
		"nothing said":      {filesource.Upload{}, text, 400, `Say by source= or adapter= what the file is. Adapters are: json, other, plain, table.`},
		"wrong pair":        {filesource.Upload{Source: "orders", Adapter: "plain"}, text, 400, `Source "orders" has the adapter "table", not "plain". Leave adapter= out, or name another source.`},
		"several":           {filesource.Upload{Adapter: "plain"}, text, 400, `Several sources have the adapter "plain"; say by source= which one it is for.`},
		"adapter of nobody": {filesource.Upload{Adapter: "json"}, text, 400, `No source has the adapter "json". Configure one under sources.`},
		"empty":             {filesource.Upload{Source: "orders", Name: "a.csv"}, "", 400, `Cannot take file "a.csv": it is empty.`},
		"header":            {filesource.Upload{Source: "orders", Name: "a.csv"}, "usr,x\n", 400, `Cannot take file "a.csv": line 1: missing column "user"; unexpected column "usr".`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(resumetest.New())
			u := &filesource.Uploads{
				Files:    filesource.New(b.cfg),
				Targets:  []filesource.Target{{Name: "orders", Adapter: table{}}, {Name: "a", Adapter: plain{}}, {Name: "b", Adapter: plain{}}},
				Adapters: []string{"table", "plain", "json", "other"},
			}
			c.upload.Body, c.upload.Size, c.upload.Request = strings.NewReader(c.body), int64(len(c.body)), "req-1"
			_, err := u.Ingest(t.Context(), c.upload)
			var e *filesource.UploadError
			if !errors.As(err, &e) || e.Status != c.status || e.Message != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestUploadsFindTheSourceOfAnAdapter(t *testing.T) {
	b := newBench(resumetest.New())
	u := &filesource.Uploads{Files: filesource.New(b.cfg), Targets: []filesource.Target{{Name: "orders", Adapter: table{}}}, Adapters: []string{"table"}}
	body := "user,seconds,text\nann,1,x\n"
	report, err := u.Ingest(t.Context(), filesource.Upload{Adapter: "table", Body: strings.NewReader(body), Size: -1, Request: "req-1"})
	if err != nil || report.Stream != "upload-req-1" || report.Accepted != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	w, err := b.cfg.Log.Open(t.Context(), resume.Options{Source: "orders", Stream: "a.csv"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = u.Ingest(t.Context(), filesource.Upload{Source: "orders", Name: "a.csv", Body: strings.NewReader(body), Size: -1})
	var e *filesource.UploadError
	if !errors.As(err, &e) || e.Status != 409 || e.Message != `Stream "a.csv" of source "orders" is being ingested already. Wait for it, or send this file under another name.` {
		t.Errorf("got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
