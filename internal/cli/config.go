package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/runtime/config"
)

// maxKeyBytes bounds a write key read from standard input.
const maxKeyBytes = 4 << 10

func (s *shell) config() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check, print and describe the configuration",
		Long: `Check, print and describe the configuration: one YAML file, overridden by MILLRACE_* variables
(log.partitions is MILLRACE_LOG_PARTITIONS), overridden by flags. Nothing is started.`,
		Example: `  millrace config check millrace.yaml
  millrace config print > millrace.yaml`,
		Args: unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the configuration? Give check, print, schema, reference or hash-key")
		},
	}
	c.AddCommand(s.configCheck(), s.configPrint(), s.configSchema(), s.configReference(), s.configHashKey())
	return c
}

// fileOf is the file given as argument or by --config.
func fileOf(args []string, flag string) (string, error) {
	switch {
	case len(args) == 0:
		return flag, nil
	case flag != "":
		return "", usage("give the file as argument or by --config, not both")
	}
	return args[0], nil
}

func (s *shell) configCheck() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration and all that it refers to",
		Long: `Check a configuration: keys, values, and the mappings and rules that it refers to. Every error is
printed with file, line and column, and an unknown key with the nearest right one.`,
		Example: `  millrace config check millrace.yaml
  MILLRACE_LOG_PARTITIONS=3 millrace config check`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := fileOf(args, file)
			if err != nil {
				return err
			}
			cfg, err := s.loadFile(path)
			if err != nil {
				return err
			}
			if s.Platform.Check != nil {
				if err := s.Platform.Check(cfg); err != nil {
					return misconfigured(err)
				}
			}
			if s.json {
				return s.print(map[string]any{"ok": true})
			}
			_, err = fmt.Fprintln(s.Stdout, "The configuration is valid.")
			return err
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration `file` (MILLRACE_CONFIG)")
	return c
}

func (s *shell) configPrint() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "print [FILE]",
		Short: "Print the configuration in effect",
		Long:  "Print every setting with its value in effect, as YAML that can be read back. Secrets are not shown.",
		Example: `  millrace config print
  millrace config print millrace.yaml --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := fileOf(args, file)
			if err != nil {
				return err
			}
			cfg, err := s.loadFile(path)
			if err != nil {
				return err
			}
			text, err := cfg.Marshal()
			if err != nil {
				return err
			}
			if s.json {
				var tree any
				if err := yaml.Unmarshal(text, &tree); err != nil {
					return err
				}
				return s.print(tree)
			}
			_, err = s.Stdout.Write(text)
			return err
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration `file` (MILLRACE_CONFIG)")
	return c
}

func (s *shell) configSchema() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of the configuration",
		Long:    "Print the JSON Schema of the configuration, for editors that check and complete YAML.",
		Example: `  millrace config schema > millrace.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.JSONSchema()
			if err != nil {
				return err
			}
			_, err = s.Stdout.Write(schema)
			return err
		},
	}
}

func (s *shell) configReference() *cobra.Command {
	return &cobra.Command{
		Use:     "reference",
		Short:   "Describe every setting",
		Long:    "Describe every setting with its default and its environment variable, as Markdown (with --json as JSON Schema).",
		Example: `  millrace config reference | less`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.json {
				schema, err := config.JSONSchema()
				if err != nil {
					return err
				}
				_, err = s.Stdout.Write(schema)
				return err
			}
			_, err := s.Stdout.Write(config.ReferenceMarkdown())
			return err
		},
	}
}

func (s *shell) configHashKey() *cobra.Command {
	return &cobra.Command{
		Use:   "hash-key",
		Short: "Hash a write key for the configuration",
		Long: `Read a write key from standard input and print its hash, for sources[].write_keys. The key itself
need not be in the file: it is not an argument either, so that it stays out of the shell's history.`,
		Example: `  printf %s "$WRITE_KEY" | millrace config hash-key`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := io.ReadAll(io.LimitReader(s.Stdin, maxKeyBytes+1))
			if err != nil {
				return fmt.Errorf("cannot read the key from standard input: %w", err)
			}
			key := strings.TrimRight(string(text), "\r\n")
			switch {
			case key == "":
				return usage("there is no key on standard input")
			case len(key) > maxKeyBytes:
				return usage("the key has more than %d bytes", maxKeyBytes)
			case strings.ContainsAny(key, "\r\n"):
				return usage("the key has more than one line; give one key at a time")
			}
			hash := string(config.HashKey(key))
			if s.json {
				return s.print(map[string]string{"write_key": hash})
			}
			_, err = fmt.Fprintln(s.Stdout, hash)
			return err
		},
	}
}
