package saved_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/query/saved"
	"github.com/millrace/millrace/internal/store/olap"
)

// TestMistakes: every mistake is told with its place, and what to do.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"id: weekly", "id: Weekly!", "q.yaml:2:5: cannot take \"Weekly!\" as an id"},
		{"title: Revenue by country", "titel: x", "did you mean \"title\""},
		{"type: date", "type: dat", "did you mean \"date\""},
		{"default: week-1w", "default: week-1x", "cannot take \"week-1x\" for \"from\"; want a date"},
		{"default: week-1w", "default: now", "want a date"},
		{"0 8 * * 1", "0 25 * * 1", "cannot read \"0 25 * * 1\""},
		{"0 8 * * 1", "0 0 30 2 *", "\"0 0 30 2 *\" is never due"},
		{"0 8 * * 1", "@every 1s", "want five fields"},
		{"Europe/London", "Europe/Lundon", "there is no such time zone"},
		{"to: [sales]", "to: []", "name at least one of escalation.targets"},
		{"to: [sales]", "to: [sales], arguments: {form: today}", "there is no parameter \"form\"; did you mean \"from\""},
		{"- {name: from,", "- {name: From,", "cannot take \"From\" as a name"},
		{"parameters:", "parameters:\n  - {name: from, type: text}", "two parameters are called \"from\""},
	} {
		if !strings.Contains(weekly, c.from) {
			t.Fatalf("BUG: %q is not in the file", c.from)
		}
		_, err := saved.Parse([]byte(strings.Replace(weekly, c.from, c.to, 1)), "q.yaml")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "q.yaml:") {
			t.Errorf("%s:\n got %v\nwant %s", c.to, err, c.want)
		}
	}
}

// TestStatements: what is saved can be run, and takes the parameters that it declares.
func TestStatements(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct{ from, to, want string }{
		{"SELECT country", "DELETE country", "sql, line 1, column 1: only queries are allowed here"},
		{"$from", "$form", "$form is no declared parameter"},
		{"$from", "$1", "parameters have names"},
		{">= $from", "IS NOT NULL", "the statement does not use $from"},
		{"[sales]", "[sale]", "none of escalation.targets; did you mean \"sales\""},
		{"[sales]", "[pager]", "takes incidents only"},
	} {
		_, _, err := s.Put(t.Context(), "weekly", []byte(strings.Replace(weekly, c.from, c.to, 1)), saved.Change{User: s.user("ann"), By: "ann"})
		if !errors.Is(err, saved.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.to, err, c.want)
		}
	}
}

// TestVersions: what is saved again keeps what was before; another user cannot change it.
func TestVersions(t *testing.T) {
	s := newShop(t)
	first := s.save(weekly)
	if first.Number != 1 || first.Query.Owner != "ann" {
		t.Errorf("saved %+v", first)
	}
	second := s.save(strings.Replace(weekly, "title: Revenue", "title: Net revenue", 1))
	_, _, err := s.Put(t.Context(), "weekly", []byte(weekly), saved.Change{User: s.user("ann"), Version: first.Version})
	if !errors.Is(err, saved.ErrChanged) {
		t.Errorf("a change of version 1: %v", err)
	}
	_, _, err = s.Put(t.Context(), "weekly", []byte(weekly), saved.Change{User: s.user("bob")})
	if !errors.Is(err, saved.ErrOwned) {
		t.Errorf("a change by bob: %v", err)
	}
	if _, _, err = s.Delete(t.Context(), "weekly", saved.Change{User: s.user("bob")}); !errors.Is(err, saved.ErrOwned) {
		t.Errorf("a removal by bob: %v", err)
	}
	for range 60 {
		s.save(weekly)
	}
	all, err := s.Versions(t.Context(), "weekly")
	if err != nil || len(all) != 50 || all[0].Number != 62 || all[49].Number != 13 || second.Number != 2 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	if _, _, err := s.Delete(t.Context(), "weekly", saved.Change{User: s.user("ann"), Version: all[0].Version}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "weekli"); !errors.Is(err, saved.ErrNotFound) {
		t.Errorf("a query that is gone: %v", err)
	}
	if again := s.save(weekly); again.Number != 63 {
		t.Errorf("saved again as %d", again.Number)
	}
}

