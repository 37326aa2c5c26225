package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadRequestsAreRefusedWithTheReason(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	const (
		native = `{"type":"lantern_lit","customer_id":"ada"}`
		js     = "application/json"
	)
	key := func(pairs ...string) map[string]string {
		header := map[string]string{"Authorization": "Bearer app-key", "Content-Type": js}
		for i := 0; i < len(pairs); i += 2 {
			header[pairs[i]] = pairs[i+1]
		}
		return header
	}
	for _, c := range []struct {
		name   string
		r      request
		status int
		says   []string
	}{
		{"broken JSON", request{path: "/v1/events", header: key(), body: []byte("{\n  \"type\": \"x\",\n  \"order_id\" 7}")},
			400, []string{"line 3, column 14"}},
		{"JSON that ends too early", request{path: "/v1/events", header: key(), body: []byte(`{"type":`)},
			400, []string{"line 1, column 9", "unexpected end"}},
		{"a broken array", request{path: "/v1/events", header: key(), body: []byte("[" + native + ",\n{]")},
			400, []string{"line 2, column 2"}},
		{"no JSON at all", request{path: "/v1/events", header: key(), body: []byte("hello")},
			400, []string{"line 1, column 1"}},
		{"nothing", request{path: "/v1/events", header: key()}, 400, []string{"empty"}},
		{"lines of which none is good", request{path: "/v1/events", header: key("Content-Type", "application/x-ndjson"), body: []byte("{\n[]\n")},
			400, []string{"None of the 2 events", "line 1, column 2"}},
		{"broken gzip", request{path: "/v1/events", header: key("Content-Encoding", "gzip"), body: []byte(native)},
			400, []string{"not valid gzip"}},
		{"a wrong key", request{path: "/v1/events", header: key("Authorization", "Bearer nobody"), body: []byte(native)},
			401, []string{"write key belongs to no source", "write_keys"}},
		{"no key", request{path: "/v1/events", header: map[string]string{"Content-Type": js}, body: []byte(native)},
			401, []string{"no write key"}},
		{"a wrong method", request{method: "PUT", path: "/v1/events", header: key(), body: []byte(native)}, 405, []string{"PUT is not possible", "use POST"}},
		{"reading where one writes", request{method: "GET", path: "/v1/events", header: key()}, 405, []string{"use POST"}},
		{"a body that is too large", request{path: "/v1/events", header: key(), body: large(9 << 20)}, 413, []string{"8388608 bytes", "limits.body_bytes"}},
		{"a body that is too large once unpacked", request{path: "/v1/events", header: key("Content-Encoding", "gzip"), body: gzipped(t, large(9<<20))},
			413, []string{"limits.body_bytes"}},
		{"too many events", request{path: "/v1/events", header: key(), body: []byte(strings.Repeat("{}\n", 10_001))}, 413, []string{"10001 events", "limits.batch_events"}},
		{"XML", request{path: "/v1/events", header: key("Content-Type", "application/xml"), body: []byte(native)}, 415, []string{"application/xml", "application/x-ndjson"}},
		{"another charset", request{path: "/v1/events", header: key("Content-Type", "application/json; charset=latin1"), body: []byte(native)}, 415, []string{"latin1", "UTF-8"}},
		{"another compression", request{path: "/v1/events", header: key("Content-Encoding", "br"), body: []byte(native)}, 415, []string{`"br"`, "gzip, zstd"}},
		{"an unknown wish", request{path: "/v1/events?wait=forever", header: key(), body: []byte(native)}, 400, []string{"wait=verdict"}},
		{"an unknown adapter", request{path: "/api/v1/files?adapter=onlineretial", body: []byte("a,b\n")},
			400, []string{`"onlineretial" is not known`, "onlineretail"}},
		{"a source that is none", request{path: "/api/v1/files?source=nobody", body: []byte("a,b\n")}, 400, []string{`"nobody" is not configured`, "web"}},
		{"no word about the file", request{path: "/api/v1/files", body: []byte("a,b\n")}, 400, []string{"source= or adapter="}},
		{"broken SQL", request{path: "/api/v1/sql", header: key(), body: []byte(`{"query":"SELECT a\nFROM nowhere"}`)}, 400, []string{"line 2, column 6", "nowhere"}},
		{"SQL that is no JSON", request{path: "/api/v1/sql", header: key(), body: []byte(`{"query":`)}, 400, []string{"JSON"}},
		{"no such event", request{method: "GET", path: "/api/v1/events/00000000-0000-8000-8000-000000000000"}, 404, nil},
	} {
		t.Run(c.name, func(t *testing.T) { p.wantRefused(t, c.r, c.status, c.says) })
	}
	// Only the two bad lines were counted: their sender was known.
	p.wantLedger("app", ledgerCounts{Received: 2, Rejected: 2})
}

