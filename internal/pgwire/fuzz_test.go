package pgwire

import (
	"net"
	"strings"
	"testing"
	"time"
)

// FuzzStart: whatever a stranger sends first, the server neither breaks nor waits for ever.
func FuzzStart(f *testing.F) {
	i := start(f, options{server: func(c *Config) { c.StartTimeout, c.IdleTimeout = time.Second, time.Second }})
	f.Add([]byte("\x00\x00\x00\x08\x04\xd2\x16\x2f"))
	f.Add([]byte("\x00\x00\x00\x12\x00\x03\x00\x00user\x00ann\x00\x00Q\x00\x00\x00\x0dSELECT 1\x00X\x00\x00\x00\x04"))
	f.Add([]byte("\x00\x00\x00\x12\x00\x03\x00\x00user\x00ann\x00\x00P\x00\x00\x00\x10\x00SELECT $1\x00\x00\x00S\x00\x00\x00\x04"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte("\x00\x00\x00\x10\x04\xd2\x16\x2e\x00\x00\x00\x01\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		conn, err := net.Dial("tcp", i.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = conn.Write(data)
		_ = conn.(*net.TCPConn).CloseWrite()
		buf := make([]byte, 4096)
		for {
			if _, err := conn.Read(buf); err != nil {
				if strings.Contains(err.Error(), "timeout") {
					t.Errorf("the server hangs on %q", data)
				}
				return
			}
		}
	})
}

// FuzzLex: tokens stand in order within the text, and what is taken out of a statement
// leaves everything else where it stood.
func FuzzLex(f *testing.F) {
	for _, sql := range []string{"SELECT 'a''b', \"c\"\"d\", $1, $x$ ; $x$ -- c\n;/* /* */ */ E'\\'' x", "a OPERATOR(pg_catalog.~) 'x' COLLATE pg_catalog.default", "pg_catalog.f('pg_catalog.x')", "'", "/*", "$", "\xff"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		at := 0
		for _, token := range lex(sql) {
			if token.start < at || token.end <= token.start || token.end > len(sql) {
				t.Fatalf("token %+v behind %d", token, at)
			}
			at = token.end
		}
		out := plain(sql)
		if len(out) != len(sql) {
			t.Fatalf("%d bytes became %d", len(sql), len(out))
		}
		for i := range len(out) {
			if out[i] != sql[i] && out[i] != ' ' {
				t.Fatalf("byte %d changed", i)
			}
		}
		for _, p := range split(sql) {
			if sql[p.start:p.start+len(p.sql)] != p.sql {
				t.Fatalf("%q does not stand at %d", p.sql, p.start)
			}
			parseCommand(p.sql)
		}
	})
}