// TestFiles: a folder brings queries; one that is saved counts before its file.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "weekly.yaml"), []byte(weekly), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newShop(t)
	s.open(dir)
	e, err := s.Get(t.Context(), "weekly")
	if err != nil || e.Origin != saved.OfFile {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, _, err := s.Delete(t.Context(), "weekly", saved.Change{}); !errors.Is(err, saved.ErrNotFound) {
		t.Errorf("a file was removed: %v", err)
	}
	s.save(strings.Replace(weekly, "title: Revenue", "title: Net revenue", 1))
	all, err := s.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Query.Title != "Net revenue by country" {
		t.Errorf("%v, %v", all, err)
	}
	_, after, err := s.Delete(t.Context(), "weekly", saved.Change{User: s.user("ann")})
	if err != nil || after == nil || after.Origin != saved.OfFile {
		t.Errorf("the file does not come back: %+v, %v", after, err)
	}
}

// TestArguments: they are read by their type, bound by name, and never a part of the
// statement.
func TestArguments(t *testing.T) {
	const text = `version: 1
id: q
title: T
sql: SELECT $t, $i, $d, $b, $day, $at
parameters:
  - {name: t, type: text, optional: true}
  - {name: i, type: integer, default: 5, options: ["5", "7"]}
  - {name: d, type: decimal, default: -0.10}
  - {name: b, type: boolean, default: "no"}
  - {name: day, type: date, default: month-1mo}
  - {name: at, type: timestamp, default: now-1h}
schedule: {cron: "@daily", zone: Asia/Tokyo, to: [sales]}
`
	s := newShop(t)
	s.save(text)
	ask := func(arguments map[string]string) (string, error) {
		result, err := s.Ask(t.Context(), s.user("bob"), "q", arguments, olap.Limits{})
		if err != nil {
			return "", err
		}
		_ = result.Close()
		q := s.store.asked[len(s.store.asked)-1]
		if q.SQL != "SELECT $t, $i, $d, $b, $day, $at" || q.Args != nil {
			t.Errorf("asked %q with %v", q.SQL, q.Args)
		}
		at := func(name string) string { return q.Named[name].(time.Time).Format("2006-01-02T15:04") }
		return fmt.Sprint(q.Named["t"], " ", q.Named["i"], " ", q.Named["d"], " ", q.Named["b"], " ", at("day"), " ", at("at")), nil
	}
	for _, c := range []struct {
		arguments map[string]string
		want      string // begins with ! for an error
	}{
		{nil, "<nil> 5 -0.10 false 2026-10-01T00:00 2026-11-23T06:59"},
		{map[string]string{"t": "'; DROP TABLE events; --", "i": "7", "d": "12345678901234567890.5", "b": "true", "day": "2026-01-31", "at": "2026-01-31T12:00:00+02:00"},
			"'; DROP TABLE events; -- 7 12345678901234567890.5 true 2026-01-31T00:00 2026-01-31T10:00"},
		{map[string]string{"t": "", "day": "today"}, " 5 -0.10 false 2026-11-23T00:00 2026-11-23T06:59"},
		{map[string]string{"i": "6"}, "!none of the options"},
		{map[string]string{"i": "5; SELECT 1"}, "!want a whole number"},
		{map[string]string{"d": "1e5"}, "!want a number"},
		{map[string]string{"d": strings.Repeat("9", 39)}, "!at most 38 digits"},
		{map[string]string{"b": "maybe"}, "!true or false"},
		{map[string]string{"day": "2026-01-31T12:00"}, "!want a date"},
		{map[string]string{"at": "yesterday"}, "!want a time"},
		{map[string]string{"days": "today"}, "!there is no parameter \"days\"; did you mean \"day\""},
		{map[string]string{"t": "\x00"}, "!without zero bytes"},
	} {
		got, err := ask(c.arguments)
		if want, bad := strings.CutPrefix(c.want, "!"); bad {
			if !errors.Is(err, saved.ErrArgument) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %q, %v; want %s", c.arguments, got, err, want)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%v:\n got %q, %v\nwant %q", c.arguments, got, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(weekly))
	f.Add([]byte("version: 1\nid: a\ntitle: b\nsql: |\n  SELECT 1\n  -- $x\n"))
	f.Add([]byte(`{"version":1,"id":"a","title":"b","sql":"SELECT $n","parameters":[{"name":"n","type":"integer","default":"1"}],"schedule":{"cron":"@daily","to":["a"],"paused":true}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := saved.Parse(text, "q.yaml")
		if err != nil {
			return
		}
		written, err := saved.Format(q)
		if err != nil {
			t.Fatal(err)
		}
		again, err := saved.Parse(written, "q.yaml")
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, written)
		}
		if fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", q) {
			t.Fatalf("%+v\nbecame %+v\n%s", q, again, written)
		}
	})
}
