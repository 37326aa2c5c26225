package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/schema/contract"
)

// BenchmarkOrder checks an order: by its compiled contract, and by a general validator with
// the properties' part of the same schema, with and without reading the JSON.
func BenchmarkOrder(b *testing.B) {
	s, err := contract.BuiltIn()
	if err != nil {
		b.Fatal(err)
	}
	var batch event.Batch
	i := order(&batch)
	batch.Properties[i] = `{"order_id":"4711","checkout_id":"c-77","affiliation":"web","revenue":"25.00","total":30.49,"shipping":5.49,"tax":0,"currency":"EUR",` +
		`"products":[{"product_id":"p1","sku":"s-1","name":"Lantern","category":"Light","price":"12.50","quantity":2,"position":1,"url":"https://example.com/p1"},` +
		`{"product_id":"p2","sku":"s-2","name":"Wick","category":"Light","price":0.99,"quantity":1,"position":2}]}`
	contracted := s.Of("order_completed")
	b.Run("compiled", func(b *testing.B) {
		c := s.Checker()
		b.ReportAllocs()
		for b.Loop() {
			if found := c.Check(contracted, &batch, i); len(found) > 0 {
				b.Fatal(found)
			}
		}
	})
	var schema struct {
		Properties struct {
			Properties json.RawMessage `json:"properties"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(contracted.JSONSchema(), &schema); err != nil {
		b.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schema.Properties.Properties)))
	if err != nil {
		b.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("order.json", document); err != nil {
		b.Fatal(err)
	}
	general, err := compiler.Compile("order.json")
	if err != nil {
		b.Fatal(err)
	}
	read := func() any {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(batch.Properties[i]))
		if err != nil {
			b.Fatal(err)
		}
		return v
	}
	b.Run("general", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := general.Validate(read()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("general-without-reading", func(b *testing.B) {
		v := read()
		for b.Loop() {
			if err := general.Validate(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
