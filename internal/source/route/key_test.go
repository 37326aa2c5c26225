package route_test

import (
	"bytes"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/source/route"
)

// keyed is a decoder whose route key is its own.
type keyed struct {
	adapter.Decoder
	key []byte
}

func (k keyed) RouteKey(dst []byte, _ *adapter.Record) ([]byte, error) {
	return append(dst, k.key...), nil
}

func TestALongKeyIsDigested(t *testing.T) {
	r := &adapter.Record{Payload: []byte("one")}
	fits, long := bytes.Repeat([]byte("k"), 4096), bytes.Repeat([]byte("k"), 4097)
	if got := route.Append([]byte("x"), keyed{key: fits}, r); !bytes.Equal(got[1:], fits) {
		t.Errorf("a key of %d bytes became one of %d", len(fits), len(got)-1)
	}
	one := route.Append([]byte("x"), keyed{key: long}, r)
	two := route.Append([]byte("x"), keyed{key: long}, &adapter.Record{Payload: []byte("two")})
	if len(one) != 17 || one[0] != 'x' || !bytes.Equal(one, two) {
		t.Errorf("a key of %d bytes became %q, and %q of another record", len(long), one, two)
	}
}
