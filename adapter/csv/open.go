package csv

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/adapter"
)

// auto is the value of settings that are found out from the file.
const auto = "auto"

// delimiters are those that are tried, in this order.
const delimiters = ",;\t|"

// OpenFile implements [adapter.FileOpener].
func (a *Adapter) OpenFile(head []byte, atEOF bool) (adapter.FileFormat, error) {
	marked := bytes.HasPrefix(head, []byte(byteOrderMark))
	if marked && (a.encoding == encodingWindows1252 || a.encoding == encodingLatin1) {
		return nil, fmt.Errorf("the file is UTF-8 or UTF-16 by its mark, mapping %s says %s; set encoding: auto", a.file, encodingNames[a.encoding])
	}
	if !a.auto {
		return a, nil
	}
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	var wrong []string
	for i := range len(delimiters) {
		candidate := a.with(delimiters[i])
		err := candidate.fits(head, atEOF)
		if err == nil {
			return candidate, nil
		}
		if strings.IndexByte(string(head[:min(len(head), maxSniffed)]), delimiters[i]) >= 0 || i == 0 {
			wrong = append(wrong, fmt.Sprintf("%q: %v", delimiters[i], err))
		}
	}
	return nil, fmt.Errorf("no delimiter makes the columns of mapping %s out of the first line: %s", a.file, strings.Join(wrong, "; "))
}

// with returns the adapter for files of a delimiter.
func (a *Adapter) with(delimiter byte) *Adapter {
	b := *a
	b.delimiter = delimiter
	return &b
}

// fits reports whether the first row of a file has the mapping's columns.
func (a *Adapter) fits(head []byte, atEOF bool) error {
	for len(head) > 0 {
		advance, record, _ := a.Next(head, atEOF)
		if advance == 0 {
			record = head // it is longer than what is known of the file
		}
		if record == nil {
			head = head[advance:]
			continue
		}
		if a.header {
			_, err := a.parseHeader(string(record))
			return err
		}
		names, err := a.headerNames(string(record))
		if err == nil && len(names) != len(a.columns) {
			err = fmt.Errorf("%d columns, not %d", len(names), len(a.columns))
		}
		return err
	}
	return nil // a file without rows is told of elsewhere
}

// prefix is what envelopes begin with.
func (a *Adapter) prefix() string {
	if !a.auto {
		return ""
	}
	return string(rune(a.delimiter))
}

var errEnvelope = errors.New("its envelope does not begin with the delimiter of its file")

// parseEnvelope returns how the rows of a file are written: the delimiter, and
// which column each field is, nil when the order is the mapping's.
func (a *Adapter) parseEnvelope(envelope string) (delimiter byte, order []int, err error) {
	if a.auto {
		if envelope == "" || strings.IndexByte(delimiters, envelope[0]) < 0 {
			return a.delimiter, nil, errEnvelope
		}
		a = a.with(envelope[0])
		envelope = envelope[1:]
	}
	if envelope != "" {
		order, err = a.parseHeader(envelope)
	}
	return a.delimiter, order, err
}
