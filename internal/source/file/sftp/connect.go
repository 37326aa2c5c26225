package sftpfolder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// Config describes a folder of an SFTP server.
type Config struct {
	Address    string // host:port
	User       string
	Password   string // "": none
	PrivateKey []byte // in PEM or OpenSSH's form; nil: none
	Passphrase string // of the private key
	// HostKeys are fingerprints of the server's keys, SHA256:…, and KnownHosts is
	// a file of OpenSSH's. One of the two is needed.
	HostKeys   []string
	KnownHosts string

	Path      string // of the folder
	Recursive bool
	After     After
	DoneDir   string // below Path or absolute; "done"
	FailedDir string // "failed"

	Timeout   time.Duration // of connecting, and of an answer to a sign of life; 30 s
	KeepAlive time.Duration // between two signs of life; 15 s
	Clock     clock.Clock
}

// After is what becomes of a file that has been taken.
type After string

// What becomes of files.
const (
	Keep   After = "keep"
	Move   After = "move"
	Delete After = "delete"
)

// Folder implements filesource.Folder.
type Folder struct {
	cfg    Config
	client *ssh.ClientConfig
	conn   *connection // nil while there is none
}

// New checks the keys. It does not connect.
func New(cfg Config) (*Folder, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.KeepAlive <= 0 {
		cfg.KeepAlive = 15 * time.Second
	}
	if cfg.After == "" {
		cfg.After = Keep
	}
	if cfg.DoneDir == "" {
		cfg.DoneDir = "done"
	}
	if cfg.FailedDir == "" {
		cfg.FailedDir = "failed"
	}
	if cfg.Path == "" {
		cfg.Path = "."
	}
	check, err := hostKeyCheck(&cfg)
	if err != nil {
		return nil, err
	}
	client := &ssh.ClientConfig{User: cfg.User, HostKeyCallback: check, Timeout: cfg.Timeout}
	if cfg.PrivateKey != nil {
		signer, err := parseKey(&cfg)
		if err != nil {
			return nil, err
		}
		client.Auth = append(client.Auth, ssh.PublicKeys(signer))
	}
	if cfg.Password != "" {
		client.Auth = append(client.Auth, ssh.Password(cfg.Password), ssh.KeyboardInteractive(answerWith(cfg.Password)))
	}
	if len(client.Auth) == 0 {
		return nil, errors.New("neither a password nor a private key is given; one is needed")
	}
	return &Folder{cfg: cfg, client: client}, nil
}

func parseKey(cfg *Config) (ssh.Signer, error) {
	var missing *ssh.PassphraseMissingError
	signer, err := ssh.ParsePrivateKey(cfg.PrivateKey)
	switch {
	case errors.As(err, &missing) && cfg.Passphrase != "":
		signer, err = ssh.ParsePrivateKeyWithPassphrase(cfg.PrivateKey, []byte(cfg.Passphrase))
	case errors.As(err, &missing):
		err = errors.New("it is encrypted; its passphrase is needed")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the private key: %w", err)
	}
	return signer, nil
}

// answerWith answers every question of the server, of which there is one, for
// the password.
func answerWith(password string) ssh.KeyboardInteractiveChallenge {
	return func(_, _ string, questions []string, _ []bool) ([]string, error) {
		return slices.Repeat([]string{password}, len(questions)), nil
	}
}

// ErrHostKey says that the server shows a key that is not pinned.
var ErrHostKey = errors.New("the server is not the one that is pinned")

