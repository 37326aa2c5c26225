package edi

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"

	"github.com/millrace/millrace/adapter"
)

// Adapter is the adapter of one standard.
type Adapter struct {
	standard Standard
	maps     *Maps
	version  string
}

var (
	_ adapter.Adapter = (*Adapter)(nil)
	_ adapter.Framed  = (*Adapter)(nil)
)

// version changes whenever the same message may decode differently under the same
// maps.
const version = "1"

// New returns an adapter with the maps of a folder: dictionary.txt and *.map. They
// are compiled in, so that an error in them is a bug.
func New(s Standard, files fs.FS, dir string) *Adapter {
	a, err := load(s, files, dir)
	if err != nil {
		panic(fmt.Sprintf("BUG: the maps of %s: %v", s, err))
	}
	return a
}

func load(s Standard, files fs.FS, dir string) (*Adapter, error) {
	dictionary, err := fs.ReadFile(files, path.Join(dir, "dictionary.txt"))
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, path.Join(dir, "*.map"))
	if err != nil {
		return nil, err
	}
	digest := fnv.New32a()
	_, _ = digest.Write(dictionary) // never fails
	var texts []string
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		_, _ = digest.Write(text)
		texts = append(texts, string(text))
	}
	maps, err := Load(s, string(dictionary), texts...)
	if err != nil {
		return nil, err
	}
	return &Adapter{standard: s, maps: maps, version: fmt.Sprintf("%s-%08x", version, digest.Sum32())}, nil
}

// Name implements [adapter.Adapter].
func (a *Adapter) Name() string { return a.standard.String() }

// Version implements [adapter.Adapter]. It has a digest of the maps.
func (a *Adapter) Version() string { return a.version }

// Maps returns what is read.
func (a *Adapter) Maps() *Maps { return a.maps }

// NewDecoder implements [adapter.Adapter].
func (a *Adapter) NewDecoder(hook adapter.Telemetry) adapter.Decoder {
	return NewDecoder(a.standard, a.maps, hook)
}

// NewFramer implements [adapter.Framed].
func (a *Adapter) NewFramer(o adapter.FramerOptions) adapter.Framer {
	return NewFramer(a.standard, a.maps, o)
}

// Next implements [adapter.FileFormat] for doors that do not frame: a line is an
// interchange of one message.
func (a *Adapter) Next(data []byte, atEOF bool) (advance int, record []byte, lines int) {
	end := bytes.IndexByte(data, '\n')
	switch {
	case end >= 0:
		advance, record, lines = end+1, data[:end], 1
	case atEOF && len(data) > 0:
		advance, record = len(data), data
	default:
		return 0, nil, 0
	}
	if record = bytes.TrimSpace(record); len(record) == 0 {
		record = nil
	}
	return advance, record, lines
}

// Header implements [adapter.FileFormat].
func (a *Adapter) Header(first []byte) (envelope string, skip bool, err error) {
	return "", false, Sniff(a.standard, first)
}
