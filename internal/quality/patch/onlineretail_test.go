package patch_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/generate/corrupt"
	"github.com/millrace/millrace/internal/quality/patch"
)

// TestRepairsOfOnlineRetail: each broken line becomes the clean one again by the patch for
// its way.
func TestRepairsOfOnlineRetail(t *testing.T) {
	const lines = 60_000
	r, err := zstd.NewReader(bytes.NewReader(onlineretail.Data()))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	clean := make([]byte, lines*80)
	if _, err := io.ReadFull(r, clean); err != nil {
		t.Fatal(err)
	}
	clean = clean[:bytes.LastIndexByte(clean, '\n')+1]
	broken, labels, err := corrupt.Break(nil, clean, corrupt.Config{Seed: 1, Share: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	layout, err := adapter.LayoutOf(a, "")
	if err != nil {
		t.Fatal(err)
	}
	repairs := repairsOf(t, labels)
	rows := strings.Split(string(broken), "\n")
	repaired := map[string]int{}
	for _, l := range labels {
		p := repairs[l.Way]
		if p == nil {
			continue // order_missing: the number is in the label alone
		}
		out, changes, err := p.Apply(nil, patch.Document{Payload: []byte(rows[l.Line-1]), Format: layout})
		if err != nil || len(changes) == 0 || !slices.Equal(fields(t, string(out)), fields(t, l.Original)) {
			t.Fatalf("%s, line %d, changes %+v, error %v:\n%s became\n%s, want\n%s", l.Way, l.Line, changes, err, rows[l.Line-1], out, l.Original)
		}
		repaired[l.Way]++
	}
	if names, _ := corrupt.Ways(); len(repaired) != len(names)-1 {
		t.Errorf("ways that were repaired: %v, of %v", repaired, names)
	}
}

func repairsOf(t *testing.T, labels []corrupt.Label) map[string]*patch.Patch {
	t.Helper()
	repairs := map[string]*patch.Patch{}
	names, _ := corrupt.Ways()
	for _, name := range names {
		text, ok := onlineretail.Repair(name)
		if !ok {
			continue
		}
		p, err := patch.Load(text, name+".yaml")
		if err != nil {
			t.Fatal(err)
		}
		repairs[name] = p
	}
	products := map[string]string{}
	for _, l := range labels {
		if l.Way == "product_missing" {
			f := fields(t, l.Original)
			products[f[2]] = f[1]
		}
	}
	repairs["product_missing"] = must(patch.New(patch.Spec{Version: 1, Name: "product_missing", Steps: []patch.Step{
		{Field: "item.product_id", Lookup: patch.Lookup{Field: "Description", Table: products}},
	}}))
	return repairs
}

func fields(t *testing.T, line string) []string {
	t.Helper()
	f, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return f
}
