package httpsource

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/source/control"
	"github.com/millrace/millrace/internal/source/meter"
)

// sourceState is a source as requests see it.
type sourceState struct {
	name     string
	adapter  string
	isFile   bool
	meter    *meter.Source
	control  *control.Source // nil: it is under no control
	decoders sync.Pool       // of adapter.Decoder, which serve one goroutine at a time
}

func newSourceState(s *Source, meters *meter.Registry) *sourceState {
	st := &sourceState{name: s.Name, adapter: s.Adapter.Name()}
	if meters == nil {
		meters = new(meter.Registry)
	}
	st.meter, st.control = meters.Source(st.name, st.adapter), s.Control
	if f, ok := s.Adapter.(adapter.FileFormat); ok {
		// A format that does not begin with a JSON object has no events to post.
		_, _, err := f.Header([]byte("{}"))
		st.isFile = err != nil
	}
	a := s.Adapter
	st.decoders.New = func() any { return a.NewDecoder(nil) }
	return st
}

func (s *sourceState) decoder() adapter.Decoder { return s.decoders.Get().(adapter.Decoder) }

// maxKeyBytes bounds what is hashed for a request without a valid key.
const maxKeyBytes = 256

// byKey returns the source of a write key. Keys are compared by their SHA-256:
// how long a look-up takes tells nothing about a key, since nobody can choose
// digests that share a prefix with one.
func (h *Handler) byKey(key []byte) *sourceState {
	if len(key) == 0 || len(key) > maxKeyBytes {
		return nil
	}
	return h.keys[sha256.Sum256(key)]
}

// headerKey returns the write key in the Authorization header: that of Basic as
// the user name (Segment's libraries leave the password empty), or Bearer's.
func headerKey(r *http.Request, buf []byte) []byte {
	v := r.Header["Authorization"]
	if len(v) == 0 || len(v[0]) > 2*maxKeyBytes {
		return nil
	}
	scheme, credentials, _ := strings.Cut(v[0], " ")
	credentials = strings.TrimSpace(credentials)
	switch {
	case strings.EqualFold(scheme, "Basic"):
		buf, err := base64.StdEncoding.AppendDecode(buf, []byte(credentials))
		if err != nil {
			return nil
		}
		for i, c := range buf {
			if c == ':' {
				return buf[:i]
			}
		}
		return buf
	case strings.EqualFold(scheme, "Bearer"):
		return append(buf, credentials...)
	}
	return nil
}
