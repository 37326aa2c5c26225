package geo

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// ReadCSV reads lines of from,to,country, such as "1.0.0.0,1.0.0.255,AU".
func ReadCSV(in io.Reader) ([]Range, error) {
	file := csv.NewReader(in)
	file.FieldsPerRecord, file.ReuseRecord = 3, true
	var out []Range
	countries := make(map[string]string)
	for {
		row, err := file.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read IP ranges: %w", err)
		}
		from, err := netip.ParseAddr(row[0])
		to, err2 := netip.ParseAddr(row[1])
		if err = errors.Join(err, err2); err != nil {
			line, _ := file.FieldPos(0)
			return nil, fmt.Errorf("cannot read IP ranges: line %d: %w", line, err)
		}
		country, ok := countries[row[2]]
		if !ok {
			country = string([]byte(row[2]))
			countries[country] = country
		}
		out = append(out, Range{from, to, country})
	}
}
