package mapped

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/adapter"
)

// xmlAdapter is an [Adapter] of XML, whose files are read by a framer.
type xmlAdapter struct{ *Adapter }

var _ adapter.Framed = xmlAdapter{}

// Next implements [adapter.FileFormat]: without a framer a file is one document.
func (xmlAdapter) Next(data []byte, atEOF bool) (advance int, record []byte, lines int) {
	if !atEOF || len(data) == 0 {
		return 0, nil, 0
	}
	if record = bytes.TrimSpace(data); len(record) == 0 {
		record = nil
	}
	return len(data), record, bytes.Count(data, newline)
}

// Header implements [adapter.FileFormat].
func (xmlAdapter) Header(first []byte) (envelope string, skip bool, err error) {
	if text := bytes.TrimSpace(bytes.TrimPrefix(first, byteOrderMark)); !bytes.HasPrefix(text, []byte("<")) {
		return "", false, errors.New("the file is not XML: it does not begin with <")
	}
	return "", false, nil
}

// NewFramer implements [adapter.Framed].
func (a xmlAdapter) NewFramer(o adapter.FramerOptions) adapter.Framer {
	return &xmlFramer{a: a.Adapter, maxBytes: o.MaxBytes}
}

var (
	newline       = []byte{'\n'}
	byteOrderMark = []byte("\ufeff")
)
