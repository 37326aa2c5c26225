package enrich

import (
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/enrich/geo"
)

const ipLogic = "1"

// locator knows the countries of addresses.
type locator interface{ Country(netip.Addr) string }

// CountryOfIP gives events without a country that of the sender's address, by the ranges
// that come with the platform. What the sender said stays.
func CountryOfIP() *Enrichment {
	return newStep("ip_country", ipLogic+"."+geo.Builtin{}.Version(), func() apply {
		return func(b *event.Batch, rows []int32, f *facts, n *tally) { locate(b, rows, f, n, geo.Builtin{}) }
	}, "country")
}

// CountryOfIPFile is CountryOfIP by a file.
func CountryOfIPFile(file *IPFile) *Enrichment {
	e := newStep("ip_country", ipLogic, func() apply {
		return func(b *event.Batch, rows []int32, f *facts, n *tally) {
			if f.file == nil {
				locate(b, rows, f, n, nowhere{})
				return
			}
			locate(b, rows, f, n, f.file)
		}
	}, "country")
	e.file = file
	return e
}

// nowhere stands for a file that was never read.
type nowhere struct{}

func (nowhere) Country(netip.Addr) string { return "" }

func locate(b *event.Batch, rows []int32, f *facts, n *tally, l locator) {
	for k, i := range rows {
		if b.Country.Get(int(i)) != "" {
			n.of[Kept]++
			continue
		}
		text := f.of(b, k, i)[factIP]
		if text == "" {
			n.of[Empty]++
			continue
		}
		a, _ := geo.Parse(text)
		code := l.Country(a)
		if code == "" {
			n.miss(b, i, "context.ip", text, "is no address whose country is known")
			continue
		}
		n.of[Changed]++
		b.Country.Set(int(i), code)
	}
}

// IPFile is a file of MaxMind's format that is read again when it was replaced.
type IPFile struct {
	path    string
	current atomic.Pointer[geo.File]
	size    int64
	changed time.Time
}

// NewIPFile returns the file at path, which [IPFile.Refresh] reads.
func NewIPFile(path string) *IPFile { return &IPFile{path: path} }

// Refresh reads the file if it is another than the one that was read last. On an error
// that one stays in use. It is for one goroutine.
func (x *IPFile) Refresh() error {
	info, err := os.Stat(x.path)
	if err != nil {
		return fmt.Errorf("cannot read IP addresses: %w", err)
	}
	if info.Size() == x.size && info.ModTime().Equal(x.changed) && x.current.Load() != nil {
		return nil
	}
	f, err := geo.Open(x.path)
	if err != nil {
		return fmt.Errorf("cannot read IP addresses: %w", err)
	}
	x.size, x.changed = info.Size(), info.ModTime()
	x.current.Store(f)
	return nil
}
