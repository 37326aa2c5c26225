package iceberg

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Config configures the driver.
type Config struct {
	// Dir is the folder of the lake; it must exist. The warehouse is in it, a folder per
	// table in that of the namespace, and the catalogue.
	Dir string
	// Namespace holds the tables; empty is millrace.
	Namespace string
	// S3 is where the warehouse is; the folder then has a copy. Nil: in the folder.
	S3 *S3
	// REST is the catalogue. Nil: a database in the folder.
	REST *REST
}

// catalogName is the name of the catalogue in its database, which clients give, too.
const catalogName = "millrace"

// CatalogFile is the catalogue's file, in the folder of the lake.
const CatalogFile = "catalog.db"

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("lake: no folder")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("lake: cannot find the folder %q: %w", c.Dir, err)
	}
	if c.Dir = dir; c.Namespace == "" {
		c.Namespace = catalogName
	}
	return c, nil
}

// root is what the folder is called in metadata.
func (c *Config) root() string {
	if c.S3 != nil {
		return c.S3.root()
	}
	return fileScheme + filepath.ToSlash(c.Dir)
}

func (c *Config) location(table string) string { return c.root() + "/" + c.Namespace + "/" + table }
