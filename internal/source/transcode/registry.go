package transcode

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// The formats of records.
const (
	Avro     = "avro"
	Protobuf = "protobuf"
)

// Schemas is what is needed of a schema registry; *sr.Client is one.
type Schemas interface {
	SchemaByID(ctx context.Context, id int) (sr.Schema, error)
	SchemaByVersion(ctx context.Context, subject string, version int) (sr.SubjectSchema, error)
}

// Config describes a transcoder.
type Config struct {
	Format  string // Avro or Protobuf
	Schemas Schemas
	Clock   clock.Clock

	MaxSchemas int           // schemas in memory; 1,000
	AskAgain   time.Duration // after which a registry is asked again for what it did not have; 30 s
}

// Transcoder turns records of Confluent's wire format into JSON. It is safe for
// concurrent use.
type Transcoder struct {
	cfg    Config
	mu     sync.Mutex // never held while the registry is asked
	known  map[uint32]known
	format sr.SchemaType
}

// known is what is known of a schema.
type known struct {
	codec Codec
	err   error     // why there is no codec
	until time.Time // of err
}

// New returns a transcoder.
func New(cfg Config) *Transcoder {
	if cfg.MaxSchemas <= 0 {
		cfg.MaxSchemas = 1000
	}
	if cfg.AskAgain <= 0 {
		cfg.AskAgain = 30 * time.Second
	}
	t := &Transcoder{cfg: cfg, known: make(map[uint32]known), format: sr.TypeAvro}
	if cfg.Format == Protobuf {
		t.format = sr.TypeProtobuf
	}
	return t
}

// headerBytes is the length of what comes before the record.
const headerBytes = 5

// Append appends the JSON of a record, at most limit bytes. Errors: ErrUndecodable,
// ErrSchemaUnknown and ErrTooLarge are the record's; any other is that of a registry
// that does not answer, and the record should be tried again.
func (t *Transcoder) Append(ctx context.Context, dst, record []byte, limit int) ([]byte, error) {
	if len(record) < headerBytes || record[0] != 0 {
		return dst, fmt.Errorf("%w: it does not begin with a zero byte and the id of a schema", ErrUndecodable)
	}
	codec, err := t.codec(ctx, binary.BigEndian.Uint32(record[1:]))
	if err != nil {
		return dst, err
	}
	return codec.Append(dst, record[headerBytes:], limit)
}

func (t *Transcoder) codec(ctx context.Context, id uint32) (Codec, error) {
	t.mu.Lock()
	k, ok := t.known[id]
	t.mu.Unlock()
	if ok && (k.err == nil || t.cfg.Clock.Now().Before(k.until)) {
		return k.codec, k.err
	}
	codec, err := t.fetch(ctx, id)
	if err != nil && !errors.Is(err, ErrSchemaUnknown) && !errors.Is(err, ErrUndecodable) {
		return nil, fmt.Errorf("cannot get schema %d from the registry: %w", id, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= t.cfg.MaxSchemas {
		clear(t.known) // seldom; those in use are fetched again
	}
	t.known[id] = known{codec: codec, err: err, until: t.cfg.Clock.Now().Add(t.cfg.AskAgain)}
	return codec, err
}

// fetch asks the registry for a schema and all that it refers to.
func (t *Transcoder) fetch(ctx context.Context, id uint32) (Codec, error) {
	schema, err := t.cfg.Schemas.SchemaByID(ctx, int(id))
	if err != nil {
		return nil, unknown(err, fmt.Sprintf("schema %d", id))
	}
	if schema.Type != t.format {
		return nil, fmt.Errorf("%w: schema %d is of %s, not %s", ErrUndecodable, id, schema.Type, t.format)
	}
	refs := references{schemas: t.cfg.Schemas, texts: make(map[string]string)}
	if err := refs.add(ctx, schema.References, 0); err != nil {
		return nil, err
	}
	var codec Codec
	if t.format == sr.TypeProtobuf {
		codec, err = NewProtobuf(ctx, schema.Schema, refs.texts)
	} else {
		codec, err = NewAvro(schema.Schema, refs.order)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: schema %d: %w", ErrUndecodable, id, err)
	}
	return codec, nil
}

// unknown tells an answer of a registry that has no such schema from one that does not
// answer.
func unknown(err error, what string) error {
	var answer *sr.ResponseError
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%w: %s: %w", ErrSchemaUnknown, what, err)
	}
	return err
}

// references are the schemas that a schema refers to, directly or not.
type references struct {
	schemas Schemas
	texts   map[string]string // by the name that they are referred to by
	order   []string          // those referred to first
}

const (
	maxReferences     = 256
	maxReferenceDepth = 16
)

func (r *references) add(ctx context.Context, list []sr.SchemaReference, depth int) error {
	for _, ref := range list {
		if _, have := r.texts[ref.Name]; have {
			continue
		}
		if depth >= maxReferenceDepth || len(r.texts) >= maxReferences {
			return fmt.Errorf("%w: its schema refers to more than %d others, or over more than %d steps", ErrUndecodable, maxReferences, maxReferenceDepth)
		}
		schema, err := r.schemas.SchemaByVersion(ctx, ref.Subject, ref.Version)
		if err != nil {
			return unknown(err, fmt.Sprintf("version %d of subject %q", ref.Version, ref.Subject))
		}
		r.texts[ref.Name] = schema.Schema.Schema
		if err := r.add(ctx, schema.References, depth+1); err != nil {
			return err
		}
		r.order = append(r.order, schema.Schema.Schema)
	}
	return nil
}
