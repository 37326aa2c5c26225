// Command reference prints a page of the documentation: of dashboards (dashboards), or the
// JSON Schema of their files (schema); or writes Grafana's dashboards into a folder
// (grafana FOLDER).
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/dashboard/grafana"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	pages := map[string]func() ([]byte, error){"dashboards": dashboard.ReferenceMarkdown, "schema": dashboard.JSONSchema}
	switch {
	case len(args) == 2 && args[0] == "grafana":
		return writeGrafana(args[1])
	case len(args) != 1 || pages[args[0]] == nil:
		return errors.New("want dashboards, schema, or grafana FOLDER")
	}
	text, err := pages[args[0]]()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

func writeGrafana(folder string) error {
	catalog, err := metric.Load(metric.Defaults(), metric.Datasets())
	if err != nil {
		return err
	}
	files, err := grafana.Files(catalog)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join(folder, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
