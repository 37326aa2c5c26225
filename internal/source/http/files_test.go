package httpsource_test

import (
	"context"
	"errors"
	"io"
	"testing"

	httpsource "github.com/millrace/millrace/internal/source/http"
)

// fakeFiles reads the body and answers what it is told.
type fakeFiles struct {
	err  error
	got  httpsource.Upload
	body string
}

func (f *fakeFiles) Ingest(_ context.Context, u httpsource.Upload) (any, error) {
	b, err := io.ReadAll(u.Body)
	f.got, f.body = u, string(b)
	return map[string]int{"lines": 3}, errors.Join(err, f.err)
}

func TestFilesAreStreamedToTheFileSource(t *testing.T) {
	files := &fakeFiles{}
	d := open(t, func(c *httpsource.Config) { c.Files = files })
	w := d.send("POST", "/api/v1/files?adapter=onlineretail&source=shop&name=C:%5Cdata%5Cx.csv", "a,b\n")
	expect(t, w, 200, `{"lines":3}`)
	if files.body != "a,b\n" || files.got.Name != "x.csv" || files.got.Source != "shop" || files.got.Adapter != "onlineretail" || files.got.Size != 4 || files.got.Request != "req-1" {
		t.Errorf("the file source got %+v %q", files.got, files.body)
	}
}

func TestFilesSayWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		target string
		change func(*httpsource.Config)
		status int
		answer string
	}{
		"a bad line": {&httpsource.FileError{Status: 400, Message: "Cannot take it.", Line: 7, Column: 1}, "/api/v1/files", nil, 400,
			problemText(400, "Bad Request", "Cannot take it.", `,"errors":[{"line":7,"column":1,"message":"Cannot take it."}]`)},
		"in use": {&httpsource.FileError{Status: 409, Message: "Busy."}, "/api/v1/files", nil, 409, problemText(409, "Conflict", "Busy.", "")},
		"log": {errors.New("cannot append: disk full"), "/api/v1/files", nil, 503,
			problemText(503, "Service Unavailable", "The file could not be taken to its end: cannot append: disk full", "")},
		"disk": {nil, "/api/v1/files", func(c *httpsource.Config) { c.Gate = closedGate{} }, 503,
			problemText(503, "Service Unavailable", "No events are taken now: the disk has less than 256 MiB left. Send the file again after Retry-After seconds.", "")},
		"name": {nil, "/api/v1/files?name=a%01b", nil, 400,
			problemText(400, "Bad Request", "The file name has more than 255 bytes or control characters; give another by name=.", "")},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, func(cfg *httpsource.Config) {
				cfg.Files = &fakeFiles{err: c.err}
				if c.change != nil {
					c.change(cfg)
				}
			})
			expect(t, d.send("POST", c.target, "x"), c.status, c.answer)
		})
	}
	d := open(t, func(c *httpsource.Config) { c.Files = &fakeFiles{} })
	expect(t, d.send("GET", "/api/v1/files", ""), 405, problemText(405, "Method Not Allowed", "GET is not possible on /api/v1/files; use POST.", ""))
	expect(t, d.send("POST", "/api/v1/files", "x", "Content-Encoding", "br"), 415, problemText(415, "Unsupported Media Type", `Content-Encoding "br" is not understood; use gzip, zstd or none.`, ""))
}
