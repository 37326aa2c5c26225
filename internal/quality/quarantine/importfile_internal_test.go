package quarantine

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
)

func TestNeutral(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "lamp": "lamp", "=1+1": "'=1+1", "+49": "+49", "-12.50": "-12.50", "-x": "'-x", "@x": "'@x", "'": "'", "'=x": "''=x",
		"\tx": "'\tx", "12": "12", "it's": "it's", "\n=x": "'\n'=x", "a;=cmd": "a;'=cmd", "a;-1;b": "a;'-1;b", "a; \"=x": "a; \"'=x", "a\t@x": "a\t'@x",
		"a|+x": "a|'+x", "a\n=x": "a\n'=x", " =x": " '=x", "\uff1d1": "'\uff1d1", "\uff0b": "'\uff0b", "\uff0d1": "'\uff0d1", "\uff20x": "'\uff20x",
		"a,=x": "a,=x", "a;'=x": "a;''=x", "a=b": "a=b",
	} {
		if got := neutral(in); got != want {
			t.Errorf("%q is exported as %q, want %q", in, got, want)
		}
		if got := original(neutral(in)); got != in {
			t.Errorf("%q comes back as %q", in, got)
		}
	}
}

// What was not edited stays byte for byte.
func TestLine(t *testing.T) {
	layout := adapter.Layout{Delimiter: ',', Quote: '"', Columns: []adapter.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	for _, c := range []struct {
		payload string
		values  []string
		set     string
		want    string
	}{
		{`1,2,3`, []string{"1", "2", "3"}, "x", `1,x,3`},
		{`1,"2,5",3`, []string{"1", "2,5", "3"}, "2;5", `1,2;5,3`},
		{`"1","say ""hi""",`, []string{"1", `say "hi"`, ""}, `"`, `"1","""",`},
		{`,,`, []string{"", "", ""}, "a,b", `,"a,b",`},
		{`"a""",b"c,d`, []string{`a"`, `b"c`, "d"}, "", `"a""",,d`},
	} {
		l := &line{layout: layout, payload: []byte(c.payload)}
		l.cut()
		if len(l.fields) != len(c.values) {
			t.Errorf("%s has %d fields", c.payload, len(l.fields))
			continue
		}
		for i, want := range c.values {
			if got := l.value(i); got != want {
				t.Errorf("%s: field %d is %q, want %q", c.payload, i, got, want)
			}
		}
		if got, err := l.with(map[int]string{1: c.set}); err != nil || string(got) != c.want {
			t.Errorf("%s with %q is %s, %v, want %s", c.payload, c.set, got, err, c.want)
		}
		if got, err := l.with(nil); err != nil || string(got) != c.payload {
			t.Errorf("%s comes back as %s, %v", c.payload, got, err)
		}
	}
	l := &line{layout: layout, payload: []byte("1,2,3")}
	l.cut()
	if _, err := l.with(map[int]string{0: "a\nb"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a line break: %v", err)
	}
}

func FuzzRows(f *testing.F) {
	for _, seed := range []string{
		"partition,offset,event_id,column.a\n0,1,x,y\n", "sep=;\r\npartition;offset;event_id\r\n0;1;x\r\n", "\ufeffpartition\toffset\tevent_id\n1\t2\t3",
		"\xff\xfep\x00a\x00", `{"partition":0,"offset":1,"event_id":"x","columns":{"a":"b","c":null}}`, "{}\n\n[", "\"", "partition,offset,event_id,\"\n",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, csv bool) {
		format := FormatJSONL
		if csv {
			format = FormatCSV
		}
		rows, err := openRows(strings.NewReader(text), format)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("%v is not the client's", err)
			}
			return
		}
		for n := 0; ; n++ {
			row, err := rows.next()
			var wrong *rowError
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.As(err, &wrong):
				if wrong.line < 1 || wrong.reason == "" {
					t.Fatalf("%+v", wrong)
				}
			case err != nil:
				if !errors.Is(err, ErrInvalid) {
					t.Fatalf("%v is not the client's", err)
				}
				return
			case row.line < 1 || row.at.Partition < 0 || row.at.Offset < 0:
				t.Fatalf("%+v", row)
			}
			if n > len(text)+1 {
				t.Fatal("more rows than bytes")
			}
		}
	})
}
