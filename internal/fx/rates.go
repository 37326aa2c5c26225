package fx

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/event"
)

// MaxAge is how many days a rate holds when no newer one was published: longer than the
// longest row of holidays, shorter than any trust in a rate.
const MaxAge = 10

// maxBytes bounds an unpacked file.
const maxBytes = 64 << 20

// euro is the currency that all rates are against.
const euro = "EUR"

//go:embed eurofxref-hist.zip
var published []byte

// Rates are the reference rates of many days. They are immutable.
type Rates struct {
	version string
	days    []int32                   // published, ascending, as days since 1970
	rates   map[string][]event.Micros // by currency and index of the day: how many make one euro; 0 for none
}

// ECB returns the embedded rates. They are read once, by the first who asks.
var ECB = sync.OnceValues(func() (*Rates, error) { return Load(published) })

// Load reads the bank's file eurofxref-hist: the zip, or the CSV in it.
func Load(data []byte) (*Rates, error) {
	text, err := unpack(data)
	if err != nil {
		return nil, fmt.Errorf("cannot read exchange rates: %w", err)
	}
	r := &Rates{rates: make(map[string][]event.Micros)}
	if err := r.read(text); err != nil {
		return nil, fmt.Errorf("cannot read exchange rates: %w", err)
	}
	sum := sha256.Sum256(text)
	r.version = r.Newest().Format(time.DateOnly) + "." + hex.EncodeToString(sum[:4])
	return r, nil
}

func unpack(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte("PK")) {
		return data, nil
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	if len(archive.File) != 1 {
		return nil, fmt.Errorf("the archive has %d files, want one: eurofxref-hist.csv", len(archive.File))
	}
	f, err := archive.File[0].Open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err = errors.Join(err, f.Close()); err == nil && len(text) > maxBytes {
		err = fmt.Errorf("the file is larger than %d bytes", maxBytes)
	}
	return text, err
}

// read takes the table, whose newest day stands first.
func (r *Rates) read(text []byte) error {
	table := csv.NewReader(bytes.NewReader(text))
	table.ReuseRecord = true
	head, err := table.Read()
	if err != nil || len(head) < 2 || head[0] != "Date" {
		return fmt.Errorf("the first line must be Date,USD,…: %w", errors.Join(err, csv.ErrFieldCount))
	}
	names := slices.Clone(head)
	columns := make([][]event.Micros, len(names))
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		day, err := time.Parse(time.DateOnly, row[0])
		if err != nil {
			return fmt.Errorf("line %d: cannot take %q for a day", len(r.days)+2, row[0])
		}
		r.days = append(r.days, int32(day.Unix()/secondsPerDay))
		for i, text := range row[1:] {
			rate, err := parseRate(text)
			if err != nil {
				return fmt.Errorf("line %d: cannot take %q for the rate of %s: %w", len(r.days)+1, text, names[i+1], err)
			}
			columns[i+1] = append(columns[i+1], rate)
		}
	}
	slices.Reverse(r.days)
	for i := 1; i < len(r.days); i++ {
		if r.days[i] <= r.days[i-1] {
			return errors.New("days must stand in order, the newest first, each once")
		}
	}
	for i, name := range names[1:] {
		if name = strings.TrimSpace(name); name != "" && len(r.days) > 0 {
			slices.Reverse(columns[i+1])
			r.rates[name] = columns[i+1]
		}
	}
	if len(r.days) == 0 {
		return errors.New("it has no rates")
	}
	return nil
}

const secondsPerDay = 24 * 60 * 60

func parseRate(text string) (event.Micros, error) {
	if text == "N/A" || text == "" {
		return 0, nil
	}
	rate, err := event.ParseMicros(text)
	if err == nil && rate <= 0 {
		err = errors.New("a rate is greater than zero")
	}
	return rate, err
}

// Version names the newest day and digests the file.
func (r *Rates) Version() string { return r.version }

// Newest is the last day that has rates.
func (r *Rates) Newest() time.Time {
	return time.Unix(int64(r.days[len(r.days)-1])*secondsPerDay, 0).UTC()
}

// Knows reports whether the currency was ever quoted.
func (r *Rates) Knows(currency string) bool { return currency == euro || r.rates[currency] != nil }

// Currencies lists the currencies in order.
func (r *Rates) Currencies() []string {
	names := []string{euro}
	for name := range r.rates {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// On returns how much of a currency one euro was, at a time in µs since 1970. It is false
// where there is no rate.
func (r *Rates) On(currency string, at int64) (event.Micros, bool) {
	day := int32(floorDiv(at, secondsPerDay*1_000_000))
	i, found := slices.BinarySearch(r.days, day)
	if !found {
		i--
	}
	if i < 0 || day-r.days[i] > MaxAge {
		return 0, false
	}
	if currency == euro {
		return event.MicrosPerUnit, true
	}
	column := r.rates[currency]
	if column == nil {
		return 0, false
	}
	for ; i >= 0 && day-r.days[i] <= MaxAge; i-- {
		if column[i] != 0 {
			return column[i], true
		}
	}
	return 0, false
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Conversion is from one currency to another, on a day.
type Conversion struct{ from, to event.Micros }

// Conversion finds the rates for a day. It is false where there are none.
func (r *Rates) Conversion(from, to string, at int64) (Conversion, bool) {
	f, ok := r.On(from, at)
	t, ok2 := r.On(to, at)
	return Conversion{f, t}, ok && ok2
}

// Apply converts an amount, rounded to so many decimals (at most six). It is false when
// the result does not fit.
func (c Conversion) Apply(amount event.Micros, decimals int) (event.Micros, bool) {
	magnitude := uint64(amount)
	if amount < 0 {
		magnitude = -magnitude
	}
	step := uint64(1)
	for range 6 - decimals {
		step *= 10
	}
	hi, lo := bits.Mul64(magnitude, uint64(c.to))
	divisor := uint64(c.from) * step // rates are below 2^43 (millions), the step at most 2^20
	if c.from > math.MaxInt64/1_000_000 || hi >= divisor {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, divisor)
	if rest >= divisor-rest {
		q++
	}
	hi, q = bits.Mul64(q, step)
	if hi != 0 || q > math.MaxInt64 {
		return 0, false
	}
	if amount < 0 {
		return -event.Micros(q), true
	}
	return event.Micros(q), true
}
