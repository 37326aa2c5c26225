package transcode_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/transcode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// schemas is a registry in memory.
type schemas struct {
	byID    map[int]sr.Schema
	subject map[string]sr.Schema
	down    bool
	asked   int
}

func (s *schemas) answer(schema sr.Schema, ok bool) (sr.Schema, error) {
	s.asked++
	switch {
	case s.down:
		return sr.Schema{}, errors.New("connection refused")
	case !ok:
		return sr.Schema{}, &sr.ResponseError{StatusCode: http.StatusNotFound, ErrorCode: 40403, Message: "not found"}
	}
	return schema, nil
}

func (s *schemas) SchemaByID(_ context.Context, id int) (sr.Schema, error) {
	schema, ok := s.byID[id]
	return s.answer(schema, ok)
}

func (s *schemas) SchemaByVersion(_ context.Context, subject string, _ int) (sr.SubjectSchema, error) {
	schema, ok := s.subject[subject]
	schema, err := s.answer(schema, ok)
	return sr.SubjectSchema{Schema: schema}, err
}

func wire(id uint32, record ...byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, id), record...)
}

func TestTranscoder(t *testing.T) {
	ref := func(name string) []sr.SchemaReference {
		return []sr.SchemaReference{{Name: name, Subject: name, Version: 1}}
	}
	registry := &schemas{
		byID: map[int]sr.Schema{
			1: {Schema: `"long"`},
			2: {Schema: `{"type":"record","name":"A","fields":[{"name":"b","type":"B"}]}`, References: ref("B")},
			3: {Schema: `message A {}`, Type: sr.TypeProtobuf},
			4: {Schema: `{"type":"nothing"}`},
			5: {Schema: `"long"`, References: ref("gone")},
			6: {Schema: `"long"`, References: ref("ring")},
		},
		subject: map[string]sr.Schema{
			"B":    {Schema: `{"type":"record","name":"B","fields":[{"name":"c","type":"C"}]}`, References: ref("C")},
			"C":    {Schema: `{"type":"enum","name":"C","symbols":["X"]}`},
			"ring": {Schema: `{"type":"enum","name":"R","symbols":["X"]}`, References: ref("ring")},
		},
	}
	now := clock.NewFake(time.Unix(0, 0))
	tr := transcode.New(transcode.Config{Format: transcode.Avro, Schemas: registry, Clock: now})
	check := func(record []byte, want string, wantErr error) {
		t.Helper()
		got, err := tr.Append(t.Context(), nil, record, 100)
		if !errors.Is(err, wantErr) || err == nil && string(got) != want {
			t.Errorf("%x: %s, %v; want %s, %v", record, got, err, want, wantErr)
		}
	}
	check(wire(1, 14), "7", nil)
	check(wire(1, 16), "8", nil)
	if registry.asked != 1 {
		t.Errorf("the registry was asked %d times for one schema", registry.asked)
	}
	check(wire(2, 0), `{"b":{"c":"X"}}`, nil)
	check(wire(3, 0), "", transcode.ErrUndecodable)
	check(wire(4, 0), "", transcode.ErrUndecodable)
	check(wire(5, 0), "", transcode.ErrSchemaUnknown)
	check(wire(6, 14), "7", nil)
	check(wire(1), "", transcode.ErrUndecodable)
	check([]byte("{}"), "", transcode.ErrUndecodable)
	check([]byte(`{"a":1}`), "", transcode.ErrUndecodable)

	// What the registry does not have is asked for again, but not for each record.
	check(wire(9, 2), "", transcode.ErrSchemaUnknown)
	registry.byID[9] = sr.Schema{Schema: `"int"`}
	check(wire(9, 2), "", transcode.ErrSchemaUnknown)
	now.Advance(time.Minute)
	check(wire(9, 2), "1", nil)

	// One that is down refuses nothing that is known, and is no answer.
	registry.down = true
	check(wire(1, 14), "7", nil)
	_, err := tr.Append(t.Context(), nil, wire(10), 100)
	if err == nil || errors.Is(err, transcode.ErrSchemaUnknown) || errors.Is(err, transcode.ErrUndecodable) || !strings.Contains(err.Error(), "schema 10") {
		t.Errorf("a registry that is down: %v", err)
	}
	registry.down = false
	registry.byID[10] = sr.Schema{Schema: `"int"`}
	check(wire(10, 2), "1", nil)
}

func TestTheNumberOfSchemasInMemoryIsBounded(t *testing.T) {
	registry := &schemas{byID: make(map[int]sr.Schema)}
	for i := range 100 {
		registry.byID[i] = sr.Schema{Schema: fmt.Sprintf(`{"type":"enum","name":"E","symbols":["S%d"]}`, i)}
	}
	tr := transcode.New(transcode.Config{Format: transcode.Avro, Schemas: registry, Clock: clock.Real(), MaxSchemas: 10})
	for round := range 2 {
		for i := range uint32(100) {
			got, err := tr.Append(t.Context(), nil, wire(i, 0), 100)
			if want := fmt.Sprintf(`"S%d"`, i); err != nil || string(got) != want {
				t.Fatalf("round %d, schema %d: %s, %v", round, i, got, err)
			}
		}
	}
}
