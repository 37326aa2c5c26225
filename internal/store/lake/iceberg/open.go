package iceberg

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

// Store implements [lake.Store].
type Store struct {
	cfg     Config
	files   files
	catalog catalogue

	mu sync.Mutex // of who commits

	listMu sync.Mutex
	lists  map[string]listed // by table
}

var (
	_ lake.Store = (*Store)(nil)
	_ lake.Files = (*Store)(nil)
)

// Open opens the lake in a folder, and makes it where there is none.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, files: files{dir: cfg.Dir, root: cfg.root()}, lists: make(map[string]listed)}
	if cfg.S3 != nil {
		if s.files.objects, err = openBucket(ctx, cfg.S3); err != nil {
			if cfg.REST != nil && cfg.S3.AccessKey == "" {
				err = fmt.Errorf("%w; keys that a catalogue hands out are not used: give lake.s3.access_key and secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", err)
			}
			return nil, err
		}
	}
	if cfg.REST != nil {
		s.catalog, err = openREST(ctx, cfg.REST, cfg.Namespace, &s.files)
	} else {
		s.catalog, err = openSQL(ctx, &cfg, &s.files)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close frees the catalogue.
func (s *Store) Close() error { return s.catalog.Close() }

// load opens a table. One that was made in another folder is refused: its metadata names
// the files by where they were.
func (s *Store) load(ctx context.Context, name string) (*table.Table, error) {
	tbl, err := s.catalog.LoadTable(ctx, table.Identifier{s.cfg.Namespace, name})
	if err != nil {
		return nil, fmt.Errorf("cannot load the table %q of the lake: %w", name, kindOf(err))
	}
	if at, want := tbl.Location(), s.cfg.location(name); at != want {
		return nil, fmt.Errorf("the table %q of the lake was made at %s, and the lake is at %s now: Iceberg's metadata names files by their full paths, so move it back", name, strings.TrimPrefix(at, fileScheme), strings.TrimPrefix(want, fileScheme))
	}
	return tbl, nil
}
