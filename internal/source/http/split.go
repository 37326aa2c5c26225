package httpsource

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/route"
)

// piece is one event of a body, or what stands where one should be.
type piece struct {
	start, end int
	line       int // 0: to be found from start, if the piece is refused
	column     int
	reason     string // empty: an event
	message    string
}

// form is how the events of a body are written one after the other.
type form int

const (
	detect form = iota // one value, or one per line
	lines              // one object per line
)

// split finds the events of the body.
func (q *request) split(f form, eventBytes int) *problem {
	if f == lines {
		q.splitLines(0, 1)
	} else if p := q.splitValue(); p != nil {
		return p
	}
	if len(q.pieces) == 0 && len(bytes.TrimSpace(q.body)) == 0 {
		return newProblem(http.StatusBadRequest, "The body is empty; send a JSON object, an array of objects, or one object per line.")
	}
	var at jsontext.Position
	for i := range q.pieces {
		q.pieces[i].check(q.body, eventBytes, &at)
	}
	return nil
}

// splitValue takes a body that is one array or object. When further lines
// follow an object that ends its line, they are objects too.
func (q *request) splitValue() *problem {
	c := q.cursor
	c.Reset(jsontext.View(q.body))
	start, kind := c.Offset(), c.Kind()
	switch kind {
	case jsontext.Array:
		q.array()
	case jsontext.Object:
		q.object()
		end := start + len(c.From(start))
		q.pieces = append(q.pieces[:0], piece{start: start, end: end})
		if c.Err() == nil && c.Kind() == jsontext.Object && bytes.IndexByte(q.body[end:c.Offset()], '\n') >= 0 {
			q.writeKey = jsontext.Value{} // that of one line is not that of all
			from := end + bytes.IndexByte(q.body[end:], '\n') + 1
			q.splitLines(from, 1+bytes.Count(q.body[:from], []byte{'\n'}))
			return nil
		}
	default:
		if c.Err() == nil && start == len(q.body) {
			return nil // empty
		}
		c.Value()
	}
	switch err := c.End(); {
	case err != nil:
		return syntaxProblem(err)
	case kind != jsontext.Array && kind != jsontext.Object:
		return newProblem(http.StatusBadRequest, "The body is valid JSON but no event; send a JSON object, an array of objects, or one object per line.")
	}
	return nil
}

// splitLines takes one event per line from an offset on, whose line number is
// given. Blank lines do not count as events.
func (q *request) splitLines(from, line int) {
	for ; from < len(q.body) && len(q.pieces) <= q.most; line++ {
		end := len(q.body)
		next := end
		if n := bytes.IndexByte(q.body[from:], '\n'); n >= 0 {
			end, next = from+n, from+n+1
		}
		start := from
		for start < end && isBlank(q.body[start]) {
			start++
		}
		for start < end && isBlank(q.body[end-1]) {
			end--
		}
		if start < end {
			q.notePiece(q.splitLine(from, start, end, line))
		}
		from = next
	}
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\r' }

func (q *request) splitLine(from, start, end, line int) piece {
	m := piece{start: start, end: end, line: line, column: start - from + 1}
	q.cursor.Reset(jsontext.View(q.body[from:end]))
	q.cursor.Value()
	if err := q.cursor.End(); err != nil {
		m.column, m.reason, m.message = err.Column, route.InvalidJSON, err.Message
	}
	return m // a value that is no object is refused by check
}

// check refuses what is JSON but cannot be an event. at is at or before the
// piece, so that all pieces of a body are placed in one way through it.
func (m *piece) check(body []byte, eventBytes int, at *jsontext.Position) {
	switch n := m.end - m.start; {
	case m.reason != "":
		return
	case n > eventBytes:
		m.reason = route.TooLarge
		m.message = fmt.Sprintf("the event has %d bytes, at most %d are allowed (limits.event_bytes)", n, eventBytes)
	case body[m.start] != '{':
		m.reason, m.message = route.NotAnObject, "an event is a JSON object"
	default:
		return
	}
	if m.line == 0 {
		at.Move(jsontext.View(body), m.start)
		m.line, m.column = at.Line, at.Column
	}
}
