package servicetest

import "testing"

// Redis starts a Redis server that writes every command to its append-only file
// before it answers.
func Redis(t testing.TB) *Service {
	t.Helper()
	s := &Service{Name: "Redis", Address: FreeAddress(t), Dir: t.TempDir()}
	return Run(t, s, 0, Program(t, "redis-server", "redis-server"),
		"--bind", "127.0.0.1", "--port", port(s.Address), "--dir", s.Dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--requirepass", Password)
}

// Password is what the services of tests are protected with.
const Password = "s3cret-of-tests"
