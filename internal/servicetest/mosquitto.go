package servicetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Mosquitto starts an MQTT broker. It keeps sessions and messages in memory, and on disk as
// of its last saving: killed, it may have lost what it acknowledged in between. A stop
// saves them.
func Mosquitto(t testing.TB) *Service {
	t.Helper()
	s := &Service{Name: "Mosquitto", Address: FreeAddress(t), Dir: t.TempDir()}
	config := fmt.Sprintf(`listener %s 127.0.0.1
allow_anonymous true
persistence true
persistence_location %s/
autosave_interval 1
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages 0
set_tcp_nodelay true
user root
`, port(s.Address), s.Dir)
	path := filepath.Join(s.Dir, "mosquitto.conf")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return Run(t, s, 0, Program(t, "mosquitto", "mosquitto"), "-c", path)
}
