// Command reference prints a page of the documentation: of the star (warehouse), of metrics
// (metrics), of rollups (rollups) and of BI tools (bi-tools), or the JSON Schema of metrics files
// (schema) or of rollups files (rollups-schema); or writes what Superset and Metabase read into a
// folder (superset FOLDER, metabase FOLDER).
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/internal/warehouse"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/rollup"
	"github.com/millrace/millrace/internal/warehouse/semantic"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	pages := map[string]func() ([]byte, error){
		"warehouse": warehouse.ReferenceMarkdown, "metrics": metric.ReferenceMarkdown, "schema": metric.JSONSchema,
		"rollups": rollup.ReferenceMarkdown, "rollups-schema": rollup.JSONSchema, "bi-tools": guide,
	}
	switch {
	case len(args) == 2 && (args[0] == "superset" || args[0] == "metabase"):
		return writeFiles(args[0], args[1])
	case len(args) != 1 || pages[args[0]] == nil:
		return errors.New("want warehouse, metrics, schema, rollups, rollups-schema or bi-tools, or superset or metabase with a folder")
	}
	text, err := pages[args[0]]()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

func guide() ([]byte, error) {
	catalog, err := metric.Load(metric.Defaults(), metric.Datasets())
	if err != nil {
		return nil, err
	}
	return semantic.Guide(catalog), nil
}

func writeFiles(tool, folder string) error {
	catalog, err := metric.Load(metric.Defaults(), metric.Datasets())
	if err != nil {
		return err
	}
	files, err := semantic.Files(catalog)
	if err != nil {
		return err
	}
	for _, f := range files {
		name, is := strings.CutPrefix(f.Name, tool+"/")
		if !is {
			continue
		}
		name = filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
