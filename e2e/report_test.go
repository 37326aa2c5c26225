package e2e

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the record store's file is changed by hand
)

// office is where reports go: a mail server, and what Slack and a webhook post to.
type office struct {
	mail net.Listener
	web  *httptest.Server

	mu    sync.Mutex
	mails []string
	posts map[string][]post // by path
}

type post struct {
	header http.Header
	body   []byte
}

func openOffice(t *testing.T) *office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{mail: l, posts: make(map[string][]post)}
	o.web = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.posts[r.URL.Path] = append(o.posts[r.URL.Path], post{r.Header, body})
	}))
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go o.takeMail(conn)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); o.web.Close() })
	return o
}

// takeMail speaks as much of RFC 5321 as a sender within a trusted network needs.
func (o *office) takeMail(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 mail.example ESMTP\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch command := strings.ToUpper(strings.TrimSpace(line)); {
		case command == "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			var text strings.Builder
			for {
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			o.mu.Lock()
			o.mails = append(o.mails, text.String())
			o.mu.Unlock()
			fmt.Fprint(conn, "250 queued\r\n")
		case command == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// got is how many reports came to each.
func (o *office) got() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Sprintf("%d mails, %d to Slack, %d to the webhook", len(o.mails), len(o.posts["/slack"]), len(o.posts["/hook"]))
}

const reportQuery = `version: 1
id: five-rows
title: Five rows
sql: SELECT i AS n, $word AS word FROM range(5) AS t(i) WHERE i < $most ORDER BY i
parameters:
  - {name: word, type: text, default: "<hi>"}
  - {name: most, type: integer, default: 100}
schedule: {cron: "%d %d * * *", to: [office, chat, hook], format: csv}
`

// A query runs on a schedule. Its result comes by mail, Slack and webhook as their documentation says, as many rows as
// may be sent; a time that passed while nothing ran is made up for once, and never twice.
func TestReportsOnASchedule(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	data := t.TempDir()
	args := []string{"--data-dir", data, "--config", written(t, "millrace.yaml", fmt.Sprintf(`
pass: {jobs: {enabled: false}}
queries: {rows: 3}
escalation:
  targets:
    - {name: office, email: {server: %q, tls: none, from: "Millrace <millrace@shop.example>", to: [ann@shop.example]}}
    - {name: chat, slack: {webhook_url: %q}}
    - {name: hook, webhook: {url: %q, secret: s3cret}}
`, o.mail.Addr(), o.web.URL+"/slack", o.web.URL+"/hook"))}
	p := up(t, args...)
	at := time.Now().UTC().Add(-time.Hour) // it is due in 23 hours, and was an hour ago
	text := fmt.Sprintf(reportQuery, at.Minute(), at.Hour())
	must(t, "sql", "saved", "save", written(t, "five-rows.yaml", text), "--url", p.url)
	wantWrong(p, text)
	contains(t, "sql run", must(t, "sql", "run", "five-rows", "--set", "most=1", "--set", "word=a'b", "--url", p.url), "a'b")

	must(t, "sql", "schedule", "send", "five-rows", "--reason", "they asked", "--url", p.url)
	o.want(p, 1)
	checkMail(t, o.mails[0])
	checkSlack(t, o.posts["/slack"][0].body)
	checkHook(t, o.posts["/hook"][0])

	// Since the day before yesterday no process ran, as the record store has it.
	if code := p.stop(); code != 0 {
		t.Fatalf("it ended with %d", code)
	}
	setSince(t, data, time.Now().UTC().Add(-48*time.Hour))
	p = up(t, args...)
	o.want(p, 2)
	p.kill()
	p = up(t, args...)
	must(t, "sql", "schedule", "send", "five-rows", "--url", p.url)
	o.want(p, 3)
	var runs struct {
		Runs []struct {
			By      string
			Outcome string
			Missed  int
		}
	}
	p.decode(p.get("/api/v1/queries/five-rows/runs"), &runs)
	got := ""
	for _, r := range runs.Runs {
		got += fmt.Sprintf("%s %d missed by schedule %t\n", r.Outcome, r.Missed, r.By == "")
	}
	if want := "sent 0 missed by schedule false\nsent 1 missed by schedule true\nsent 0 missed by schedule false\n"; got != want {
		t.Errorf("runs are\n%swant\n%s", got, want)
	}
	ids := make(map[string]bool)
	for _, post := range o.posts["/hook"] {
		ids[post.header.Get("Idempotency-Key")] = true
	}
	if len(ids) != 3 {
		t.Errorf("three reports have the keys %v", ids)
	}
}

// wantWrong: wrong arguments and targets are refused, and the near name is told.
func wantWrong(p *platform, text string) {
	t := p.t
	t.Helper()
	for _, c := range []struct{ what, want string }{
		{"wrod=x", `did you mean "word"?`},
		{"most=many", `cannot take "many" for "most"; want a whole number`},
	} {
		if r := millrace(t, "sql", "run", "five-rows", "--set", c.what, "--url", p.url); r.code == 0 || !strings.Contains(r.stderr, c.want) {
			t.Errorf("--set %s: %d %s", c.what, r.code, r.stderr)
		}
	}
	wrong := strings.Replace(text, "to: [office,", "to: [ofice,", 1)
	if r := millrace(t, "sql", "saved", "save", written(t, "wrong.yaml", wrong), "--url", p.url); r.code == 0 || !strings.Contains(r.stderr, `did you mean "office"?`) {
		t.Errorf("a wrong target: %d %s", r.code, r.stderr)
	}
}

// want waits until so many reports came to everybody, and none is left to be sent.
func (o *office) want(p *platform, n int) {
	p.t.Helper()
	p.eventually("the reports to be delivered", waitLong, func() bool {
		var answer struct{ Outbox []any }
		p.decode(p.get("/api/v1/escalations"), &answer)
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(answer.Outbox) == 0 && len(o.mails) >= n && len(o.posts["/slack"]) >= n && len(o.posts["/hook"]) >= n
	})
	if got, want := o.got(), fmt.Sprintf("%d mails, %[1]d to Slack, %[1]d to the webhook", n); got != want {
		p.t.Fatalf("there are %s, want %s", got, want)
	}
}

const sentRows = "n,word\r\n0,<hi>\r\n1,<hi>\r\n2,<hi>\r\n"

// checkMail: a text, a page, and the rows as a file.
func checkMail(t *testing.T, text string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if subject := m.Header.Get("Subject"); !strings.Contains(subject, "Five rows") || m.Header.Get("Message-ID") == "" {
		t.Errorf("the mail's headers are %v", m.Header)
	}
	parts := make(map[string]string)
	var read func(contentType string, body io.Reader)
	read = func(contentType string, body io.Reader) {
		kind, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(kind, "multipart/") {
			for r := multipart.NewReader(body, params["boundary"]); ; {
				part, err := r.NextPart() // decodes quoted-printable
				if err != nil {
					return
				}
				read(part.Header.Get("Content-Type"), part)
			}
		}
		all, _ := io.ReadAll(body)
		parts[kind] = string(all)
	}
	read(m.Header.Get("Content-Type"), m.Body)
	contains(t, "the text", parts["text/plain"], "<hi>", "cut off")
	contains(t, "the page", parts["text/html"], "&lt;hi&gt;", "<table")
	if parts["text/csv"] != sentRows {
		t.Errorf("the file is %q", parts["text/csv"])
	}
}

// checkSlack: a header, and the rows as a table, of blocks that Slack knows.
func checkSlack(t *testing.T, body []byte) {
	t.Helper()
	var m struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	table := ""
	for _, b := range m.Blocks {
		if b.Type == "section" && strings.Contains(b.Text.Text, "word") {
			table = b.Text.Text
		}
	}
	if len(m.Blocks) < 3 || m.Blocks[0].Type != "header" || m.Blocks[0].Text.Type != "plain_text" || !strings.Contains(m.Text, "Five rows") {
		t.Errorf("Slack got %s", body)
	}
	contains(t, "the table", table, "```", "&lt;hi&gt;", "cut off")
}

// checkHook: the file in place of the rows, signed, with a key by which a repetition is told.
func checkHook(t *testing.T, p post) {
	t.Helper()
	var m struct {
		Kind, Title string
		Result      struct {
			RowCount  int `json:"row_count"`
			Truncated bool
			File, CSV string
		}
	}
	if err := json.Unmarshal(p.body, &m); err != nil {
		t.Fatal(err)
	}
	if m.Kind != "report" || m.Title != "Five rows" || m.Result.RowCount != 3 || !m.Result.Truncated || m.Result.CSV != sentRows || !strings.HasSuffix(m.Result.File, ".csv") {
		t.Errorf("the webhook got %s", p.body)
	}
	seconds, signature, _ := strings.Cut(strings.TrimPrefix(p.header.Get("Millrace-Signature"), "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write(append([]byte(seconds+"."), p.body...))
	if signature != hex.EncodeToString(mac.Sum(nil)) || p.header.Get("Idempotency-Key") == "" || p.header.Get("Millrace-Kind") != "report" {
		t.Errorf("the webhook's headers are %v", p.header)
	}
}

// setSince lets a schedule have been looked at last at a time, as if no process had run since.
func setSince(t *testing.T, data string, at time.Time) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "records", "records.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const which = " WHERE collection = 'query.schedule' AND key = 'five-rows'"
	var value []byte
	if err := db.QueryRow("SELECT value FROM record" + which).Scan(&value); err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.NewDecoder(bytes.NewReader(value)).Decode(&state); err != nil {
		t.Fatal(err)
	}
	state["since"] = at
	if value, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE record SET value = ?"+which, value); err != nil {
		t.Fatal(err)
	}
}
