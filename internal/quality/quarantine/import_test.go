package quarantine_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/millrace/millrace/internal/quality/quarantine"
)

func export(t *testing.T, service *quarantine.Service, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := service.Export(t.Context(), quarantine.HeldFilter{Sources: []string{"shop"}}, format, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// spreadsheet is how people send a file back.
type spreadsheet func(csv string) string

func semicolons(s string) string { return strings.ReplaceAll(s, ",", ";") }

func utf16le(s string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return string(out)
}

// A file that is edited in a spreadsheet comes back in its habits, and only what was
// edited is redriven.
func TestImport(t *testing.T) {
	for name, habit := range map[string]spreadsheet{
		"as it was":                 func(s string) string { return s },
		"byte order mark, CRLF":     func(s string) string { return "\ufeff" + strings.ReplaceAll(s, "\n", "\r\n") },
		"semicolons":                semicolons,
		"sep=;":                     func(s string) string { return "sep=;\r\n" + semicolons(s) },
		"Unicode text":              func(s string) string { return utf16le(strings.ReplaceAll(s, ",", "\t")) },
		"numbers written otherwise": func(s string) string { return strings.ReplaceAll(s, ",17001,", ",17001.0,") },
		"quoted, and trailing cells": func(s string) string {
			return strings.ReplaceAll(s, ",22752,", `,"22752",`) + strings.Repeat(",", 21) + "\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, 2)
			s.send("day.csv", append(broken(5), line("536400", "=SUM(A1)", "x", "7.65", "17001"))...)
			service, _ := s.start()
			text := export(t, service, quarantine.FormatCSV)
			if !strings.Contains(text, ",'=SUM(A1),") {
				t.Fatalf("a formula is exported:\n%s", text)
			}
			edited := strings.Replace(text, ",7;65,17000,", ",7.65,17000,", 1)
			edited = strings.Replace(edited, ",7;65,17001,", ",7.65,17001,", 1)
			// Nothing else may hold the delimiters of other habits.
			file := habit(strings.ReplaceAll(edited, "7;65", "7:65"))
			file = strings.ReplaceAll(file, "7:65", "7:65")
			in := quarantine.ImportRequest{Format: quarantine.FormatCSV, Body: strings.NewReader(file), DryRun: true}
			d, err := service.Import(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			// 7;65 has become 7:65 in the rows that were not repaired.
			if d.Rows != 6 || d.Changed != 5 || d.Unchanged != 1 || d.Wrong != 0 || d.DryRun.Heal != 2 || d.DryRun.Broken != 3 {
				t.Fatalf("dry run %+v %+v", d, d.DryRun)
			}
			in.DryRun, in.Body = false, strings.NewReader(file)
			if _, err := service.Import(t.Context(), in); !errors.Is(err, quarantine.ErrConfirm) {
				t.Fatalf("without the token: %v", err)
			}
			in.Confirm, in.Body, in.By = d.Confirm, strings.NewReader(file), "ann"
			done, err := service.Import(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if p := s.done(service, done.Run.ID).Progress; p.Recovered != 2 || p.Requarantined != 3 || p.Done != 5 {
				t.Errorf("progress %+v", p)
			}
			if got := s.sql(sum); got != "2 30.600" {
				t.Errorf("the table has %s", got)
			}
		})
	}
}

const sum = `SELECT count(*), sum(amount) FROM order_lines`

func TestImportOfJSONLines(t *testing.T) {
	s := newShop(t, 2)
	s.send("day.csv", broken(3)...)
	service, _ := s.start()
	file := strings.ReplaceAll(export(t, service, quarantine.FormatJSONL), "7;65", "7.65")
	d, err := service.Import(t.Context(), quarantine.ImportRequest{Format: quarantine.FormatJSONL, Body: strings.NewReader(file), DryRun: true})
	if err != nil || d.Changed != 3 || d.DryRun.Heal != 3 {
		t.Fatalf("%+v, %v", d, err)
	}
	if d, err = service.Import(t.Context(), quarantine.ImportRequest{Format: quarantine.FormatJSONL, Body: strings.NewReader(file), Confirm: d.Confirm}); err != nil {
		t.Fatal(err)
	}
	if p := s.done(service, d.Run.ID).Progress; p.Recovered != 3 {
		t.Errorf("progress %+v", p)
	}
}

// Every row that cannot be taken is told with its line; the others are not touched by it.
func TestHostileImports(t *testing.T) {
	s := newShop(t, 1)
	s.settings.ImportRows, s.settings.ImportBytes = 100, 20_000
	s.send("day.csv", broken(2)...)
	service, _ := s.start()
	text := export(t, service, quarantine.FormatCSV)
	head, rows, _ := strings.Cut(text, "\n")
	first, _, _ := strings.Cut(rows, "\n")
	cells := strings.Split(first, ",")
	moved := strings.Join(append([]string{cells[0], "1"}, cells[2:]...), ",")
	long := strings.Replace(first, "7;65", "7,65E+00", 1)
	for name, c := range map[string]struct{ file, want string }{
		"empty":                {"", "the file is empty"},
		"no key":               {"partition,offset\n0,0\n", `line 1: there is no column "event_id"`},
		"two columns":          {"partition,offset,event_id,partition\n", `column 4: there are two columns "partition"`},
		"another separator":    {"sep=|\npartition|offset\n", "comma, semicolon and tab are taken"},
		"coordinates":          {head + "\nx" + first + "\n", "2 partition \"x0\""},
		"a row of another":     {head + "\n" + moved + "\n", "was the row moved"},
		"unknown":              {head + "\n" + strings.Replace(first, "0,0,", "0,999,", 1) + "\n", "there is no quarantined event at 0:999"},
		"twice":                {text + first + "\n", "is in line 2 already"},
		"too few cells":        {head + "\n0,0\n", "it has 2 cells, the header has"},
		"too many cells":       {head + "\n" + long + "\n", "it has"},
		"open quote":           {head + "\n\"" + first + "\n", "no row of CSV"},
		"too many rows":        {head + "\n" + strings.Repeat(first+"\n", 101), "import_"},
		"too long":             {head + "\n\"" + strings.Repeat("x", 30_000), "quarantine.import_bytes"},
		"a column of no event": {strings.Replace(head, "column.Country", "column.Planet", 1) + "\n" + first + "\n", `no column "Planet"`},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := service.Import(t.Context(), quarantine.ImportRequest{Format: quarantine.FormatCSV, Body: strings.NewReader(c.file), DryRun: true})
			got := fmt.Sprint(err)
			if err == nil {
				got = fmt.Sprint(d.Errors)
				if d.Changed != 0 {
					t.Errorf("%d rows have changed", d.Changed)
				}
			} else if !errors.Is(err, quarantine.ErrInvalid) {
				t.Errorf("%v is not the client's", err)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
