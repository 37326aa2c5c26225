package pgwire

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/xdg-go/scram"

	"github.com/millrace/millrace/internal/query"
)

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// serve speaks with one client until it leaves.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(s.cfg.Clock.Now()) })
	defer stop()
	_ = conn.SetDeadline(s.cfg.Clock.Now().Add(s.cfg.StartTimeout))
	c, err := s.greet(ctx, conn)
	if err != nil || c == nil {
		return
	}
	defer s.unregister(c)
	_ = c.conn.SetDeadline(time.Time{})
	if err := c.run(ctx); err != nil && ctx.Err() == nil && !gone(err) {
		s.cfg.Logger.Warn("a connection of PostgreSQL's protocol ended", slog.String("user", c.user.Name), slog.Any("error", err))
	}
}

// gone reports whether the client left, as clients do.
func gone(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &network)
}

// greet takes the first messages: encryption, and who the client is. It returns no
// session where the client wanted something else.
func (s *Server) greet(ctx context.Context, conn net.Conn) (*session, error) {
	backend := pgproto3.NewBackend(conn, conn)
	backend.SetMaxBodyLen(maxGreeting)
	encrypted := false
	for range 3 { // GSS, TLS, start
		first, err := backend.ReceiveStartupMessage()
		if err != nil {
			return nil, err
		}
		switch m := first.(type) {
		case *pgproto3.SSLRequest:
			if s.cfg.TLS == nil || encrypted {
				if _, err := conn.Write([]byte{'N'}); err != nil {
					return nil, err
				}
				continue
			}
			if _, err := conn.Write([]byte{'S'}); err != nil {
				return nil, err
			}
			conn, encrypted = tls.Server(conn, s.cfg.TLS), true
			backend = pgproto3.NewBackend(conn, conn)
			backend.SetMaxBodyLen(maxGreeting)
		case *pgproto3.GSSEncRequest:
			if _, err := conn.Write([]byte{'N'}); err != nil {
				return nil, err
			}
		case *pgproto3.CancelRequest:
			s.cancel(m.ProcessID, m.SecretKey)
			return nil, nil
		case *pgproto3.StartupMessage:
			return s.start(ctx, conn, backend, m, encrypted)
		}
	}
	return nil, errors.New("the client did not start")
}

// start makes the session of a client, or tells it why not.
func (s *Server) start(ctx context.Context, conn net.Conn, backend *pgproto3.Backend, m *pgproto3.StartupMessage, encrypted bool) (*session, error) {
	c := &session{
		server: s, conn: conn, backend: backend, encoder: encoder{types: pgtype.NewMap()},
		statements: make(map[string]*statement), portals: make(map[string]*portal), status: 'I',
	}
	err := s.authenticate(c, m.Parameters["user"], encrypted)
	if err == nil {
		err = c.prepareSettings(m.Parameters)
	}
	if err == nil {
		err = s.register(c)
	}
	if err != nil {
		var f *failure
		if errors.As(err, &f) {
			backend.Send(f.response("FATAL", 0))
			_ = backend.Flush()
		}
		return nil, err
	}
	if version := m.ProtocolVersion & 0xffff; version > 0 && m.ProtocolVersion>>16 == 3 {
		backend.Send(&pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: protocolOptions(m.Parameters)})
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	for _, name := range reported {
		backend.Send(&pgproto3.ParameterStatus{Name: name, Value: c.settings.get(name)})
	}
	backend.Send(&pgproto3.BackendKeyData{ProcessID: c.id, SecretKey: c.key[:]})
	backend.SetMaxBodyLen(s.cfg.MaxQueryBytes + maxEnvelope)
	c.ready()
	if err := backend.Flush(); err != nil {
		s.unregister(c)
		return nil, err
	}
	return c, ctx.Err()
}

// maxGreeting bounds a message of somebody who is not known yet.
const maxGreeting = 16 << 10

// maxEnvelope is what a message may have besides its statement: names and arguments.
const maxEnvelope = 1 << 20

// protocolOptions are those of the protocol itself, of which none are known.
func protocolOptions(parameters map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if strings.HasPrefix(name, "_pq_.") {
			names = append(names, name)
		}
	}
	return names
}

// authenticate finds who the client is, and lets it prove that.
func (s *Server) authenticate(c *session, name string, encrypted bool) error {
	if name == "" {
		return fail(codeAuthorization, "the client named no user")
	}
	user, err := s.cfg.Access.Find(name)
	credentials := query.Decoy(name, s.secret)
	if err == nil {
		stored, needed := user.Credentials()
		if !needed {
			c.user = user
			return nil
		}
		credentials = stored
	}
	if s.cfg.TLS != nil && !encrypted {
		return fail(codeAuthorization, "connections of users must be encrypted: connect with sslmode=require")
	}
	if err2 := prove(c.backend, credentials); err2 != nil {
		if gone(err2) || errors.Is(err2, os.ErrDeadlineExceeded) {
			return err2
		}
		return fail(codePassword, "password authentication failed for user %q", name)
	}
	if err != nil {
		return fail(codePassword, "password authentication failed for user %q", name)
	}
	c.user = user
	return nil
}

const mechanism = "SCRAM-SHA-256"

// prove holds the conversation of RFC 5802.
func prove(backend *pgproto3.Backend, credentials scram.StoredCredentials) error {
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return credentials, nil })
	if err != nil {
		return err
	}
	conversation := server.NewConversation()
	backend.Send(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{mechanism}})
	if err := backend.Flush(); err != nil {
		return err
	}
	if err := backend.SetAuthType(pgproto3.AuthTypeSASL); err != nil {
		return err
	}
	m, err := backend.Receive()
	if err != nil {
		return err
	}
	initial, ok := m.(*pgproto3.SASLInitialResponse)
	if !ok || initial.AuthMechanism != mechanism {
		return errors.New("the client does not speak " + mechanism)
	}
	challenge, err := conversation.Step(string(initial.Data))
	if err != nil {
		return err
	}
	backend.Send(&pgproto3.AuthenticationSASLContinue{Data: []byte(challenge)})
	if err := backend.Flush(); err != nil {
		return err
	}
	if err := backend.SetAuthType(pgproto3.AuthTypeSASLContinue); err != nil {
		return err
	}
	if m, err = backend.Receive(); err != nil {
		return err
	}
	response, ok := m.(*pgproto3.SASLResponse)
	if !ok {
		return errors.New("the client broke the conversation off")
	}
	final, err := conversation.Step(string(response.Data))
	if err != nil || !conversation.Valid() {
		return errors.Join(err, errors.New("the proof is wrong"))
	}
	backend.Send(&pgproto3.AuthenticationSASLFinal{Data: []byte(final)})
	return nil
}
