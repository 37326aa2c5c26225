package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// load reads text as the file millrace.yaml.
func load(text string, env ...string) (*Config, error) {
	return parseConfig("millrace.yaml", []byte(text), env)
}

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestLoadReadsEveryKindOfSetting(t *testing.T) {
	c, err := load(`
data_dir: /var/lib/millrace
targets: [door, pass]
http:
  cors_origins: ["*"]
log:
  listen: ""
  partitions: 3
  linger: 10ms
  retention: 30d
  max_buffered_bytes: 1GiB
olap: {checkpoint_bytes: 1048576}
telemetry: {otlp_sample_ratio: 0.25, pprof: true}
sources:
  - name: shop
    adapter: segment
    write_keys: [secret, "sha256:9CAF06BB4436CDBFA20AF9121A626BC1093C4F54B31C0FA937957856135345B6"]
`)
	if err != nil {
		t.Fatal(err)
	}
	same := func(name string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	same("data_dir", c.DataDir, "/var/lib/millrace")
	same("targets", c.Targets, []string{"door", "pass"})
	same("cors", c.HTTP.CORSOrigins, []string{"*"})
	same("listen", c.Log.Listen, "")
	same("partitions", c.Log.Partitions, 3)
	same("linger", c.Log.Linger, 10*time.Millisecond)
	same("retention", c.Log.Retention, 720*time.Hour)
	same("buffered", c.Log.MaxBufferedBytes, GiB)
	same("checkpoint", c.OLAP.CheckpointBytes, MiB)
	same("ratio", c.Telemetry.OTLPSampleRatio, 0.25)
	same("pprof", c.Telemetry.Pprof, true)
	same("untouched", c.Log.Topic, "millrace.raw")
	same("hash is kept", c.Sources[0].WriteKeys[1], KeyHash("sha256:9caf06bb4436cdbfa20af9121a626bc1093c4f54b31c0fa937957856135345b6"))
	same("key matches", c.Sources[0].WriteKeys[0].Matches("secret"), true)
	same("key refuses", c.Sources[0].WriteKeys[0].Matches("Secret"), false)
}

func TestLoadSaysWhereAndWhat(t *testing.T) {
	cases := []struct{ name, file, want string }{
		{"unknown key", "http:\n  listen: :80\nlog:\n    partitons: 3", `millrace.yaml:4:5: unknown key "partitons" in log; did you mean "partitions"?`},
		{"unknown at the top", "telemtry: {}", `millrace.yaml:1:1: unknown key "telemtry" in the configuration; did you mean "telemetry"?`},
		{"key of another section", "partitions: 3", `millrace.yaml:1:1: unknown key "partitions" in the configuration; did you mean "log.partitions"?`},
		{"nothing near", "log: {tls: {zzzzzzzz: 1}}", `unknown key "zzzzzzzz" in log.tls; it knows enabled, ca_file,`},
		{"unknown in a list", "sources:\n- name: a\n  adaptor: csv", `millrace.yaml:3:3: unknown key "adaptor" in sources[0]; did you mean "adapter"?`},
		{"text for a number", "log:\n  partitions: many", `millrace.yaml:2:15: log.partitions: cannot take "many"; want a whole number such as 8, from 1 to 1024`},
		{"number for a duration", "log:\n  linger: 5", `millrace.yaml:2:11: log.linger: cannot take "5"; want a duration such as "50ms", "30s", "24h" or "30d", from 0s to 1s`},
		{"bad size", "disk:\n  reserve_bytes: 3 bananas", `millrace.yaml:2:18: disk.reserve_bytes: cannot take "3 bananas"; want a size such as "512KiB", "64MiB" or a number of bytes`},
		{"overflowing size", "disk:\n  reserve_bytes: 99999999PiB", `the size is too large`},
		{"bad bool", "telemetry: {pprof: yes}", `millrace.yaml:1:20: telemetry.pprof: cannot take "yes"; want true or false`},
		{"out of range", "log:\n  partitions: 0", `millrace.yaml:2:15: log.partitions is 0; it must be from 1 to 1024`},
		{"not a number", "telemetry: {otlp_sample_ratio: NaN}", `telemetry.otlp_sample_ratio is NaN; it must be from 0 to 1`},
		{"not one of", "telemetry:\n  log_level: warning", `millrace.yaml:2:14: telemetry.log_level is "warning"; it must be one of debug, info, warn, error; did you mean "warn"?`},
		{"empty value", "log:\n  partitions:", `millrace.yaml:2:14: log.partitions is empty; remove the line to keep the default`},
		{"list for a section", "log: [1]", `millrace.yaml:1:6: log must be a section (key: value lines), not a list`},
		{"value for a list", "targets: all", `millrace.yaml:1:10: targets must be a list (- item lines, or [a, b]), not a single value`},
		{"section for a value", "log: {topic: {}}", `millrace.yaml:1:14: log.topic must be text, not a section`},
		{"key twice", "log:\n  topic: a\n  topic: b", `millrace.yaml:3:3: key "topic" stands twice in log; first at line 2`},
		{"two documents", "log: {}\n---\nlog: {}", `millrace.yaml:2:1: a second YAML document`},
		{"not YAML", "log:\n  topic: a\n bad", `millrace.yaml:2:3: not YAML: did not find expected key`},
		{"tab", "log:\n\ttopic: a", `millrace.yaml:2:1: not YAML: found character that cannot start any token`},
		{"bad key hash hides it", "sources: [{name: a, adapter: csv, write_keys: ['sha256:oops']}]", `sources[0].write_keys[0]: cannot take the value; want 64 hex digits after "sha256:"`},
		{"address", "http: {listen: localhost}", `http.listen is "localhost"; it must be host:port, such as 127.0.0.1:8080`},
		{"port", "http: {listen: 'localhost:http'}", `its port must be a number from 0 to 65535`},
		{"broker", "log: {brokers: [one]}", `millrace.yaml:1:17: log.brokers[0] is "one"; it must be host:port`},
		{"same address", "log: {listen: '127.0.0.1:8080'}", `log.listen is 127.0.0.1:8080, which http.listen has already`},
		{"sasl without brokers", "log:\n  sasl: {mechanism: PLAIN, username: a, password: b}", `log has tls or sasl`},
		{"sasl halfway", "log: {brokers: ['a:1'], sasl: {mechanism: PLAIN}}", `log.sasl needs username and password with mechanism PLAIN`},
		{"half a certificate", "log: {brokers: ['a:1'], tls: {enabled: true, cert_file: x}}", `log.tls needs cert_file and key_file together`},
		{"limits in order", "limits: {event_bytes: 1MiB}", `limits.event_bytes is 1MiB, more than limits.batch_bytes, which is 500KiB`},
		{"nameless source", "sources:\n- adapter: csv", `millrace.yaml:2:3: sources[0].name is ""`},
		{"source twice", "sources: [{name: a, adapter: csv}, {name: a, adapter: csv}]", `sources[1].name is "a", as sources[0] has already`},
		{"key of two sources", "sources: [{name: a, adapter: x, write_keys: [k]}, {name: b, adapter: x, write_keys: [k]}]", `sources[1].write_keys[0] is a key that stands twice`},
		{"own topic", "sources: [{name: a, adapter: x, topic: millrace.raw}]", `the topic of Millrace's own log`},
		{"collector", "telemetry: {otlp_endpoint: 'localhost:4318'}", `it must be a URL such as http://127.0.0.1:4318`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			_, err := load(tc.file)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestLoadReportsAllErrorsAtOnce(t *testing.T) {
	_, err := load("log:\n  partitons: 1\n  linger: soon\n", "MILLRACE_LOG_TOPIK=x")
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three lines, got %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	good := func(name string, env []string, check func(*Config) bool) {
		t.Helper()
		c, err := load("log: {partitions: 4}", env...)
		if err != nil || !check(c) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := func(name, want string, env ...string) {
		t.Helper()
		_, err := load("", env...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	good("file alone", []string{"HOME=/"}, func(c *Config) bool { return c.Log.Partitions == 4 })
	good("over the file", []string{"MILLRACE_LOG_PARTITIONS=6"}, func(c *Config) bool { return c.Log.Partitions == 6 })
	good("nested", []string{"MILLRACE_PASS_DEDUP_HORIZON=2h"}, func(c *Config) bool { return c.Pass.Dedup.Horizon == 2*time.Hour })
	good("list", []string{"MILLRACE_LOG_BROKERS=a:1, b:2"}, func(c *Config) bool {
		return reflect.DeepEqual(c.Log.Brokers, []string{"a:1", "b:2"})
	})
	good("empty list", []string{"MILLRACE_TARGETS="}, func(c *Config) bool { return len(c.Targets) == 0 })
	good("empty text", []string{"MILLRACE_LOG_LISTEN="}, func(c *Config) bool { return c.Log.Listen == "" })
	good("not settings", []string{"MILLRACE_CONFIG=x", "MILLRACE_TEST_SEED=1"}, func(*Config) bool { return true })
	bad("unknown", "unknown environment variable MILLRACE_LOG_PARTITION; did you mean MILLRACE_LOG_PARTITIONS?", "MILLRACE_LOG_PARTITION=1")
	bad("a section", "unknown environment variable MILLRACE_LOG_TLS", "MILLRACE_LOG_TLS=1")
	bad("sources", "sources are set in the file only", "MILLRACE_SOURCES_0_NAME=a")
	bad("type", `MILLRACE_LOG_PARTITIONS: cannot take "x"; want a whole number`, "MILLRACE_LOG_PARTITIONS=x")
	bad("range", "MILLRACE_LOG_PARTITIONS: log.partitions is 0; it must be from 1 to 1024", "MILLRACE_LOG_PARTITIONS=0")
	bad("secret stays hidden", "log.sasl has a username or password but no mechanism", "MILLRACE_LOG_SASL_PASSWORD=hunter2")
}

func TestLoadFile(t *testing.T) {
	dir := t.TempDir()
	refused := func(path, want string) {
		t.Helper()
		if _, err := Load(path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	path := filepath.Join(dir, "m.yaml")
	if err := os.WriteFile(path, []byte("# nothing but defaults\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, nil); err != nil {
		t.Error(err)
	}
	if _, err := Load("", nil); err != nil {
		t.Error(err)
	}
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(filepath.Join(dir, "none.yaml"), "no such file")
	refused(dir, "is a folder")
	refused(large, "is larger than 1MiB")
}

func FuzzLoad(f *testing.F) {
	f.Add("log: {partitions: 3}\nsources: [{name: a, adapter: b, write_keys: [x]}]", "LOG_LINGER=5ms")
	f.Add("a: &x [*x]\nlog: *x", "TARGETS=a,b")
	f.Add("log: &l\n  tls: *l\n", "DISK_RESERVE_BYTES=1PiB")
	f.Add("%YAML 1.1\n--- {}\n...\n--- 1", "X")
	f.Fuzz(func(t *testing.T, file, variable string) {
		c, err := load(file, envPrefix+variable)
		if err != nil {
			return
		}
		text, err := c.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := load(string(text))
		if err != nil {
			t.Fatalf("what Marshal wrote does not load: %v\n%s", err, text)
		}
		again.origin, c.origin = nil, nil
		again.Log.SASL.Password = c.Log.SASL.Password
		if !reflect.DeepEqual(c, again) {
			t.Fatalf("changed by a round trip:\n%+v\n%+v", c, again)
		}
	})
}
