// Command geo packs IP ranges for internal/enrich/geo:
//
//	go run ./internal/enrich/cmd/geo ipv4.csv.zst ipv6.csv.zst > internal/enrich/geo/ranges.bin
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/internal/enrich/geo"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	if err := errors.Join(pack(out, os.Args[1:]), out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func pack(out io.Writer, files []string) error {
	var all []geo.Range
	for _, name := range files {
		ranges, err := read(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, ranges...)
	}
	r, err := geo.New(all)
	if err != nil {
		return err
	}
	return r.Pack(out)
}

func read(name string) ([]geo.Range, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return geo.ReadCSV(z)
}
