package geo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// maxFile bounds a file of MaxMind's format, which is kept in memory.
const maxFile = 1 << 30

// File is a file of MaxMind's format (.mmdb) that has countries.
type File struct {
	db      *maxminddb.Reader
	version string
	// Addresses share few records. Their countries are remembered by the place of the
	// record, so that a lookup makes no texts.
	mu        sync.RWMutex
	countries map[uintptr]string
}

// Open reads a file. It is kept in memory, so that whoever replaces it on disk disturbs
// nobody.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("%s is no file of MaxMind's format: %w", path, err)
	}
	sum := sha256.Sum256(data[max(0, len(data)-1<<16):]) // the end has when it was made, and of what
	built := time.Unix(int64(db.Metadata.BuildEpoch), 0).UTC().Format("20060102")
	return &File{db: db, version: built + "." + hex.EncodeToString(sum[:4]), countries: make(map[uintptr]string)}, nil
}

// Version names the day the file was made.
func (f *File) Version() string { return f.version }

// maxRecords bounds what is remembered. A file of countries has some hundred records, one
// of cities far more.
const maxRecords = 1 << 16

// Country returns the country of an address: where it is, or else that of its owner; ""
// when there is none.
func (f *File) Country(a netip.Addr) string {
	if !a.IsValid() || reserved(a.Unmap()) {
		return ""
	}
	result := f.db.Lookup(a.Unmap())
	if !result.Found() {
		return ""
	}
	f.mu.RLock()
	code, ok := f.countries[result.Offset()]
	f.mu.RUnlock()
	if ok {
		return code
	}
	code = countryOf(result)
	f.mu.Lock()
	if len(f.countries) >= maxRecords {
		clear(f.countries)
	}
	f.countries[result.Offset()] = code
	f.mu.Unlock()
	return code
}

// countryOf reads the record: of MaxMind's own files, of those with country_code, and of
// those with nothing but the code.
func countryOf(result maxminddb.Result) string {
	for _, path := range [][]any{{"country", "iso_code"}, {"registered_country", "iso_code"}, {"country_code"}, {"country"}, nil} {
		var code string
		if result.DecodePath(&code, path...) == nil && alpha2(code) {
			return code
		}
	}
	return ""
}
