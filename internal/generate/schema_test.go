package generate

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
)

func TestReferenceIsUpToDate(t *testing.T) {
	page, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != string(Reference()) {
		t.Error("docs/events.md is out of date; run make generate")
	}
}

// kindOf is what the declaration calls a value of JSON.
func kindOf(v any, declared string) string {
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); err == nil && declared == "time" {
			return "time"
		}
		return "text"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "other"
}

// Every event has the fields and properties that its type declares, of the
// declared kind, and no others; everything declared occurs.
func TestEventsAreAsDeclared(t *testing.T) {
	seen := make([]map[string]int, typeCount)
	total := make([]int, typeCount)
	for i := range seen {
		seen[i] = map[string]int{}
	}
	for _, r := range busy().goods() {
		if total[r.Type] > 3000 { // enough of them
			continue
		}
		total[r.Type]++
		e := decode[map[string]any](t, r)
		for name := range e {
			if !slices.Contains([]string{"id", "type", "time", "context", "properties"}, name) {
				seen[r.Type][name]++
			}
		}
		properties, _ := e["properties"].(map[string]any)
		for name, v := range properties {
			seen[r.Type]["properties."+name]++
			i := slices.IndexFunc(r.Type.Info().Properties, func(p Property) bool { return p.Name == name })
			if i < 0 {
				t.Fatalf("%s has the undeclared property %q: %s", r.Type, name, r.body)
			}
			if want := r.Type.Info().Properties[i].JSON; kindOf(v, want) != want {
				t.Fatalf("%s: %s is %v, declared as %s", r.Type, name, v, want)
			}
		}
		context, _ := e["context"].(map[string]any)
		if e["id"] == "" || e["type"] != r.Type.String() || context["source"] == nil {
			t.Fatalf("an event lacks what all have: %s", r.body)
		}
	}
	for _, typ := range Types() {
		declared := map[string]bool{} // name → optional
		for _, f := range typ.Info().Fields {
			declared[strings.Trim(f, "[]")] = f[0] == '['
		}
		for _, p := range typ.Info().Properties {
			declared["properties."+p.Name] = p.Optional
		}
		for name, optional := range declared {
			n := seen[typ][name]
			if n == 0 || !optional && n != total[typ] || optional && n == total[typ] {
				t.Errorf("%s has %s in %d of %d events; optional is %v", typ, name, n, total[typ], optional)
			}
			delete(seen[typ], name)
		}
		if len(seen[typ]) > 0 {
			t.Errorf("%s has undeclared fields: %v", typ, seen[typ])
		}
	}
}

// What is good decodes without a problem into the fields it should, what is
// broken does not.
func TestTheNativeAdapterTakesWhatIsGood(t *testing.T) {
	l := lives(t, scenario(t, "dirty", func(c *Config) { c.Rate, c.Broken = 20, 0.2 }), 40_000)
	d := native.New().NewDecoder(nil)
	var b event.Batch
	damages := map[Damage]int{}
	ids := map[event.ID]bool{}
	for i, r := range l.records {
		if i%1000 == 0 {
			b.Reset()
		}
		rec := adapter.Record{Payload: []byte(r.body), Source: "shop"}
		problems := len(b.Problems)
		n := b.Add(int64(i), 1, 0, rec.Payload)
		d.Decode(&b, n, &rec)
		found := b.Problems[problems:]
		switch {
		case r.Delivery == Broken && len(found) == 0:
			t.Fatalf("%s is taken: %s", r.Damage, r.body)
		case r.Delivery == Broken:
			damages[r.Damage]++
		case len(found) > 0:
			t.Fatalf("%+v: %s", found, r.body)
		}
		if r.Delivery != Duplicate && ids[b.ID[n]] {
			t.Fatalf("two events have the identity of %s", r.body)
		}
		if ids[b.ID[n]] != (r.Delivery == Duplicate) {
			t.Fatalf("a duplicate has another identity: %s", r.body)
		}
		ids[b.ID[n]] = true
		if isJSON := json.Valid(rec.Payload); isJSON == (r.Damage == NoJSON) {
			t.Fatalf("%s: JSON is %v: %s", r.Damage, isJSON, r.body)
		}
		if r.Delivery != Broken && b.Type.Get(n) != r.Type.String() {
			t.Fatalf("type %s of %s", b.Type.Get(n), r.body)
		}
		if key, err := d.RouteKey(nil, &rec); r.Key != nil && (err != nil || string(key) != keyIn(r)) {
			t.Fatalf("the key is %s, the adapter's is %s: %s", keyIn(r), key, r.body)
		}
	}
	for damage := NoJSON; damage < damageCount; damage++ {
		if damages[damage] == 0 {
			t.Errorf("nothing has the damage %s", damage)
		}
	}
}

// keyIn is the actor of an event that was kept: its key points into memory that
// is used again, so that it is found by its place.
func keyIn(r record) string {
	from := cap(r.Payload) - cap(r.Key)
	return r.body[from : from+len(r.Key)]
}
