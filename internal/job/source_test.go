package job_test

import (
	"bytes"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/generate"
)

// onlineRetail are order lines of a real gift shop: the first so many of December 2010.
func onlineRetail(t *testing.T, lines int) (reader, []told) {
	t.Helper()
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	text := unpack(t, onlineretail.Data())
	decoder := a.NewDecoder(nil)
	r := reader{Decoder: decoder, source: onlineretail.Name, fix: retailRules}
	var all []told
	for first := true; len(all) < lines; {
		advance, record, _ := a.Next(text, true)
		text = text[advance:]
		if first {
			first = false
			continue
		}
		rec := adapter.Record{Payload: record, Source: r.source}
		key, err := decoder.RouteKey(nil, &rec)
		if err != nil {
			t.Fatal(err)
		}
		b := &event.Batch{}
		decoder.Decode(b, b.Add(0, 0, 0, record), &rec)
		all = append(all, told{record, b.Time[0], string(key)})
	}
	return r, all
}

// retailRules does what examples/onlineretail/rules.yaml does: a price must be above zero,
// and an order without a customer is one of a guest.
func retailRules(b *event.Batch, i int) bool {
	if b.CustomerID[i] == "" {
		b.CustomerID[i] = "guest:" + b.OrderID[i]
	}
	from, _ := b.ItemRange(i)
	return b.Items.Price[from] > 0
}

func unpack(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := r.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

//go:embed testdata/eshop2008.csv.zst
var eshop2008 []byte

// clickstream are clicks of a real shop for clothes, April 2008. The file has the day of
// a session and the number of each click: sessions are spread over the day here, and
// clicks follow each other after half a minute, now and then after longer.
func clickstream(t *testing.T, clicks int) (reader, []told) {
	t.Helper()
	decoder := native.New().NewDecoder(nil)
	r := reader{Decoder: decoder, source: "eshop"}
	var all []told
	for _, line := range strings.Split(strings.TrimSpace(string(unpack(t, eshop2008))), "\n")[1:] {
		if len(all) == clicks {
			break
		}
		f := strings.Split(line, ";")
		n := make([]int, len(f))
		for i := range f {
			n[i], _ = strconv.Atoi(f[i])
		}
		click, session := n[3], n[5]
		at := time.Date(n[0], time.Month(n[1]), n[2], 0, session%1440, 0, 0, time.UTC).Add(time.Duration(click) * 30 * time.Second)
		at = at.Add(time.Duration(click/7) * time.Duration(session%3) * 14 * time.Minute)
		payload := fmt.Sprintf(`{"id":"%d-%d","type":"product_viewed","time":"%s","anonymous_id":"v%d","session_id":"%d","channel":"web","country":"C%s",`+
			`"currency":"USD","items":[{"product_id":"%s","category":"%s","quantity":1,"price":%s,"kind":"view"}]}`,
			session, click, at.Format(time.RFC3339), session, session, f[4], f[7], f[6], f[11])
		all = append(all, told{[]byte(payload), at.UnixMicro(), "v" + f[5]})
	}
	return r, all
}

// generated is some hours of the shop that `millrace generate` makes.
func generated(t *testing.T, seed uint64, events int) (reader, []told) {
	t.Helper()
	c, err := generate.Scenario("default")
	if err != nil {
		t.Fatal(err)
	}
	c.Seed, c.Rate, c.Products, c.Customers, c.Regulars = seed, 2, 200, 20_000, 300
	c.Duplicates, c.Late, c.Broken, c.Skewed = 0, 0, 0, 0
	s, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var all []told
	for range events {
		e := s.Next()
		all = append(all, told{bytes.Clone(e.Payload), e.At, string(e.Key)})
	}
	return reader{Decoder: native.New().NewDecoder(nil), source: "shop"}, all
}
