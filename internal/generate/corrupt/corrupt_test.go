package corrupt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/generate/corrupt"
)

const head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// file has sales, and lines that are not to be broken: guests every third line, a
// cancellation, a gift and a line without a description every ten.
func file(lines int) []byte {
	var b strings.Builder
	b.WriteString(head)
	for i := range lines {
		invoice, customer, quantity, price, text := fmt.Sprint(536365+i), "17850.0", fmt.Sprint(1+i%40), "2.55", fmt.Sprintf("\"LAMP, %d\"", i%50)
		switch {
		case i%10 == 1:
			invoice, quantity = "C"+invoice, "-"+quantity
		case i%10 == 2:
			price = "0.0"
		case i%10 == 3:
			text = ""
		case i%3 == 0:
			customer = ""
		}
		fmt.Fprintf(&b, "%s,%d,%s,%s,2010-12-%02d 08:26:00,%s,%s,EIRE\n", invoice, 85000+i%50, text, quantity, 1+i%28, price, customer)
	}
	return []byte(b.String())
}

func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	clean := file(5000)
	once := broken(t, clean, corrupt.Config{Seed: 3, Share: 0.1})
	if again := broken(t, clean, corrupt.Config{Seed: 3, Share: 0.1}); again.text != once.text || !slices.Equal(again.labels, once.labels) {
		t.Error("the same seed gave another file")
	}
	if other := broken(t, clean, corrupt.Config{Seed: 4, Share: 0.1}); other.text == once.text {
		t.Error("another seed gave the same file")
	}
}

type result struct {
	text   string
	labels []corrupt.Label
}

func broken(t *testing.T, clean []byte, cfg corrupt.Config) result {
	t.Helper()
	out, labels, err := corrupt.Break(nil, clean, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return result{string(out), labels}
}

// TestOnlyLabelledLinesDiffer, all ways are taken alike, and lines that are no sound sale
// stay as they are.
func TestOnlyLabelledLinesDiffer(t *testing.T) {
	clean := file(20_000)
	r := broken(t, clean, corrupt.Config{Seed: 1, Share: 0.05})
	before, after := strings.Split(string(clean), "\n"), strings.Split(r.text, "\n")
	if len(before) != len(after) {
		t.Fatalf("%d lines became %d", len(before), len(after))
	}
	ways, at := map[string]int{}, map[int]string{}
	for _, l := range r.labels {
		ways[l.Way]++
		if at[l.Line] = l.Original; strings.HasPrefix(l.Original, "C") || strings.Contains(l.Original, ",0.0,") {
			t.Errorf("%+v was broken", l)
		}
	}
	for i := range before {
		original, labelled := at[i+1]
		if labelled != (before[i] != after[i]) || labelled && original != before[i] {
			t.Fatalf("line %d, label %q:\n%s\n%s", i+1, original, before[i], after[i])
		}
	}
	names, _ := corrupt.Ways()
	for _, name := range names {
		if n := len(r.labels) / len(names); ways[name] < n-1 || ways[name] > n+1 {
			t.Errorf("%s was taken %d times of %d", name, ways[name], len(r.labels))
		}
	}
	// Of the lines 7 in 10 are sales that can be broken.
	if n := len(r.labels); n < 600 || n > 800 {
		t.Errorf("%d lines are broken", n)
	}
}

func TestFilesOfAnotherKindAreRefused(t *testing.T) {
	for _, test := range []struct {
		file  string
		share float64
		want  string
	}{
		{"a,b\n1,2\n", 0.1, "want order lines under the header InvoiceNo,StockCode"},
		{head + "1,2\r\n", 0.1, "CRLF"},
		{head, 0.6, "want 0 to 0.5"},
	} {
		if _, _, err := corrupt.Break(nil, []byte(test.file), corrupt.Config{Share: test.share}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.file, err, test.want)
		}
	}
}

// FuzzBreak: whatever the lines are, there is a label for each that changed.
func FuzzBreak(f *testing.F) {
	f.Add("1,2,\"a,b\",3,2010-12-01 08:26:00,2.55,,EIRE\n\n\",\n", uint64(1))
	f.Fuzz(func(t *testing.T, lines string, seed uint64) {
		if strings.Contains(lines, "\r") {
			return
		}
		clean := head + lines
		out, labels, err := corrupt.Break(nil, []byte(clean), corrupt.Config{Seed: seed, Share: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		before, after := strings.Split(strings.TrimSuffix(clean, "\n"), "\n"), strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		for _, l := range labels {
			after[l.Line-1] = l.Original
		}
		if !slices.Equal(before, after) {
			t.Fatalf("%q\n%q", before, after)
		}
	})
}
