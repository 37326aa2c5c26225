package servicetest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
)

// SSHD is a running OpenSSH server, which takes one key of one user.
type SSHD struct {
	*Service
	User        string
	PrivateKey  []byte // in OpenSSH's form, encrypted by Passphrase
	Passphrase  string
	Fingerprint string // of the host key
	KnownHosts  string // a file with the host key
	Files       string // a folder to put files into
}

// OpenSSH starts an SFTP server of OpenSSH.
func OpenSSH(t testing.TB) *SSHD {
	t.Helper()
	dir := t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := &SSHD{Service: &Service{Name: "sshd", Dir: dir, Address: FreeAddress(t)}, User: me.Username, Passphrase: "open sesame"}
	host, hostKey := newKey(t, "")
	client, clientKey := newKey(t, s.Passphrase)
	s.PrivateKey, s.Fingerprint, s.KnownHosts, s.Files = clientKey, ssh.FingerprintSHA256(host), filepath.Join(dir, "known_hosts"), filepath.Join(dir, "files")
	if err := os.Mkdir(s.Files, 0o755); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`ListenAddress 127.0.0.1
Port %s
HostKey %s/host_key
PidFile none
AuthorizedKeysFile %s/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
MaxStartups 100
Subsystem sftp internal-sftp
`, port, dir, dir)
	for name, text := range map[string][]byte{
		"sshd_config": []byte(config), "host_key": hostKey, "authorized_keys": ssh.MarshalAuthorizedKey(client),
		"known_hosts": append([]byte("[127.0.0.1]:"+port+" "), ssh.MarshalAuthorizedKey(host)...),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if me.Uid == "0" { // where sshd separates privileges
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	Run(t, s.Service, 0, Program(t, "sshd", "openssh-server"), "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	return s
}

func newKey(t testing.TB, passphrase string) (ssh.PublicKey, []byte) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(private, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key, pem.EncodeToMemory(block)
}
