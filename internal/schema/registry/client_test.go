package registry_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
)

// TestFranzClient lets a client that others wrote go through the life of a subject.
func TestFranzClient(t *testing.T) {
	server := httptest.NewServer(open(t).Handler("/registry"))
	defer server.Close()
	client, err := sr.NewClient(sr.URLs(server.URL + "/registry"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	text := `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}`
	first, err := client.CreateSchema(ctx, "orders/v1-value", sr.Schema{Schema: text})
	if err != nil || first.ID != 1 || first.Version != 1 {
		t.Fatalf("registered as %+v, %v", first, err)
	}
	again, err := client.LookupSchema(ctx, "orders/v1-value", sr.Schema{Schema: text})
	if err != nil || again.ID != first.ID || again.Subject != "orders/v1-value" {
		t.Errorf("looked up: %+v, %v", again, err)
	}
	byID, err := client.SchemaByID(ctx, first.ID)
	if err != nil || byID.Schema != text || byID.Type != sr.TypeAvro {
		t.Errorf("by id: %+v, %v", byID, err)
	}
	broken := sr.Schema{Schema: `{"type":"record","name":"Order","fields":[{"name":"n","type":"int"}]}`}
	result, err := client.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), "orders/v1-value", -1, broken)
	if err != nil || result.Is || len(result.Messages) == 0 {
		t.Errorf("compatible: %+v, %v", result, err)
	}
	_, err = client.CreateSchema(ctx, "orders/v1-value", broken)
	if e := (*sr.ResponseError)(nil); !errors.As(err, &e) || e.ErrorCode != 40901 || e.StatusCode != 409 {
		t.Errorf("an incompatible schema: %v", err)
	}
	for _, set := range client.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone}, "orders/v1-value") {
		if set.Err != nil || set.Level != sr.CompatNone {
			t.Errorf("level: %+v", set)
		}
	}
	if second, err := client.CreateSchema(ctx, "orders/v1-value", broken); err != nil || second.Version != 2 {
		t.Errorf("with level NONE: %+v, %v", second, err)
	}
	if subjects, err := client.Subjects(ctx); err != nil || len(subjects) != 1 {
		t.Errorf("subjects: %v, %v", subjects, err)
	}
	if all, err := client.AllSchemas(ctx); err != nil || len(all) != 2 {
		t.Errorf("all schemas: %v, %v", all, err)
	}
	for _, how := range []sr.DeleteHow{sr.SoftDelete, sr.HardDelete} {
		if versions, err := client.DeleteSubject(ctx, "orders/v1-value", how); err != nil || len(versions) != 2 {
			t.Errorf("deleted %v, %v", versions, err)
		}
	}
	proto := sr.Schema{Type: sr.TypeProtobuf, Schema: `syntax = "proto3"; message Order { string id = 1; }`}
	if s, err := client.CreateSchema(ctx, "p", proto); err != nil || s.Type != sr.TypeProtobuf {
		t.Errorf("Protocol Buffers: %+v, %v", s, err)
	}
	json := sr.Schema{Type: sr.TypeJSON, Schema: `{"$ref":"order.json"}`, References: []sr.SchemaReference{{Name: "order.json", Subject: "o", Version: 1}}}
	if _, err := client.CreateSchema(ctx, "o", sr.Schema{Type: sr.TypeJSON, Schema: `{"type":"object"}`}); err != nil {
		t.Error(err)
	}
	if s, err := client.CreateSchema(ctx, "j", json); err != nil || len(s.References) != 1 {
		t.Errorf("JSON Schema: %+v, %v", s, err)
	}
	if found, err := client.SchemaReferences(ctx, "o", 1); err != nil || len(found) != 1 {
		t.Errorf("referenced by %v, %v", found, err)
	}
}