// wantRefused sends a request and expects a problem that says all of it.
func (p *platform) wantRefused(t *testing.T, r request, status int, says []string) {
	t.Helper()
	a := p.send(r)
	if a.status != status {
		t.Fatalf("%d %s, want %d", a.status, a.body, status)
	}
	problem := a.problem(t)
	contains(t, "the answer", strings.ReplaceAll(a.body, `\"`, `"`), says...)
	if problem.Detail == "" {
		t.Error("the problem has no detail")
	}
	switch status {
	case http.StatusMethodNotAllowed:
		contains(t, "Allow", a.header.Get("Allow"), "POST")
	case http.StatusUnauthorized:
		contains(t, "WWW-Authenticate", strings.Join(a.header.Values("WWW-Authenticate"), ", "), "Basic", "Bearer")
	}
	for _, e := range problem.Errors {
		if strings.HasPrefix(r.path, "/v1/events") && (e.Line == 0 || e.Column == 0) {
			t.Errorf("an error without line and column: %+v", e)
		}
	}
}

func large(n int) []byte {
	return []byte(`{"type":"` + strings.Repeat("x", n) + `"}`)
}

func TestSegmentsErrorsHaveSegmentsForm(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	long := `{"type":"track","userId":"ada","event":"` + strings.Repeat("x", 33<<10) + `"}`
	many := `{"batch":[` + strings.Repeat(`{"type":"track","userId":"ada","event":"Lantern Lit","properties":{"x":"`+strings.Repeat("x", 1000)+`"}},`, 600) + `{}]}`
	for _, c := range []struct {
		name, path, key, body string
		status                int
		says                  []string
	}{
		{"broken JSON", "/v1/track", "web-key", "{\"userId\":\"ada\",\n\"event\":}", 400, []string{"line 2, column 9"}},
		{"an event over 32 KiB", "/v1/track", "web-key", long, 400, []string{"32768 bytes", "limits.event_bytes"}},
		{"a batch over 500 KiB", "/v1/batch", "web-key", many, 400, []string{"512000 bytes", "limits.batch_bytes"}},
		{"an event over 32 KiB in a batch", "/v1/batch", "web-key", `{"batch":[` + long + `]}`, 400, []string{"batch[0]", "limits.event_bytes"}},
		{"a batch with a number", "/v1/batch", "web-key", `{"batch":[{},7]}`, 400, []string{"batch[1]", "Nothing of the batch was taken"}},
		{"no batch", "/v1/batch", "web-key", `{}`, 400, []string{`no "batch"`}},
		{"a wrong key", "/v1/track", "nobody", `{}`, 401, []string{"write key belongs to no source"}},
		{"the key of a source of another kind", "/v1/track", "app-key", `{}`, 400, []string{`adapter "native"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := p.post(c.path, "application/json", []byte(c.body), "Authorization", "Bearer "+c.key)
			if status != c.status {
				t.Fatalf("%d %s, want %d", status, body, c.status)
			}
			var answer struct {
				Success bool
				Code    string
				Message string
			}
			p.decode(body, &answer)
			if answer.Success || answer.Code == "" {
				t.Errorf("the answer has not Segment's form: %s", body)
			}
			contains(t, "the message", answer.Message, c.says...)
		})
	}
	if l := p.ledger(); l.Received != 0 {
		t.Errorf("something was taken: %+v", l)
	}
}

// A file in UTF-16, as spreadsheets export it, is read as what it says.
func TestFilesInUTF16(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	utf16 := "\xff\xfe"
	for _, r := range retailHeader + "1,85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n" {
		utf16 += string([]byte{byte(r), 0})
	}
	for _, text := range []string{utf16, utf16[2:]} { // with its mark and without
		must(t, "ingest", written(t, "export.csv", text), "--adapter", "onlineretail", "--url", p.url)
	}
	p.waitReceived(2)
	p.wantTable("the row", `SELECT order_id, product_name FROM order_lines`, `1 | Lantern`)
}

func TestGoodLinesOfABodyAreTakenAndBadOnesNamed(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	body := strings.Join([]string{
		`{"id":"1","type":"lantern_lit","customer_id":"ada"}`,
		`{"id":"2","type":`,
		`{"id":"3","type":"lantern_lit","customer_id":"ada"}`,
		`["4"]`,
		`{"id":"5","type":"lantern_lit","customer_id":"` + strings.Repeat("x", 40<<10) + `"}`,
		`{"id":"6","type":"lantern_lit","customer_id":"grace"}`,
	}, "\n")
	status, text := p.post("/v1/events", "application/x-ndjson", []byte(body), "Authorization", "Bearer app-key")
	if status != http.StatusAccepted {
		t.Fatalf("%d %s", status, text)
	}
	var answer struct {
		Accepted int
		Rejected []struct {
			Index, Line, Column int
			Reason              string
		}
	}
	p.decode(text, &answer)
	want := "[{1 2 18 invalid_json} {3 4 1 not_an_object} {4 5 1 too_large}]"
	if answer.Accepted != 3 || fmt.Sprint(answer.Rejected) != want {
		t.Errorf("accepted %d, rejected %v; want 3 and %s", answer.Accepted, answer.Rejected, want)
	}
	p.wantLedger("app", ledgerCounts{Received: 6, Accepted: 3, Rejected: 3})
	p.wantTable("rejections", `SELECT reason, stream, length(sample) <= 1024 FROM rejections ORDER BY line`, `
		invalid_json | http:/v1/events | true
		not_an_object | http:/v1/events | true
		too_large | http:/v1/events | true`)
}

const retailHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

func TestFilesThatCannotBeTaken(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	row := "1,85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"
	for _, c := range []struct {
		name, file, text string
		says             []string
	}{
		{"an empty file", "empty.csv", "", []string{"empty"}},
		{"a file of blank lines", "blank.csv", "\n\n\n", []string{"no records"}},
		{"a column missing", "missing.csv", strings.Replace(retailHeader, ",Country", "", 1) + row, []string{"line 1", `missing "Country"`}},
		{"a column too many", "extra.csv", strings.Replace(retailHeader, "\n", ",Mood\n", 1) + row, []string{"line 1", `unexpected "Mood"`}},
		{"another file by name", "orders.csv.gz", retailHeader + row, []string{"it is no gzip file"}},
		{"a file that is cut off", "cut.csv.gz", string(gzipped(t, []byte(retailHeader+row))[:60]), []string{"cut off"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := millrace(t, "ingest", written(t, c.file, c.text), "--adapter", "onlineretail", "--url", p.url)
			if r.code != 1 {
				t.Errorf("ended with %d, want 1", r.code)
			}
			contains(t, "the error", r.stderr, append(c.says, c.file)...)
		})
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"an unknown adapter", []string{written(t, "a.csv", retailHeader), "--adapter", "nope"}, 1, "onlineretail"},
		{"no adapter", []string{written(t, "a.csv", retailHeader)}, 2, "--adapter"},
		{"no file", []string{"/nowhere.csv", "--adapter", "onlineretail"}, 1, "/nowhere.csv"},
		{"a folder", []string{t.TempDir(), "--adapter", "onlineretail"}, 2, "is a folder"},
	} {
		r := millrace(t, append([]string{"ingest", "--url", p.url}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.says) {
			t.Errorf("%s: ended with %d, %s; want %d and %q", c.name, r.code, r.stderr, c.code, c.says)
		}
	}
	if l := p.ledger(); l.Received != 0 {
		t.Errorf("something was taken: %+v", l)
	}
}

func TestBadRowsAreQuarantinedWithRuleFieldValueAndLine(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	file := written(t, "bad rows.csv", retailHeader+
		"1,85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"+ // good
		"2,85123A,Lantern\n"+
		"3,85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom,more\n"+
		"4,85123A,Caf\xe9,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"+ // Latin-1
		"5,85123A,Lantern,many,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"+
		"6,85123A,Lantern,1,2011-02-30 10:00:00,2.5,17850.0,United Kingdom\n"+
		"7,85123A,Lantern,1,05/01/2011,2.5,17850.0,United Kingdom\n"+
		"8,85123A,Lantern,1,2011-01-05 10:00:00,cheap,17850.0,United Kingdom\n"+
		"9,85123A,Lantern,1,2011-01-05 10:00:00,0,17850.0,United Kingdom\n"+
		",85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"+
		"11,85123A,\"Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"+
		"12,85123A,Lantern,99999999999999999999,2011-01-05 10:00:00,2.5,17850.0,United Kingdom")
	must(t, "ingest", file, "--adapter", "onlineretail", "--url", p.url)
	p.wantLedger("onlineretail", ledgerCounts{Received: 12, Accepted: 1, Quarantined: 11})
	p.wantTable("quarantine", `SELECT line, rule, category, field, value[:24] FROM quarantine WHERE stream = 'bad rows.csv' ORDER BY line`, `
		3 | csv.columns | schema | row | 2,85123A,Lantern
		4 | csv.columns | schema | row | 3,85123A,Lantern,1,2011-
		5 | csv.encoding | decode | item.name | Caf�
		6 | csv.integer | format | item.quantity | many
		7 | csv.timestamp | format | event_time | 2011-02-30 10:00:00
		8 | csv.timestamp | format | event_time | 05/01/2011
		9 | csv.money | format | item.price | cheap
		10 | price_not_positive | out_of_range | item.price | 0.000
		11 | csv.required | missing | order_id | -
		12 | csv.quote | decode | row | 11,85123A,"Lantern,1,201
		13 | csv.integer | out_of_range | item.quantity | 99999999999999999999`)

	id := p.sql(`SELECT event_id FROM quarantine WHERE rule = 'csv.integer' AND value = 'many'`)[0].(string)
	contains(t, "millrace event", must(t, "event", id, "--url", p.url),
		"quarantined", "bad rows.csv", "line 6", "csv.integer", "item.quantity", "many", "5,85123A,Lantern,many,")
	id = p.sql(`SELECT event_id FROM quarantine WHERE rule = 'csv.encoding'`)[0].(string)
	contains(t, "millrace event", must(t, "event", id, "--url", p.url), "bad rows.csv", "line 5", "0xE9", "UTF-8")
}

func TestWrongTypesInJSONAreQuarantined(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	file := written(t, "events.jsonl", strings.Join([]string{
		`{"id":"1","type":"order_completed","order_id":4711,"customer_id":"ada"}`,
		`{"id":"2","type":"order_completed","order_id":"o2","customer_id":"ada","amount":"much"}`,
		`{"id":"3","type":"order_completed","order_id":"o3","customer_id":"ada","items":[{"product_id":"p","quantity":"two","price":1}]}`,
		`{"id":"4","type":"order_completed","order_id":"o4","customer_id":"ada","time":"2026-02-30T10:00:00Z"}`,
		`{"id":"5","type":"order_completed","order_id":"o5","customer_id":"ada","time":"yesterday"}`,
		`{"id":"6","type":"order_completed","order_id":"o6","custommer_id":"ada"}`,
		`{"id":"7","customer_id":"ada"}`,
		`{"id":"8","type":true,"customer_id":"ada"}`,
		`not JSON`,
	}, "\n"))
	r := millrace(t, "ingest", file, "--adapter", "native", "--source", "app", "--url", p.url)
	if r.code != 0 && r.code != 1 {
		t.Fatalf("ended with %d\n%s", r.code, r.stderr)
	}
	p.eventually("nine records to be judged", waitLong, func() bool { return p.ledgerOf("app").Received == 9 })
	p.settle()
	p.wantTable("quarantine", `SELECT line, rule, category, field, value FROM quarantine WHERE line < 9 ORDER BY line`, `
		1 | native.type | schema | order_id | 4711
		2 | native.number | format | amount | much
		3 | native.number | format | item.quantity | two
		4 | native.timestamp | format | event_time | 2026-02-30T10:00:00Z
		5 | native.timestamp | format | event_time | yesterday
		6 | native.unknown_key | schema | payload | custommer_id
		7 | native.type_missing | missing | type | -
		8 | native.type | schema | type | true`)
	contains(t, "the unknown key's message", p.table(`SELECT message FROM quarantine WHERE line = 6`), `did you mean "customer_id"?`)
}

func TestWrongConfigurationIsRefusedWithThePlace(t *testing.T) {
	file := written(t, "millrace.yaml", "http:\n  listen: 127.0.0.1:0\nlog:\n  partitons: 3\n")
	for _, args := range [][]string{{"config", "check", file}, {"up", "-config", file, "--data-dir", t.TempDir()}} {
		r := millrace(t, args...)
		if r.code != 2 {
			t.Errorf("millrace %s ended with %d, want 2", args[0], r.code)
		}
		contains(t, "the error", r.stderr, file+":4:3", `"partitons"`, `did you mean "partitions"?`)
	}
	file = written(t, "millrace.yaml", "sources:\n  - {name: shop, adapter: segmnt}\n")
	if r := millrace(t, "config", "check", file); r.code == 0 || !strings.Contains(r.stderr, `no adapter "segmnt"`) {
		t.Errorf("an adapter that is none: %d %s", r.code, r.stderr)
	}
	r := millrace(t, "up", "--target", "dors", "--data-dir", t.TempDir())
	if r.code != 2 {
		t.Errorf("an unknown target ended with %d, want 2", r.code)
	}
	contains(t, "the error", r.stderr, `"dors"`, "doors")
}

func TestWhatIsTakenAlreadyIsSaid(t *testing.T) {
	p := up(t, configured(t, shopConfig)...)
	listen := strings.TrimPrefix(p.url, "http://")
	data := p.cmd.Args[len(p.cmd.Args)-1]
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "VERSION"), []byte("7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name                string
		listen, kafka, data string
		says                []string
	}{
		{"the HTTP port", listen, "", t.TempDir(), []string{"another process listens on " + listen, "http.listen"}},
		{"the Kafka port", freeAddress(t), p.kafka, t.TempDir(), []string{"another process listens on " + p.kafka, "log.listen"}},
		{"the data folder", freeAddress(t), "", data, []string{fmt.Sprintf("in use by process %d", p.cmd.Process.Pid), "data_dir"}},
		{"a folder of another version", freeAddress(t), "", other, []string{"format 7", "reads 2"}},
		{"a folder of something else", freeAddress(t), "", foreign, []string{"thesis.txt", "data_dir"}},
	} {
		r := millrace(t, "up", "--listen", c.listen, "--kafka-listen", c.kafka, "--data-dir", c.data)
		if r.code != 1 {
			t.Errorf("%s: ended with %d, want 1", c.name, r.code)
		}
		contains(t, c.name, r.stderr, c.says...)
	}
	if a := p.send(request{method: "GET", path: "/readyz"}); a.status != http.StatusOK {
		t.Errorf("the first platform is not ready any more: %d %s", a.status, a.body)
	}
	if _, err := net.Dial("tcp", listen); err != nil {
		t.Error(err)
	}
}
