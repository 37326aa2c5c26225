package main

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// row is a result as the topic has it; without a value it removes the key. It is the
// schema of the sink. Rows are written by publish, without the strings.
type row struct {
	Key   string  `state:"key"`
	Value *string `state:"value"`
}

// text appends a part of a result. A nil text is for results that always have a value.
type text[T any] func(dst []byte, v T) []byte

// publish writes the values of a stream to the topic of results. gone, when given, tells
// which of them remove their key.
func publish[T any](in stream.Stream[T], key, value text[T], gone func(v T) bool) {
	rows, err := codec.For[row]()
	if err != nil {
		in.Job().Fail(err)
		return
	}
	sink := stream.Sink{Kind: stream.Topic, Name: "results", Doc: "what the query has come to", Schema: rows.Schema(), Key: []string{"key"}}
	stream.To(in, sink, func(dst []byte, v T) []byte {
		begin := len(dst)
		dst = key(append(slices.Grow(dst, usualRow), 0), v)
		dst = measure(dst, begin)
		if gone != nil && gone(v) {
			return append(dst, 0)
		}
		dst = append(dst, 1)
		begin = len(dst)
		return measure(value(append(dst, 0), v), begin)
	})
}

// usualRow is the room of a row, so that most take one piece of memory.
const usualRow = 48

// measure puts the length of a text in front of it, where a byte has been left for it.
func measure(dst []byte, begin int) []byte {
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(dst)-begin-1))
	if n == 1 {
		dst[begin] = length[0]
		return dst
	}
	return slices.Replace(dst, begin, begin+1, length[:n]...)
}

var errRow = errors.New("a stored result is damaged")

// cutRow takes a row off the front of b. The value is nil when the row removes its key.
func cutRow(b []byte) (key, value, rest []byte, err error) {
	if key, b, err = cutText(b); err != nil {
		return nil, nil, nil, err
	}
	if len(b) == 0 {
		return nil, nil, nil, errRow
	}
	if b[0] == 0 {
		return key, nil, b[1:], nil
	}
	value, rest, err = cutText(b[1:])
	return key, value, rest, err
}

func cutText(b []byte) (text, rest []byte, err error) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, errRow
	}
	end := width + int(n)
	return b[width:end:end], b[end:], nil
}

// number appends an integer, and bar one behind a separator.
func number(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

func bar(dst []byte, n int64) []byte { return number(append(dst, '|'), n) }
