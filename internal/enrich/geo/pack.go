package geo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// magic begins an unpacked file: "geo", and the version of its layout.
const magic = "geo\x01"

// maxUnpacked bounds an unpacked file.
const maxUnpacked = 32 << 20

// Pack writes the ranges. The layout is: magic; countries; IPv4, then IPv6: how many
// changes, the differences of their first (of IPv6 64) bits, of IPv6 their last 64 bits,
// and their countries. All numbers are unsigned varints; all of it is compressed with
// Zstandard.
func (r *Ranges) Pack(out io.Writer) error {
	text := []byte(magic)
	text = binary.AppendUvarint(text, uint64(len(r.names)-1))
	for _, name := range r.names[1:] {
		text = append(text, name...)
	}
	text = binary.AppendUvarint(text, uint64(len(r.v4)))
	before := uint64(0)
	for _, at := range r.v4 {
		text, before = binary.AppendUvarint(text, uint64(at)-before), uint64(at)
	}
	text = append(text, r.v4To...)
	text, before = binary.AppendUvarint(text, uint64(len(r.v6))), 0
	for _, at := range r.v6 {
		text, before = binary.AppendUvarint(text, at.hi-before), at.hi
	}
	for _, at := range r.v6 {
		text = binary.AppendUvarint(text, at.lo)
	}
	text = append(text, r.v6To...)
	z, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	_, err = z.Write(text)
	return errors.Join(err, z.Close())
}

// Unpack reads what Pack wrote.
func Unpack(data []byte) (*Ranges, error) {
	z, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("cannot read IP ranges: %w", err)
	}
	defer z.Close()
	text, err := io.ReadAll(io.LimitReader(z, maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("cannot read IP ranges: %w", err)
	}
	in := &reader{text: text}
	r := in.ranges()
	if in.broken || len(in.text) != 0 {
		return nil, errors.New("cannot read IP ranges: the file is no file of ranges, or it is damaged")
	}
	r.index()
	return r, nil
}

// reader takes the parts of a file one after the other.
type reader struct {
	text   []byte
	broken bool
}

func (in *reader) number() uint64 {
	v, n := binary.Uvarint(in.text)
	if n <= 0 {
		in.broken, in.text = true, nil
		return 0
	}
	in.text = in.text[n:]
	return v
}

// count is a number of things that have at least so many bytes each in what follows.
func (in *reader) count(size int) int {
	n := in.number()
	if n > uint64(len(in.text)/size) {
		in.broken, in.text = true, nil
		return 0
	}
	return int(n)
}

func (in *reader) bytes(n int) []byte {
	if n > len(in.text) {
		in.broken, in.text = true, nil
		return make([]byte, n)
	}
	out := in.text[:n:n]
	in.text = in.text[n:]
	return out
}

func (in *reader) ranges() *Ranges {
	r := &Ranges{names: []string{""}}
	if string(in.bytes(len(magic))) != magic {
		in.broken = true
		return r
	}
	for range in.count(2) {
		r.names = append(r.names, string(in.bytes(2)))
	}
	r.v4 = make([]uint32, in.count(2))
	at := uint64(0)
	for i := range r.v4 {
		step := in.number()
		at += step
		in.broken = in.broken || at > 1<<32-1 || (step == 0) != (i == 0)
		r.v4[i] = uint32(at)
	}
	r.v4To = in.countries(r, len(r.v4))
	r.v6 = make([]high, in.count(3))
	at = 0
	for i := range r.v6 {
		at += in.number()
		r.v6[i].hi = at
	}
	for i := range r.v6 {
		r.v6[i].lo = in.number()
		in.broken = in.broken || i > 0 && r.v6[i].compare(r.v6[i-1]) <= 0 || i == 0 && r.v6[i] != high{}
	}
	r.v6To = in.countries(r, len(r.v6))
	return r
}

func (in *reader) countries(r *Ranges, n int) []uint8 {
	out := bytes.Clone(in.bytes(n))
	for _, country := range out {
		in.broken = in.broken || int(country) >= len(r.names)
	}
	in.broken = in.broken || n == 0
	return out
}
