package csv_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/csv"
	"github.com/millrace/millrace/event"
)

// seen is what matters of what was seen, in one line.
func seen(s *csv.Sniffed) string {
	out := fmt.Sprintf("%s %q %q header=%v decimal=%c rows=%d\n", s.Encoding, s.Delimiter, s.Quote, s.Header, s.Decimal, s.Rows)
	for _, c := range s.Columns {
		out += fmt.Sprintf("%s: %s %s %v %s\n", c.Name, c.Field, c.Type, c.Formats, c.Suffix)
	}
	return out
}

func inUTF16(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestDialectsAreRecognised(t *testing.T) {
	german := "Bestellnummer;Artikel;Menge;Preis;Datum;Land\n1001;Lampe, groß;2;1.012,50;21.11.2026 10:06;DE\n1002;\"Tasse; klein\";1;3,90;22.11.2026 11:00;AT\n"
	const germanSeen = `%s ';' '"' header=true decimal=, rows=2
Bestellnummer: order_id  [] 
Artikel: item.product_id  [] 
Menge: item.quantity  [] 
Preis: item.price  [] 
Datum: event_time  [02.01.2006 15:04] 
Land: country  [] 
`
	for name, c := range map[string]struct{ text, want string }{
		"german":     {german, fmt.Sprintf(germanSeen, "utf-8")},
		"marked":     {"\ufeff" + german, fmt.Sprintf(germanSeen, "utf-8")},
		"UTF-16":     {inUTF16(german), fmt.Sprintf(germanSeen, "utf-8")},
		"Latin":      {strings.ReplaceAll(german, "ß", "\xdf"), fmt.Sprintf(germanSeen, "windows-1252")},
		"cut off":    {german + "1003;Ka", fmt.Sprintf(germanSeen, "utf-8")},
		"tabs":       {"sku\tqty\tnote\nA1\t2\tx, y\nA2\t3\t\n", "utf-8 '\\t' '\"' header=true decimal=. rows=2\nsku: item.product_id  [] \nqty: item.quantity  [] \nnote: properties.note  [] \n"},
		"pipes":      {"id|when|open\n7|2026-11-21T10:00:00Z|1.5\n", "utf-8 '|' '\"' header=true decimal=. rows=1\nid: properties.id integer [] \nwhen: properties.when timestamp [rfc3339] \nopen: properties.open money [] \n"},
		"no header":  {"1,2.50,a b\n2,3.75,c\n", "utf-8 ',' '\"' header=false decimal=. rows=2\ncolumn_1: properties.column_1 integer [] \ncolumn_2: properties.column_2 money [] \ncolumn_3: properties.column_3  [] \n"},
		"one column": {"sku\nA1\nA2\n", "utf-8 ',' '\"' header=true decimal=. rows=2\nsku: item.product_id  [] \n"},
		"apostrophe": {"sku,title\nA1,'One, two'\nA2,'Three, four'\n", "utf-8 ',' '\\'' header=true decimal=. rows=2\nsku: item.product_id  [] \ntitle: item.name  [] \n"},
		"codes":      {"ean,zip\n0012345,01234\n0012346,99999\n", "utf-8 ',' '\"' header=true decimal=. rows=2\nean: item.product_id  [] \nzip: properties.zip  [] \n"},
		"lines":      {"sku,title\nA1,\"one\ntwo\"\nA2,x\n", "utf-8 ',' '\"' header=true decimal=. rows=2\nsku: item.product_id  [] \ntitle: item.name  [] \n"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := csv.Sniff([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := seen(s); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if _, err := csv.Load([]byte(s.YAML("sniffed", name)), "sniffed.yaml"); err != nil {
				t.Errorf("%v\n%s", err, s.YAML("sniffed", name))
			}
		})
	}
}

// What is proposed for the example shop's file reads it as well as the mapping
// that a person wrote, but for what only a person knows.
func TestTheProposalReadsARealFile(t *testing.T) {
	packed, err := os.ReadFile("../../examples/onlineretail/online_retail.csv.zst")
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	text, err := z.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	text = text[:1<<20]
	s, err := csv.Sniff(text)
	if err != nil {
		t.Fatal(err)
	}
	a, err := csv.Load([]byte(s.YAML("sniffed", "online_retail.csv")), "sniffed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b := decodeFile(t, a, text[:strings.LastIndexByte(string(text), '\n')+1])
	if n := b.Len(); n < 10_000 || len(b.Problems) > 0 || s.Confidence < 0.9 {
		t.Errorf("%d rows, confidence %v, problems %+v", n, s.Confidence, b.Problems)
	}
	if b.OrderID[0] != "536365" || b.Items.Quantity[0] != 6 || b.Items.Price[0].String() != "2.550" || b.CustomerID[0] != "17850" {
		t.Errorf("the first row is %s %d × %s of %s", b.OrderID[0], b.Items.Quantity[0], b.Items.Price[0], b.CustomerID[0])
	}
}

// decodeFile decodes the rows of a file as the door and the pass do.
func decodeFile(t *testing.T, a *csv.Adapter, text []byte) *event.Batch {
	t.Helper()
	format, err := a.OpenFile(text, true)
	if err != nil {
		t.Fatal(err)
	}
	r := adapter.Record{Source: "shop"}
	b, d, first := &event.Batch{}, a.NewDecoder(nil), true
	for len(text) > 0 {
		advance, row, _ := format.Next(text, true)
		text = text[advance:]
		if row == nil {
			continue
		}
		if first {
			first = false
			skip := false
			if r.Envelope, skip, err = format.Header(row); err != nil {
				t.Fatal(err)
			}
			if skip {
				continue
			}
		}
		r.Payload = row
		d.Decode(b, b.Add(0, 0, 0, row), &r)
	}
	return b
}

const autoMapping = `
name: auto
version: "1"
delimiter: auto
encoding: auto
constants: {type: row}
columns:
  - {name: sku, field: item.product_id}
  - {name: title, field: item.name}
  - {name: qty, field: item.quantity}
`

func TestAMappingFindsTheDelimiter(t *testing.T) {
	a, err := csv.Load([]byte(autoMapping), "auto.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"sku,title,qty\nA,größer,2\n", "\ufeffsku;title;qty\nA;größer;2\n", "qty\ttitle\tsku\n2\tgrößer\tA\n", "\nsku|title|qty\r\nA|\"größer\"|2\r\n",
		"sku;title;qty\nA;gr\xf6\xdfer;2",
	} {
		b := decodeFile(t, a, []byte(text))
		if b.Len() != 1 || len(b.Problems) > 0 || b.Items.ProductID[0] != "A" || b.Items.Name[0] != "größer" || b.Items.Quantity[0] != 2 {
			t.Errorf("%q: %d rows, %+v, %v", text, b.Len(), b.Problems, b.Items.Name)
		}
	}
	_, err = a.OpenFile([]byte("sku:title:qty\nA:b:1\n"), true)
	if err == nil || !strings.Contains(err.Error(), `no delimiter makes the columns of mapping auto.yaml out of the first line: ',': columns missing "sku", "title", "qty"`) {
		t.Errorf("got %v", err)
	}
	// A record whose envelope does not say the delimiter cannot be read.
	b := &event.Batch{}
	r := adapter.Record{Source: "shop", Payload: []byte("A,b,1")}
	a.NewDecoder(nil).Decode(b, b.Add(0, 0, 1, r.Payload), &r)
	if len(b.Problems) != 1 || b.Problems[0].Rule != "csv.header" {
		t.Errorf("problems are %+v", b.Problems)
	}
}

func TestAFileOfAnotherEncodingIsRefused(t *testing.T) {
	a, err := csv.Load([]byte(strings.Replace(autoMapping, "encoding: auto", "encoding: windows-1252", 1)), "auto.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.OpenFile([]byte("\ufeffsku,title,qty\n"), true); err == nil || !strings.Contains(err.Error(), "set encoding: auto") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoTableIsSaid(t *testing.T) {
	for text, want := range map[string]string{"": "no text", "  \n\n": "no text", "a\x00\x01b,c\n": "NUL"} {
		if _, err := csv.Sniff([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// Whatever a file holds, what is proposed for it is a mapping.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("Bestellnummer;Preis\n1;1.000,50\n2;\"x;\n\"\n"))
	f.Add([]byte("a\tb\n'1\t2'\n\xff\xfe"))
	f.Add([]byte("\xff\xfea\x00,\x00b\x00"))
	for _, dir := range []string{"plain", "german"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.in"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := csv.Sniff(data)
		if err != nil {
			return
		}
		text := s.YAML("sniffed", string(data))
		if _, err := csv.Load([]byte(text), "sniffed.yaml"); err != nil {
			t.Fatal(errors.Join(err, errors.New(text)))
		}
	})
}
