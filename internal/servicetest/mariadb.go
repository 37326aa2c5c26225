package servicetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// MariaDBUser is the user of a MariaDB service who may do anything, with this
// password too.
const MariaDBUser = "shop"

// MariaDB starts a MariaDB server with a binary log that changes can be taken
// from, and a database shop.
func MariaDB(t testing.TB, settings ...string) *Service {
	t.Helper()
	address := FreeAddress(t)
	s := &Service{Name: "MariaDB", Address: address, Dir: ownFolder(t)}
	data := filepath.Join(s.Dir, "data")
	install := exec.Command(Program(t, "mariadb-install-db", "mariadb-server"), "--no-defaults", "--datadir="+data,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-flush-method=nosync")
	asNobody(install)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	initial := filepath.Join(s.Dir, "init.sql")
	sql := "CREATE DATABASE IF NOT EXISTS shop;\n" +
		"CREATE USER IF NOT EXISTS " + MariaDBUser + "@'%' IDENTIFIED BY '" + MariaDBUser + "';\n" +
		"GRANT ALL ON *.* TO " + MariaDBUser + "@'%';\n"
	if err := os.WriteFile(initial, []byte(sql), 0o644); err != nil { //nolint:gosec // the server's user reads it
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(address)
	args := append([]string{
		"--no-defaults", "--datadir=" + data, "--bind-address=" + host, "--port=" + port, "--socket=" + filepath.Join(s.Dir, "socket"),
		"--pid-file=" + filepath.Join(s.Dir, "pid"), "--init-file=" + initial, "--skip-name-resolve",
		"--server-id=7", "--log-bin=shop-bin", "--binlog-format=ROW", "--binlog-row-image=FULL", "--binlog-row-metadata=FULL",
		// A kill of the server loses nothing that was written.
		"--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M",
	}, settings...)
	return Run(t, s, runAs(), Program(t, "mariadbd", "mariadb-server"), args...)
}
