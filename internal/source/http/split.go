package httpsource

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/internal/source/jsonscan"
	"github.com/millrace/millrace/internal/source/route"
)

// piece is one event of a body, or what stands where one should be.
type piece struct {
	start, end int
	line       int // 0: to be computed from start
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
	start := jsonscan.SkipSpace(q.body, 0)
	if start == len(q.body) {
		return newProblem(http.StatusBadRequest, "The body is empty; send a JSON object, an array of objects, or one object per line.")
	}
	if f == lines {
		q.splitLines(0, 1)
	} else if p := q.splitValue(start); p != nil {
		return p
	}
	for i := range q.pieces {
		q.pieces[i].check(q.body, eventBytes)
	}
	return nil
}

// splitValue takes a body that begins with an array or an object. When further
// lines follow an object that ends its line, they are objects too.
func (q *request) splitValue(start int) *problem {
	if err := jsonscan.CheckUTF8(q.body); err != nil {
		return syntaxProblem(q.body, err)
	}
	var end int
	var err *jsonscan.Error
	switch q.body[start] {
	case '[':
		if end, err = jsonscan.Array(q.body, start, q.visitor.Element); err == nil {
			err = jsonscan.End(q.body, end)
		}
	case '{':
		if end, err = jsonscan.Object(q.body, start, &q.visitor); err != nil {
			break
		}
		q.pieces = append(q.pieces[:0], piece{start: start, end: end})
		if err = jsonscan.End(q.body, end); err == nil {
			break
		}
		if next := bytes.IndexByte(q.body[end:err.Offset], '\n'); next >= 0 && q.body[err.Offset] == '{' {
			q.writeKey = span{} // that of one line is not that of all
			from := end + next + 1
			q.splitLines(from, 1+bytes.Count(q.body[:from], []byte{'\n'}))
			err = nil
		}
	default:
		if end, err = jsonscan.Value(q.body, start); err == nil {
			return newProblem(http.StatusBadRequest, "The body is valid JSON but no event; send a JSON object, an array of objects, or one object per line.")
		}
	}
	if err != nil {
		return syntaxProblem(q.body, err)
	}
	return nil
}

// splitLines takes one event per line from an offset on, whose line number is
// given. Blank lines do not count as events.
func (q *request) splitLines(from, line int) {
	for ; from < len(q.body); line++ {
		end := len(q.body)
		next := end
		if n := bytes.IndexByte(q.body[from:], '\n'); n >= 0 {
			end, next = from+n, from+n+1
		}
		start := jsonscan.SkipSpace(q.body[:end], from)
		for end > start && (q.body[end-1] == '\r' || q.body[end-1] == ' ' || q.body[end-1] == '\t') {
			end--
		}
		if start < end {
			q.pieces = append(q.pieces, q.splitLine(from, start, end, line))
		}
		from = next
	}
}

func (q *request) splitLine(from, start, end, line int) piece {
	m := piece{start: start, end: end, line: line}
	if q.body[start] == '{' {
		err := jsonscan.CheckUTF8(q.body[start:end])
		if err == nil {
			var to int
			if to, err = jsonscan.Object(q.body[start:end], 0, nil); err == nil {
				err = jsonscan.End(q.body[start:end], to)
			}
		}
		if err == nil {
			return m
		}
		_, m.column = jsonscan.LineColumn(q.body[from:end], start-from+err.Offset)
		m.reason, m.message = route.InvalidJSON, err.Reason
		return m
	}
	if err := jsonscan.Document(q.body[start:end]); err != nil {
		_, m.column = jsonscan.LineColumn(q.body[from:end], start-from+err.Offset)
		m.reason, m.message = route.InvalidJSON, err.Reason
	}
	return m // a value that is no object is refused by check
}

// check refuses what is JSON but cannot be an event.
func (m *piece) check(body []byte, eventBytes int) {
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
	line, column := jsonscan.LineColumn(body, m.start)
	m.line, m.column = line, column
}
