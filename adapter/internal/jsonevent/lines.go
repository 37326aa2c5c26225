package jsonevent

import "bytes"

// Lines is the file format of JSON events: one document per line, no header.
// It is embedded by adapters.
type Lines struct{}

// Next implements adapter.FileFormat.
func (Lines) Next(data []byte, atEOF bool) (advance int, record []byte, lines int) {
	end := bytes.IndexByte(data, '\n')
	advance, lines = end+1, 1
	if end < 0 {
		if !atEOF || len(data) == 0 {
			return 0, nil, 0
		}
		end, advance, lines = len(data), len(data), 0
	}
	record = bytes.TrimSpace(bytes.TrimPrefix(data[:end:end], []byte("\ufeff")))
	if len(record) == 0 {
		return advance, nil, lines
	}
	return advance, record, lines
}

// Header implements adapter.FileFormat: there is none.
func (Lines) Header([]byte) (envelope string, skip bool, err error) { return "", false, nil }

// RecordsAreJSON implements [adapter.JSONRecords].
func (Lines) RecordsAreJSON() bool { return true }
