package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/internal/eventlog"
)

const (
	magic       = "MRSPOOL1"
	frameHeader = 8
	frameFixed  = 17
	// maxFrame bounds a frame: no payload of a door is larger than 16 MiB, and
	// metadata has 64 KiB.
	maxFrame = 32 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is a record as it lies in the spool. Its bytes are those it was read from.
type frame struct {
	sequence int64
	received int64 // µs since 1970 UTC
	doubtful bool
	key      []byte
	meta     []byte
	payload  []byte
}

// appendFrame appends the frame of an entry.
func appendFrame(dst []byte, e *eventlog.Entry, sequence int64, received time.Time, doubtful bool) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, frameHeader)...)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(sequence))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(received.UnixMicro()))
	if doubtful {
		dst = append(dst, 1)
	} else {
		dst = append(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Key)))
	dst = append(dst, e.Key...)
	// The metadata's length is known behind it: it is moved by as much as its
	// length takes.
	from := len(dst)
	dst = eventlog.AppendMeta(dst, &e.Record)
	var size [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(size[:], uint64(len(dst)-from))
	dst = append(dst, size[:n]...)
	copy(dst[from+n:], dst[from:len(dst)-n])
	copy(dst[from:], size[:n])
	dst = append(dst, e.Record.Payload...)
	body := dst[start+frameHeader:]
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(body)))
	binary.LittleEndian.PutUint32(dst[start+4:], crc32.Checksum(body, castagnoli))
	return dst
}

// errTorn says that what follows is no whole frame.
var errTorn = errors.New("the rest is no whole record")

// parseFrame reads the frame that b begins with, and returns its length; 0 without
// an error when b has only a part of it.
func parseFrame(b []byte) (f frame, size int, err error) {
	if len(b) < frameHeader {
		return f, 0, nil
	}
	length := int(binary.LittleEndian.Uint32(b))
	if length < frameFixed || length > maxFrame {
		return f, 0, errTorn
	}
	if len(b) < frameHeader+length {
		return f, 0, nil
	}
	body := b[frameHeader : frameHeader+length]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return f, 0, errTorn
	}
	f.sequence = int64(binary.LittleEndian.Uint64(body))
	f.received = int64(binary.LittleEndian.Uint64(body[8:]))
	f.doubtful = body[16] == 1
	var rest []byte
	var hasKey, hasMeta bool
	f.key, rest, hasKey = cutSized(body[frameFixed:])
	f.meta, f.payload, hasMeta = cutSized(rest)
	if !hasKey || !hasMeta {
		return f, 0, errTorn
	}
	return f, frameHeader + length, nil
}

// cutSized splits what stands behind its length from the rest.
func cutSized(b []byte) (value, rest []byte, ok bool) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, false
	}
	end := width + int(n)
	return b[width:end:end], b[end:], true
}

// digest tells records without a number apart: by metadata, which has the request
// and the place in it, and payload.
type digest [2]uint64

func digestOf(meta, payload []byte) digest {
	var h xxh3.Hasher
	_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(meta)))) // cannot fail
	_, _ = h.Write(meta)
	_, _ = h.Write(payload)
	sum := h.Sum128()
	return digest{sum.Hi, sum.Lo}
}
