package mapped_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/mapped"
)

// framed lists what a framer finds in a file that comes in pieces.
func framed(t testing.TB, a adapter.Adapter, file string, piece, maxBytes int) string {
	t.Helper()
	f := a.(adapter.Framed).NewFramer(adapter.FramerOptions{MaxBytes: maxBytes})
	var out strings.Builder
	data, rest, line := "", file, 1
	for {
		frame, err := f.Next([]byte(data), rest == "")
		if err != nil {
			t.Fatal(err)
		}
		if frame.Advance < 0 || frame.Advance > len(data) || frame.Before+frame.Lines != strings.Count(data[:frame.Advance], "\n") {
			t.Fatalf("a frame of %+v in %d bytes with %d line breaks", frame, len(data), strings.Count(data[:frame.Advance], "\n"))
		}
		line += frame.Before
		if frame.To > frame.From {
			fmt.Fprintf(&out, "%d %s%s%s\n", line, frame.Reject, frame.Envelope, data[frame.From:frame.To])
		}
		line += frame.Lines
		data = data[frame.Advance:]
		switch {
		case frame.Advance > 0 || frame.Reject != "":
		case rest == "":
			return out.String()
		case len(data) > maxBytes:
			t.Fatalf("the framer wants more than %d bytes", maxBytes)
		default:
			n := min(piece, len(rest))
			data, rest = data+rest[:n], rest[n:]
		}
	}
}

func marketplace(t testing.TB, records string) adapter.Adapter {
	t.Helper()
	a, err := mapped.Load([]byte("name: m\nformat: xml\nversion: 1\nconstants: {type: x}\n"+records), "m.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestFramer(t *testing.T) {
	const orders = "records: /orders/order\n"
	long := "<order>" + strings.Repeat("<line>\n</line>", 40) + "</order>"
	for name, c := range map[string]struct{ mapping, file, want string }{
		"at the path alone":         {orders, "<orders><order>1</order>\n<old><order>2</order></old>\n<order/></orders>", "1 <order>1</order>\n3 <order/>\n"},
		"the root":                  {"records: /order\n", "<?xml version='1.0'?><order>1</order>", "1 <order>1</order>\n"},
		"of its own name inside":    {orders, "<orders><order><order>1</order><order/></order></orders>", "1 <order><order>1</order><order/></order>\n"},
		"not in comments":           {orders, "<orders><!-- <order> --><order><![CDATA[</order>]]><?x </order>?></order></orders>", "1 <order><![CDATA[</order>]]><?x </order>?></order>\n"},
		"not in attributes":         {orders, "<orders a='<order>' b=\"/>\"><order c='</order>'/></orders>", "1 <order c='</order>'/>\n"},
		"none":                      {orders, "<orders></orders>", ""},
		"another root":              {orders, "<invoices><order>1</order></invoices>", "1 wrong_root<invoices>\n"},
		"broken inside":             {orders, "<orders><order><a></order><order>2</order></orders>", "1 <order><a></order>\n1 <order>2</order>\n"},
		"cut off":                   {orders, "<orders>\n<order>1", "2 <order>1\n"},
		"one that is too long":      {orders, "<orders>\n" + long + "\n<order>2</order></orders>", "2 too_large" + long[:400] + "\n43 <order>2</order>\n"},
		"a comment that is long":    {orders, "<orders><!--" + strings.Repeat(" <order> \n", 100) + "--><order>2</order></orders>", "101 <order>2</order>\n"},
		"a long comment in one":     {orders, "<orders><order><!--" + strings.Repeat(" </order> ", 100) + "--></order><order>2</order></orders>", "1 too_large<order><!--" + strings.Repeat(" </order> ", 100)[:389] + "\n1 <order>2</order>\n"},
		"a tag that is long":        {orders, "<orders><x a='" + strings.Repeat("order ", 100) + "'/><order>2</order></orders>", "1 <order>2</order>\n"},
		"the whole file":            {"", " <order>\n</order>\n", "1 <order>\n</order>\n"},
		"a whole file, too long":    {"", long, "1 too_large" + long[:400] + "\n"},
		"an empty file":             {"", " \n", ""},
		"namespaces around it":      {orders + "namespaces: {o: urn:o}\n", "<orders xmlns='urn:o'><order/><old xmlns:p='urn:p'/></orders>", "1 {\"namespaces\":{\"\":\"urn:o\"}}<order/>\n"},
		"an ending without a start": {orders, "</x><orders></x><order/></orders></orders>", "1 <order/>\n"},
	} {
		t.Run(name, func(t *testing.T) {
			a := marketplace(t, c.mapping)
			whole := framed(t, a, c.file, len(c.file)+1, 400)
			if whole != c.want {
				t.Errorf("found\n%s\nwant\n%s", whole, c.want)
			}
			for piece := 1; piece < len(c.file); piece++ {
				if got := framed(t, a, c.file, piece, 400); got != whole {
					t.Fatalf("in pieces of %d bytes\n%s\nwant\n%s", piece, got, whole)
				}
			}
		})
	}
}

func TestFramerOfTheExample(t *testing.T) {
	text, err := os.ReadFile("../../examples/sources/xml-orders/orders.xml")
	if err != nil {
		t.Fatal(err)
	}
	if got := framed(t, marketplace(t, "records: /orders/order\n"), string(text), 100, 1<<20); strings.Count(got, "</order>") != 2 {
		t.Errorf("found\n%s", got)
	}
}
