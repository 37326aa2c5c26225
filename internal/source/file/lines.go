package filesource

import "bytes"

// lines is the format of adapters that know nothing of files: one record per
// line, no header. Blank lines are none.
type lines struct{}

func (lines) Next(data []byte, atEOF bool) (advance int, record []byte, breaks int) {
	end := bytes.IndexByte(data, '\n')
	switch {
	case end >= 0:
		advance, record, breaks = end+1, data[:end], 1
	case atEOF && len(data) > 0:
		advance, record = len(data), data
	default:
		return 0, nil, 0
	}
	if record = bytes.TrimSpace(record); len(record) == 0 {
		record = nil
	}
	return advance, record, breaks
}

func (lines) Header([]byte) (envelope string, skip bool, err error) { return "", false, nil }
