package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/millrace/millrace/adapter/csv"
)

func (s *shell) mapping() *cobra.Command {
	c := &cobra.Command{
		Use:   "mapping",
		Short: "Make mapping files",
		Args:  unknownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(s.mappingSniff())
	return c
}

func (s *shell) mappingSniff() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "sniff FILE",
		Short: "Propose a mapping for a CSV file",
		Long: `Look at the beginning of a CSV file and print a mapping that reads it: its encoding, delimiter, quote and
decimal separator, whether it has a header, and what its columns hold. The comments say what was seen, and how
sure that is. Read it before you use it: what a column means is a guess by its name. FILE may be compressed
with gzip or zstd; - is standard input.`,
		Example: `  millrace mapping sniff orders.csv > orders.yaml
  millrace mapping sniff orders.csv.gz --name erp_orders`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return s.sniff(args[0], name) },
	}
	c.Flags().StringVar(&name, "name", "", "name of the mapping; that of the file by default")
	return c
}

// sniffBytes is how much of a file is read.
const sniffBytes = 256 << 10

func (s *shell) sniff(path, name string) error {
	head, err := s.head(path)
	if err != nil {
		return &failure{code: ExitFailed, what: fmt.Sprintf("cannot read %s: %v", path, err)}
	}
	seen, err := csv.Sniff(head)
	if err != nil {
		return &failure{code: ExitFailed, what: fmt.Sprintf("cannot propose a mapping for %s: %v", path, err)}
	}
	if name == "" {
		name = mappingName(path)
	}
	text := seen.YAML(name, filepath.Base(path))
	if s.json {
		return s.print(struct {
			Mapping    string   `json:"mapping"`
			Confidence float64  `json:"confidence"`
			Notes      []string `json:"notes"`
		}{text, seen.Confidence, seen.Notes})
	}
	_, err = io.WriteString(s.Stdout, text)
	return err
}

// head reads the beginning of a file's text.
func (s *shell) head(path string) ([]byte, error) { return s.read(path, sniffBytes) }

// read reads at most so many bytes of a file's text.
func (s *shell) read(path string, most int64) (text []byte, err error) {
	in := s.Stdin
	if path != "-" {
		f, openErr := os.Open(path)
		if openErr != nil {
			return nil, openErr
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = f
	}
	switch {
	case strings.HasSuffix(path, ".gz"):
		if in, err = gzip.NewReader(in); err != nil {
			return nil, err
		}
	case strings.HasSuffix(path, ".zst"):
		z, zstdErr := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if zstdErr != nil {
			return nil, zstdErr
		}
		defer z.Close()
		in = z
	}
	return io.ReadAll(io.LimitReader(in, most))
}

var notInNames = regexp.MustCompile(`[^a-z0-9_-]+`)

// mappingName makes a name out of that of a file.
func mappingName(path string) string {
	stem, _, _ := strings.Cut(filepath.Base(path), ".")
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(stem), "_"), "_-")
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		name = "file_" + name
	}
	return strings.TrimRight(name[:min(len(name), 60)], "_-")
}
