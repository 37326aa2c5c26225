package pgwire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
)

// Asker runs statements for users; [query.Service] does.
type Asker interface {
	Ask(ctx context.Context, u *query.User, q olap.Query) (*olap.Result, error)
}

// Config is what a server is made of. Every field is required unless it says otherwise.
type Config struct {
	Version  string // of the platform
	Database string // the name that clients see
	Asker    Asker
	Access   *query.Access
	TLS      *tls.Config // nil: connections are not encrypted

	MaxConnections int
	MaxQueryBytes  int
	MaxStatements  int // prepared ones and portals of a connection, each
	StartTimeout   time.Duration
	IdleTimeout    time.Duration // of a connection that asks nothing; 0: none
	WriteTimeout   time.Duration // that a client has to take in a chunk of rows

	Clock  clock.Clock
	Logger *slog.Logger
	Random io.Reader // keys of cancel requests
}

// Server serves connections.
type Server struct {
	cfg    Config
	secret []byte // of decoys

	mu       sync.Mutex // guards what follows
	sessions map[uint32]*session
	next     uint32
	open     int
	running  sync.WaitGroup
}

// New returns a server.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, secret: make([]byte, 32), sessions: make(map[uint32]*session)}
	if _, err := io.ReadFull(cfg.Random, s.secret); err != nil {
		return nil, fmt.Errorf("cannot make the server's secret: %w", err)
	}
	return s, nil
}

var errStopping = errors.New("the server is stopping")

// Serve takes connections until the context ends, and returns when all of them are gone.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer s.running.Wait()
	defer cancel(errStopping)
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("the listener of pgwire.listen failed: %w", err)
		}
		if !s.enter() {
			go refuse(conn, s.cfg.Clock.Now())
			continue
		}
		s.running.Go(func() {
			defer s.leave()
			s.serve(ctx, conn)
		})
	}
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Cancel requests come by connections of their own and must get through.
	if s.open >= 2*s.cfg.MaxConnections {
		return false
	}
	s.open++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}

// refuse closes a connection of which nothing has been read.
func refuse(conn net.Conn, now time.Time) {
	_ = conn.SetDeadline(now.Add(time.Second))
	_ = conn.Close()
}

// Connections returns how many clients are connected.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// register gives a session its key, or refuses it when there are too many.
func (s *Server) register(c *session) error {
	if _, err := io.ReadFull(s.cfg.Random, c.key[:]); err != nil {
		return fmt.Errorf("cannot make the key of a connection: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sessions) >= s.cfg.MaxConnections {
		return &failure{code: codeConnections, message: fmt.Sprintf("%d clients are connected already", len(s.sessions)), hint: "The limit is pgwire.max_connections."}
	}
	for {
		s.next++
		if _, taken := s.sessions[s.next]; !taken && s.next != 0 {
			break
		}
	}
	c.id = s.next
	s.sessions[c.id] = c
	return nil
}

func (s *Server) unregister(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c.id)
}

// cancel ends what a session runs, if the key is its own. Nobody is told whether it was.
func (s *Server) cancel(id uint32, key []byte) {
	s.mu.Lock()
	c := s.sessions[id]
	s.mu.Unlock()
	if c != nil && equal(c.key[:], key) {
		c.interrupt(errCancelled)
	}
}
