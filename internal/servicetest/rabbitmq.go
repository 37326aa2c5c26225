package servicetest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// RabbitMQ starts a RabbitMQ node, with the port mapper that its runtime needs. The
// user is guest, as is the password. Killed, it loses nothing of a quorum queue that it
// confirmed.
func RabbitMQ(t testing.TB) *Service {
	t.Helper()
	mapper := &Service{Name: "epmd", Address: FreeAddress(t), Dir: t.TempDir()}
	Run(t, mapper, 0, Program(t, "epmd", "erlang-base"), "-address", "127.0.0.1", "-port", port(mapper.Address))
	s := &Service{Name: "RabbitMQ", Address: FreeAddress(t), Dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.Dir, "plugins"), []byte("[].\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.env = []string{
		"HOME=" + s.Dir, // where the runtime keeps its cookie
		"ERL_EPMD_ADDRESS=127.0.0.1", "ERL_EPMD_PORT=" + port(mapper.Address),
		"RABBITMQ_NODENAME=millrace" + port(s.Address) + "@localhost",
		"RABBITMQ_NODE_IP_ADDRESS=127.0.0.1", "RABBITMQ_NODE_PORT=" + port(s.Address),
		"RABBITMQ_DIST_PORT=" + port(FreeAddress(t)),
		"RABBITMQ_MNESIA_BASE=" + filepath.Join(s.Dir, "data"),
		"RABBITMQ_LOG_BASE=" + s.Dir, "RABBITMQ_LOGS=-",
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + filepath.Join(s.Dir, "plugins"),
		"RABBITMQ_CONFIG_FILE=" + filepath.Join(s.Dir, "rabbitmq"),
		"RABBITMQ_PID_FILE=" + filepath.Join(s.Dir, "pid"),
		// One scheduler that does not spin: tests share the processor.
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
	}
	return Run(t, s, 0, rabbitServer(t))
}

// rabbitServer is the script that Debian's wrapper calls once it has become another user.
func rabbitServer(t testing.TB) string {
	t.Helper()
	const path = "/usr/lib/rabbitmq/bin/rabbitmq-server"
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; install it: apt-get install rabbitmq-server", err)
	}
	return path
}

// RabbitURL is the URL of a node for clients.
func RabbitURL(s *Service) string { return fmt.Sprintf("amqp://guest:guest@%s/", s.Address) }

func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}
