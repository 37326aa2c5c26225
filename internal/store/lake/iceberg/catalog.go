package iceberg

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go/table"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/millrace/millrace/internal/store/lake"
)

// catalogue names the newest metadata file of each table.
type catalogue interface {
	table.CatalogIO
	create(ctx context.Context, ident table.Identifier, meta table.Metadata) error
	Close() error
}

// sqlCatalogue is one in a database with the tables of Iceberg's JDBC catalogue, so that
// Spark's and pyiceberg's clients open it. The library has one for SQL databases, which
// brings an object mapper and the dialects of five databases with it, and does not make
// metadata durable before it is named.
type sqlCatalogue struct {
	db    *sql.DB
	files *files
}

const catalogueTables = `
CREATE TABLE IF NOT EXISTS iceberg_tables (
  catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
  metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),
  PRIMARY KEY (catalog_name, table_namespace, table_name));
CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
  catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000) NOT NULL,
  PRIMARY KEY (catalog_name, namespace, property_key));`

func openSQL(ctx context.Context, cfg *Config, files *files) (*sqlCatalogue, error) {
	path := filepath.Join(cfg.Dir, CatalogFile)
	dsn := url.URL{Scheme: "file", Opaque: path, RawQuery: "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("cannot open the lake's catalogue %q: %w", path, err)
	}
	db.SetMaxOpenConns(4)
	if _, err = db.ExecContext(ctx, catalogueTables); err == nil {
		_, err = db.ExecContext(ctx, `INSERT INTO iceberg_namespace_properties VALUES (?, ?, 'exists', 'true') ON CONFLICT DO NOTHING`, catalogName, cfg.Namespace)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the lake's catalogue %q: %w", path, err), db.Close())
	}
	return &sqlCatalogue{db: db, files: files}, nil
}

func (c *sqlCatalogue) Close() error { return c.db.Close() }

// LoadTable implements [table.CatalogIO].
func (c *sqlCatalogue) LoadTable(ctx context.Context, ident table.Identifier) (*table.Table, error) {
	var location sql.NullString
	err := c.db.QueryRowContext(ctx, `SELECT metadata_location FROM iceberg_tables
WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND coalesce(iceberg_type, 'TABLE') = 'TABLE'`,
		catalogName, ident[0], ident[1]).Scan(&location)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, lake.ErrNoTable
	case err != nil:
		return nil, err
	case !location.Valid:
		return nil, fmt.Errorf("its entry in the catalogue names no metadata")
	}
	return table.NewFromLocation(ctx, ident, location.String, c.files.io, c)
}

// create adds a table.
func (c *sqlCatalogue) create(ctx context.Context, ident table.Identifier, meta table.Metadata) error {
	location, err := c.writeMetadata(ctx, meta, 0)
	if err != nil {
		return err
	}
	_, err = c.db.ExecContext(ctx, `INSERT INTO iceberg_tables VALUES (?, ?, ?, ?, NULL, 'TABLE')`, catalogName, ident[0], ident[1], location)
	return err
}

// CommitTable implements [table.CatalogIO].
func (c *sqlCatalogue) CommitTable(ctx context.Context, ident table.Identifier, requirements []table.Requirement, updates []table.Update) (table.Metadata, string, error) {
	current, err := c.LoadTable(ctx, ident)
	if err != nil {
		return nil, "", err
	}
	for _, r := range requirements {
		if err := r.Validate(current.Metadata()); err != nil {
			return nil, "", fmt.Errorf("%w: %w", table.ErrCommitFailed, err)
		}
	}
	meta, err := table.UpdateTableMetadata(current.Metadata(), updates, current.MetadataLocation())
	if err != nil {
		return nil, "", err
	}
	location, err := c.writeMetadata(ctx, meta, metadataVersion(current.MetadataLocation())+1)
	if err != nil {
		return nil, "", err
	}
	result, err := c.db.ExecContext(ctx, `UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?`,
		location, current.MetadataLocation(), catalogName, ident[0], ident[1], current.MetadataLocation())
	if err != nil {
		return nil, "", err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, "", errors.Join(table.ErrCommitFailed, err)
	}
	return meta, location, nil
}

// writeMetadata makes a metadata file durable, and returns where it is.
func (c *sqlCatalogue) writeMetadata(ctx context.Context, meta table.Metadata, version int) (string, error) {
	text, err := json.Marshal(meta)
	if err != nil {
		return "", err
	}
	provider, err := table.LoadLocationProvider(meta.Location(), meta.Properties())
	if err != nil {
		return "", err
	}
	location, err := provider.NewTableMetadataFileLocation(version)
	if err != nil {
		return "", err
	}
	return location, (&fileIO{ctx: ctx, files: c.files}).WriteFile(location, text)
}

// metadataVersion reads the number that the name of a metadata file begins with. One of
// another writer may have none.
func metadataVersion(location string) int {
	digits, _, _ := strings.Cut(path.Base(location), "-")
	n, err := strconv.Atoi(strings.TrimPrefix(digits, "v"))
	if err != nil {
		return 0
	}
	return n
}
