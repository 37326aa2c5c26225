package app

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/millrace/millrace/internal/pgwire"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
)

const (
	// databaseName is what clients of PostgreSQL's protocol see.
	databaseName = "millrace"
	// maxPrepared bounds the prepared statements of a connection.
	maxPrepared = 4096
)

// sqlListener is the listener of PostgreSQL's protocol; without an address there is none.
type sqlListener struct {
	p        *platform
	server   *pgwire.Server
	listener net.Listener
}

// openQueries makes what the API and PostgreSQL's protocol ask by.
func (p *platform) openQueries(context.Context) error {
	access, err := accessOf(&p.cfg.OLAP.SQL)
	if err != nil {
		return err
	}
	p.access = access
	p.queries = query.New(query.Config{
		Store: p.olap, Limits: sqlLimits(&p.cfg.OLAP.SQL), CacheBytes: int64(p.cfg.OLAP.SQL.CacheBytes), SlowAfter: p.cfg.OLAP.SQL.SlowQuery,
		Now: p.clock.Now, Logger: p.log,
	})
	return nil
}

func sqlLimits(c *config.SQL) olap.Limits {
	return olap.Limits{Rows: c.MaxRows, Bytes: int64(c.MaxResultBytes), Timeout: c.Timeout}
}

// accessOf reads who may ask what.
func accessOf(c *config.SQL) (*query.Access, error) {
	roles := map[string]*query.Role{"": {}}
	for _, r := range c.Roles {
		reader := &olap.Reader{Name: r.Name, Tables: r.Tables, Hidden: make(map[string][]string), Running: r.MaxConcurrent}
		for _, hidden := range r.Hidden {
			table, column, _ := strings.Cut(hidden, ".")
			reader.Hidden[table] = append(reader.Hidden[table], column)
		}
		roles[r.Name] = &query.Role{Name: r.Name, Reader: reader, Limits: olap.Limits{Rows: r.MaxRows, Timeout: r.Timeout}}
	}
	var users []*query.User
	for i, u := range c.Users {
		user, err := query.NewUser(u.Name, roles[u.Role], u.Password.Reveal())
		if err != nil {
			return nil, fmt.Errorf("olap.sql.users[%d]: %w", i, err)
		}
		users = append(users, user)
	}
	return query.NewAccess(users, roles[c.AnonymousRole]), nil
}

func (s *sqlListener) open(context.Context) (err error) {
	cfg := s.p.cfg.PGWire
	if cfg.Listen == "" {
		return nil
	}
	var encryption *tls.Config
	if cfg.CertFile != "" {
		certificate, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
		if err != nil {
			return fmt.Errorf("cannot read the certificate of pgwire.cert_file and pgwire.key_file: %w", err)
		}
		encryption = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	s.server, err = pgwire.New(pgwire.Config{
		Version: s.p.version, Database: databaseName, Asker: s.p.queries, Access: s.p.access, TLS: encryption,
		MaxConnections: cfg.MaxConnections, MaxQueryBytes: int(s.p.cfg.OLAP.SQL.MaxQueryBytes), MaxStatements: maxPrepared,
		StartTimeout: s.p.cfg.HTTP.ReadHeaderTimeout, IdleTimeout: cfg.IdleTimeout, WriteTimeout: 30 * time.Second,
		Clock: s.p.clock, Logger: s.p.log, Random: rand.Reader,
	})
	if err != nil {
		return err
	}
	s.listener, err = net.Listen("tcp", cfg.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another process listens on %s; stop it, or set pgwire.listen (--pg-listen) to another address, or to \"\" for none", cfg.Listen)
	case err != nil:
		return fmt.Errorf("cannot listen on %q (pgwire.listen): %w", cfg.Listen, err)
	}
	s.p.log.Info("PostgreSQL's protocol is served", "address", s.listener.Addr().String())
	return nil
}

func (s *sqlListener) run(ctx context.Context) error {
	if s.listener == nil {
		<-ctx.Done()
		return nil
	}
	return s.server.Serve(ctx, s.listener)
}

func (s *sqlListener) close() error {
	if s.listener != nil {
		_ = s.listener.Close() // closed already, unless it was never served
	}
	return nil
}

// userQueries is what the API asks by.
type userQueries struct {
	*query.Access
	*query.Service
}