func hostKeyCheck(cfg *Config) (ssh.HostKeyCallback, error) {
	if len(cfg.HostKeys) > 0 {
		pinned := cfg.HostKeys
		for _, k := range pinned {
			if !strings.HasPrefix(k, "SHA256:") {
				return nil, fmt.Errorf("the host key %q is no fingerprint; write SHA256:…, as ssh-keygen -lf prints it", k)
			}
		}
		return func(_ string, _ net.Addr, key ssh.PublicKey) error {
			shown := ssh.FingerprintSHA256(key)
			if slices.ContainsFunc(pinned, func(p string) bool { return strings.TrimRight(p, "=") == shown }) {
				return nil
			}
			return fmt.Errorf("%w: it shows the %s key %s, pinned is %s; if its key was changed on purpose, or it has several, pin this one too",
				ErrHostKey, key.Type(), shown, strings.Join(pinned, ", "))
		}, nil
	}
	if cfg.KnownHosts == "" {
		return nil, errors.New("no host key is pinned; give host_keys or known_hosts")
	}
	check, err := knownhosts.New(cfg.KnownHosts)
	if err != nil {
		return nil, fmt.Errorf("cannot read the known hosts: %w", err)
	}
	return func(host string, remote net.Addr, key ssh.PublicKey) error {
		if err := check(host, remote, key); err != nil {
			return fmt.Errorf("%w: it shows the %s key %s, which is not in %s: %w", ErrHostKey, key.Type(), ssh.FingerprintSHA256(key), cfg.KnownHosts, err)
		}
		return nil
	}, nil
}

// connection is one to the server.
type connection struct {
	net  net.Conn
	ssh  *ssh.Client
	sftp *sftp.Client
	stop context.CancelFunc
	done chan struct{} // closed when nobody sends signs of life any more
}

// connected returns the connection, making it when there is none or it is dead.
func (f *Folder) connected(ctx context.Context) (*sftp.Client, error) {
	if f.conn != nil && f.conn.alive() {
		return f.conn.sftp, nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	conn, err := f.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to %s: %w", f.cfg.Address, err)
	}
	f.conn = conn
	return conn.sftp, nil
}

func (c *connection) alive() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

func (f *Folder) dial(ctx context.Context) (*connection, error) {
	dialer := net.Dialer{Timeout: f.cfg.Timeout}
	raw, err := dialer.DialContext(ctx, "tcp", f.cfg.Address)
	if err != nil {
		return nil, err
	}
	// Neither the handshake nor the operations know of ctx: its end ends the
	// connection.
	ctx, stop := context.WithCancel(ctx)
	context.AfterFunc(ctx, func() { _ = raw.Close() })
	c := &connection{net: raw, stop: stop, done: make(chan struct{})}
	if err := f.handshake(c); err != nil {
		stop()
		return nil, err
	}
	go f.keepAlive(ctx, c)
	return c, nil
}

func (f *Folder) handshake(c *connection) error {
	if err := c.net.SetDeadline(f.cfg.Clock.Now().Add(f.cfg.Timeout)); err != nil {
		return err
	}
	conn, channels, requests, err := ssh.NewClientConn(c.net, f.cfg.Address, f.client)
	if err != nil {
		return err
	}
	c.ssh = ssh.NewClient(conn, channels, requests)
	if c.sftp, err = sftp.NewClient(c.ssh); err != nil {
		return err
	}
	return c.net.SetDeadline(time.Time{})
}

// keepAlive asks the server for a sign of life now and then, and ends the
// connection when none comes in time: whoever reads from it is told.
func (f *Folder) keepAlive(ctx context.Context, c *connection) {
	defer close(c.done)
	defer c.stop()
	for f.cfg.Clock.Sleep(ctx, f.cfg.KeepAlive) == nil {
		answered := make(chan error, 1)
		go func() {
			_, _, err := c.ssh.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case err := <-answered:
			if err != nil {
				return
			}
		case <-f.cfg.Clock.After(f.cfg.Timeout):
			return
		case <-ctx.Done():
			return
		}
	}
}

// Close ends the connection. The next call of another method makes a new one.
func (f *Folder) Close() error {
	if f.conn == nil {
		return nil
	}
	f.conn.stop()
	_ = f.conn.sftp.Close() // that a dead connection cannot be closed well does not matter
	_ = f.conn.ssh.Close()
	<-f.conn.done
	f.conn = nil
	return nil
}
