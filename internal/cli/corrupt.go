package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/generate/corrupt"
)

// maxCorruptBytes bounds the file that is broken, which is in memory as a whole.
const maxCorruptBytes = 1 << 30

// corruptFlags are the flags of millrace generate corrupt.
type corruptFlags struct {
	corrupt.Config
	to, labels string
}

func (s *shell) corrupt() *cobra.Command {
	var f corruptFlags
	c := &cobra.Command{
		Use:   "corrupt FILE",
		Short: "Break lines of a file on purpose",
		Long: `Break some lines of a file of order lines, as senders break them, and write down which, and how. FILE
is in the format of Online Retail (.zst and .gz are read; - is standard input). A broken line is
quarantined for the category and rule that its label names; every one can be repaired. Equal files
and flags give equal bytes.

Ways: ` + corruptHelp(),
		Example: `  millrace generate corrupt online_retail.csv.zst --to broken.csv --labels labels.jsonl
  millrace generate corrupt - --seed 7 --share 0.01 <clean.csv >broken.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return s.runCorrupt(args[0], &f) },
	}
	flags := c.Flags()
	flags.Uint64Var(&f.Seed, "seed", 1, "another seed breaks other lines")
	flags.Float64Var(&f.Share, "share", 0.05, "share of the lines, 0 to 0.5")
	flags.StringVar(&f.to, "to", "-", "`file` to write (.zst is compressed; - is standard output)")
	flags.StringVar(&f.labels, "labels", "", "`file` for the labels, as JSON Lines")
	return c
}

func corruptHelp() string {
	var b strings.Builder
	names, says := corrupt.Ways()
	for i, name := range names {
		fmt.Fprintf(&b, "\n  %-21s %s", name, says[i])
	}
	return b.String()
}

func (s *shell) runCorrupt(path string, f *corruptFlags) error {
	clean, err := s.read(path, maxCorruptBytes+1)
	if err != nil {
		return fmt.Errorf("cannot read the file: %w", err)
	}
	if len(clean) > maxCorruptBytes {
		return usage("%s has more than %s; break a part of it", path, bytesOf(maxCorruptBytes))
	}
	broken, labels, err := corrupt.Break(nil, clean, f.Config)
	if err != nil {
		return usage("%v", err)
	}
	if err := s.writeCorrupt(f, broken, labels); err != nil {
		return err
	}
	return s.printCorrupt(f, labels)
}

func (s *shell) writeCorrupt(f *corruptFlags, broken []byte, labels []corrupt.Label) error {
	out, err := s.toFile(f.to)
	if err != nil {
		return err
	}
	file := out.(*fileOutput)
	_, err = file.w.Write(broken)
	if err = errors.Join(err, file.Close()); err != nil || f.labels == "" {
		return err
	}
	to, err := create(f.labels)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	for i := range labels {
		if err := encoder.Encode(&labels[i]); err != nil {
			return errors.Join(err, to.Close())
		}
	}
	return to.Close()
}

func (s *shell) printCorrupt(f *corruptFlags, labels []corrupt.Label) error {
	ways := make(map[string]int64)
	for i := range labels {
		ways[labels[i].Way]++
	}
	out := *s
	if f.to == "-" {
		out.Stdout = s.Stderr // standard output has the file
	}
	if s.json {
		return out.print(struct {
			Broken int              `json:"broken"`
			Seed   uint64           `json:"seed"`
			Ways   map[string]int64 `json:"ways"`
		}{len(labels), f.Seed, ways})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Broken       %12s\n", count(int64(len(labels))))
	names, _ := corrupt.Ways()
	for _, name := range names {
		fmt.Fprintf(&b, "  %-24s %s\n", name, count(ways[name]))
	}
	_, err := io.WriteString(out.Stdout, b.String())
	return err
}
