package pgwire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

// declared has ann, who sees everything but payloads, with the password "sésame".
func declared(t *testing.T) *query.Access {
	t.Helper()
	verifier, err := query.HashPassword("sésame", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	role := &query.Role{Name: "analyst", Reader: &olap.Reader{Name: "analyst", Tables: []string{"events", "quarantine"}, Hidden: map[string][]string{"quarantine": {"payload"}}}}
	ann, err := query.NewUser("ann", role, verifier)
	if err != nil {
		t.Fatal(err)
	}
	return query.NewAccess([]*query.User{ann}, nil)
}

func TestPasswords(t *testing.T) {
	i := start(t, options{access: declared(t)})
	conn, err := pgx.Connect(t.Context(), i.url("ann", "s%C3%A9same", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM information_schema.columns WHERE column_name = 'payload'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d columns with payloads, %v", n, err)
	}
	_, err = conn.Exec(t.Context(), "SELECT payload FROM quarantine")
	wants(t, err, "42703")
	_, err = conn.Exec(t.Context(), "SELECT * FROM rejections")
	wants(t, err, "42P01")
	for _, who := range [][2]string{{"ann", "sesame"}, {"bob", "s%C3%A9same"}, {"ann", ""}} {
		_, err := pgx.Connect(t.Context(), i.url(who[0], who[1], ""))
		if err == nil {
			t.Errorf("%q came in", who)
		}
		var e *pgconn.PgError
		if errors.As(err, &e) && (e.Code != codePassword || strings.Contains(e.Message, "exist")) {
			t.Errorf("%q: %s %s", who, e.Code, e.Message)
		}
	}
}

func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	i := start(t, options{access: declared(t), server: func(c *Config) {
		c.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	}})
	conn, err := pgx.Connect(t.Context(), strings.Replace(i.url("ann", "s%C3%A9same", ""), "disable", "require", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM events").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d events, %v", n, err)
	}
	_, err = pgx.Connect(t.Context(), i.url("ann", "s%C3%A9same", ""))
	wants(t, err, codeAuthorization)
}

// TestManyClients: 200 clients at once are answered, or told to come again; none hangs.
func TestManyClients(t *testing.T) {
	i := start(t, options{})
	var clients sync.WaitGroup
	var answered, busy atomic.Int32
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 200 {
		clients.Go(func() {
			conn, err := pgx.Connect(ctx, i.url("ann", "", ""))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close(ctx)
			var n int
			err = conn.QueryRow(ctx, "SELECT count(*) FROM events, range(1000)", pgx.QueryExecModeSimpleProtocol).Scan(&n)
			var e *pgconn.PgError
			switch {
			case err == nil && n == 2000:
				answered.Add(1)
			case errors.As(err, &e) && e.Code == codeResources && strings.Contains(e.Hint, "olap.sql.max_concurrent"):
				busy.Add(1)
			default:
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	clients.Wait()
	if answered.Load() == 0 || answered.Load()+busy.Load() != 200 {
		t.Errorf("%d answered, %d to come again", answered.Load(), busy.Load())
	}
}

func TestTooManyConnections(t *testing.T) {
	i := start(t, options{server: func(c *Config) { c.MaxConnections = 1 }})
	i.connect("")
	_, err := pgx.Connect(t.Context(), i.url("bob", "", ""))
	wants(t, err, codeConnections)
}
