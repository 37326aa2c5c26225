package route

import "github.com/millrace/millrace/adapter/jsontext"

// Envelope is what a queue or a topic knows about a record besides its payload.
type Envelope struct {
	Headers []Header // in the order of their names
	ID      string   // of the message, where its sender gave it one
	Key     string   // its key, or routing key
	Topic   string   // topic, exchange or stream that it was sent to
}

// Header is one header of a message, with its value as text.
type Header struct{ Name, Value string }

// Append appends the envelope as [adapter.Record] wants it: an object of JSON with its
// keys sorted, without what is empty. Bytes that are no UTF-8 become U+FFFD.
func (e *Envelope) Append(dst []byte) []byte {
	from := len(dst)
	if len(e.Headers) > 0 {
		dst = append(dst, `,"headers":`...)
		for i, h := range e.Headers {
			dst = append(dst, "{,"[min(i, 1)])
			dst = jsontext.AppendString(dst, h.Name)
			dst = jsontext.AppendString(append(dst, ':'), h.Value)
		}
		dst = append(dst, '}')
	}
	dst = appendMember(dst, `,"id":`, e.ID)
	dst = appendMember(dst, `,"key":`, e.Key)
	dst = appendMember(dst, `,"topic":`, e.Topic)
	if len(dst) == from {
		return append(dst, "{}"...)
	}
	dst[from] = '{'
	return append(dst, '}')
}

func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return jsontext.AppendString(append(dst, name...), value)
}

// MaxEnvelope bounds an envelope: a record with a longer one is refused, as its
// metadata would not fit into the log.
const MaxEnvelope = 16 << 10
