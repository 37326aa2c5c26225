package semantic

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// File is a generated file.
type File struct {
	Name string // with slashes
	Text []byte
}

const (
	formatVersion = "1.0.0" // of Superset's files
	databaseName  = "Millrace"
	databaseURI   = "postgresql+psycopg2://superset@127.0.0.1:5433/millrace"
	generated     = "# Generated from internal/warehouse/semantic by \"make generate\". Do not edit.\n"
)

// The structs of this file are Superset's format of assets, as far as it is used.
type supersetMetadata struct {
	Version   string `yaml:"version"`
	Type      string `yaml:"type"`
	Timestamp string `yaml:"timestamp"`
}

type supersetDatabase struct {
	Name       string `yaml:"database_name"`
	URI        string `yaml:"sqlalchemy_uri"`
	Cache      *int   `yaml:"cache_timeout"`
	SQLLab     bool   `yaml:"expose_in_sqllab"`
	Async      bool   `yaml:"allow_run_async"`
	CreateAs   bool   `yaml:"allow_ctas"`
	CreateView bool   `yaml:"allow_cvas"`
	Change     bool   `yaml:"allow_dml"`
	Upload     bool   `yaml:"allow_file_upload"`
	Extra      struct {
		AllowsVirtual bool `yaml:"allows_virtual_table_explore"`
	} `yaml:"extra"`
	UUID    string `yaml:"uuid"`
	Version string `yaml:"version"`
}

type supersetDataset struct {
	Name         string           `yaml:"table_name"`
	Time         string           `yaml:"main_dttm_col"`
	Description  string           `yaml:"description"`
	Schema       string           `yaml:"schema"`
	SQL          string           `yaml:"sql"`
	FilterSelect bool             `yaml:"filter_select_enabled"`
	UUID         string           `yaml:"uuid"`
	Metrics      []supersetMetric `yaml:"metrics"`
	Columns      []supersetColumn `yaml:"columns"`
	Version      string           `yaml:"version"`
	Database     string           `yaml:"database_uuid"`
}

type supersetMetric struct {
	Name        string `yaml:"metric_name"`
	Label       string `yaml:"verbose_name"`
	Type        string `yaml:"metric_type"`
	Expression  string `yaml:"expression"`
	Description string `yaml:"description"`
	Format      string `yaml:"d3format"`
}

type supersetColumn struct {
	Name        string `yaml:"column_name"`
	Time        bool   `yaml:"is_dttm"`
	Active      bool   `yaml:"is_active"`
	Type        string `yaml:"type"`
	Group       bool   `yaml:"groupby"`
	Filter      bool   `yaml:"filterable"`
	Description string `yaml:"description"`
}

// Files returns everything that is in deploy/superset and deploy/metabase.
func Files(c *metric.Catalog) ([]File, error) {
	files, err := Superset(c)
	return append(files, Metabase(c)...), err
}

// Superset returns a folder of assets that Superset imports: a database, and a dataset for each
// dataset of the catalogue with its metrics.
func Superset(c *metric.Catalog) ([]File, error) {
	database := &supersetDatabase{
		Name: databaseName, URI: databaseURI, SQLLab: true, Async: true, UUID: uuidOf("database"), Version: formatVersion,
	}
	database.Extra.AllowsVirtual = true
	contents := []struct {
		name string
		of   any
	}{
		// The time is fixed: the same catalogue gives the same files.
		{"metadata.yaml", &supersetMetadata{formatVersion, "SqlaTable", "2026-01-01T00:00:00+00:00"}},
		{"databases/Millrace.yaml", database},
	}
	for _, d := range datasets(c) {
		contents = append(contents, struct {
			name string
			of   any
		}{"datasets/Millrace/" + d.Name + ".yaml", d.superset(database.UUID)})
	}
	var files []File
	for _, one := range contents {
		var out bytes.Buffer
		out.WriteString(generated)
		encoder := yaml.NewEncoder(&out)
		encoder.SetIndent(2)
		if err := encoder.Encode(one.of); err != nil {
			return nil, err
		}
		files = append(files, File{"superset/" + one.name, out.Bytes()})
	}
	return files, nil
}

func (d *dataset) superset(database string) *supersetDataset {
	out := &supersetDataset{
		Name: "millrace_" + d.Name, Time: d.Time, Description: d.Doc, Schema: "main", SQL: d.Rows(), FilterSelect: true,
		UUID: uuidOf("dataset " + d.Name), Version: formatVersion, Database: database,
	}
	for _, m := range d.metrics {
		expression, _, _ := m.Aggregate() // it has one: it is in the list
		out.Metrics = append(out.Metrics, supersetMetric{m.Name, m.Label, m.Kind, expression, m.Description, d3Formats[m.Format]})
	}
	out.Columns = append(out.Columns, supersetColumn{Name: d.Time, Time: true, Active: true, Type: sqlTypes[metric.Time], Group: true, Filter: true, Description: "Event time, UTC"})
	for _, f := range d.Fields {
		out.Columns = append(out.Columns, supersetColumn{f.Name, f.Type == metric.Time, true, sqlTypes[f.Type], f.Dimension, true, f.Doc})
	}
	return out
}

// uuidOf makes the identity of an asset of its name, so that an import finds what an earlier
// one made.
func uuidOf(name string) string {
	sum := sha256.Sum256([]byte("millrace superset " + name))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // version 8, of one's own making
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
