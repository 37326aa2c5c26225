// Package servicetest runs the real services that sources and sinks talk to, for
// tests: each in a folder of its own, on a free port, killed with the test. A
// service that is not installed fails the test and says which package has it.
package servicetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Service is a running process. Its methods serve one goroutine.
type Service struct {
	Name    string // as errors call it
	Address string // host:port that it listens on
	Dir     string // its folder

	path string
	args []string
	env  []string
	uid  uint32
	// ready reports whether the service takes clients, where listening does not say.
	ready func() bool
	cmd   *exec.Cmd
	done  chan struct{}
}

const (
	startTime = 3 * time.Minute
	stopTime  = 20 * time.Second
	pollTime  = 20 * time.Millisecond
)

// Program returns the path of a program, or fails the test with the name of the Debian
// package that has it. Some servers lie where no user has his path.
func Program(t testing.TB, name, debian string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/sbin/", "/usr/lib/postgresql/*/bin/"} {
		if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	t.Fatalf("%s is not installed; install it: apt-get install %s", name, debian)
	return ""
}

// FreeAddress returns an address of the loopback interface that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Run starts a service and waits until it listens. It is killed when the test ends;
// what it wrote is logged when the test has failed. uid 0 is the caller's own user.
func Run(t testing.TB, s *Service, uid uint32, path string, args ...string) *Service {
	t.Helper()
	s.path, s.args, s.uid = path, args, uid
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			text, _ := os.ReadFile(s.logFile())
			t.Logf("log of %s:\n%s", s.Name, text[max(0, len(text)-8<<10):])
		}
	})
	return s
}

func (s *Service) logFile() string { return filepath.Join(s.Dir, "service.log") }

// Start starts the service anew, over the data that it left.
func (s *Service) Start() error {
	out, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	s.cmd = exec.Command(s.path, s.args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr, s.cmd.Env = s.Dir, out, out, append(os.Environ(), s.env...)
	// A group of its own: some services fork, and are killed with their children.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.uid != 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.uid, Gid: s.uid}
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", s.Name, err)
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // how it ended does not matter
		close(done)
	}(s.cmd, s.done)
	return s.waitListening()
}

func (s *Service) waitListening() error {
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); time.Sleep(pollTime) {
		select {
		case <-s.done:
			text, _ := os.ReadFile(s.logFile())
			return fmt.Errorf("%s ended at once:\n%s", s.Name, text)
		default:
		}
		if c, err := net.Dial("tcp", s.Address); err == nil {
			_ = c.Close()
			if s.ready == nil || s.ready() {
				return nil
			}
		}
	}
	s.Kill()
	return fmt.Errorf("%s does not answer on %s after %s", s.Name, s.Address, startTime)
}

// Kill ends the service and its children at once, as a power failure would.
func (s *Service) Kill() { s.signal(syscall.SIGKILL) }

// Stop asks the service to end, and kills it when it takes too long.
func (s *Service) Stop() {
	_ = syscall.Kill(s.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(stopTime):
		s.Kill()
	}
}

func (s *Service) signal(sig syscall.Signal) {
	_ = syscall.Kill(-s.cmd.Process.Pid, sig) // it may have ended already
	<-s.done
	s.waitClosed()
}

// waitClosed waits until nobody listens any more. A killed child may outlive its parent by
// a moment, and whoever starts the service again must not take it for the new one.
func (s *Service) waitClosed() {
	for deadline := time.Now().Add(stopTime); time.Now().Before(deadline); time.Sleep(pollTime) {
		c, err := net.Dial("tcp", s.Address)
		if err != nil {
			return
		}
		_ = c.Close()
	}
}
