package servicetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody runs the servers that refuse to run as root.
const nobody = 65534

// Postgres starts a PostgreSQL server that logical replication can be used with.
// Its superuser is postgres, without a password, its database postgres. Settings
// are lines of postgresql.conf.
func Postgres(t testing.TB, settings ...string) *Service {
	t.Helper()
	address := FreeAddress(t)
	s := &Service{Name: "PostgreSQL", Address: address, Dir: ownFolder(t)}
	data := filepath.Join(s.Dir, "data")
	initdb := exec.Command(Program(t, "initdb", "postgresql"), "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
	asNobody(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	host, port, _ := net.SplitHostPort(address)
	conf := append([]string{
		"listen_addresses = '" + host + "'", "port = " + port, "unix_socket_directories = ''",
		// A kill of the server's processes loses nothing that was written.
		"fsync = off", "wal_level = logical", "max_wal_senders = 4", "max_replication_slots = 4",
	}, settings...)
	if err := os.WriteFile(filepath.Join(data, "postgresql.conf"), []byte(strings.Join(conf, "\n")+"\n"), 0o644); err != nil { //nolint:gosec // nobody reads it
		t.Fatal(err)
	}
	probe := Program(t, "pg_isready", "postgresql")
	s.ready = func() bool { return exec.Command(probe, "-q", "-h", host, "-p", port).Run() == nil }
	return Run(t, s, runAs(), Program(t, "postgres", "postgresql"), "-D", data)
}

// URL is where clients of a PostgreSQL service connect to.
func (s *Service) PostgresURL() string {
	return "postgres://postgres@" + s.Address + "/postgres?sslmode=disable"
}

// ownFolder returns a folder that the server's user can write.
func ownFolder(t testing.TB) string {
	t.Helper()
	// Not t.TempDir: its parents are closed to others.
	dir, err := os.MkdirTemp("", "millrace-service-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if id := runAs(); id != 0 {
		if err := os.Chown(dir, int(id), int(id)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runAs is the user of servers that refuse to run as root: the caller, unless he
// is root.
func runAs() uint32 {
	if os.Geteuid() == 0 {
		return nobody
	}
	return 0
}

func asNobody(cmd *exec.Cmd) {
	if id := runAs(); id != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	}
}

// Restart starts a killed service again, as soon as what it left has ended: a
// server does not start, or ends again after it has begun to listen, while its
// predecessor's processes hold its memory.
func (s *Service) Restart(t testing.TB) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); time.Sleep(5 * pollTime) {
		if err = s.Start(); err == nil {
			return
		}
	}
	t.Fatalf("%s does not come back: %v", s.Name, err)
}
