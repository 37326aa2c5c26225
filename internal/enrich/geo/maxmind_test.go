package geo

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mmdb writes a file of MaxMind's format, by its specification: a search tree over the
// bits of IPv6 addresses (IPv4 ones under ::/96) with records of 32 bits, then the data.
func mmdb(t *testing.T, entries map[string][]byte) string {
	t.Helper()
	const open = -1
	nodes := [][2]int{{open, open}}
	var data []byte
	for prefix, record := range entries {
		p := netip.MustParsePrefix(prefix)
		bits, address := p.Bits(), p.Addr().As16()
		if p.Addr().Is4() {
			address, bits = [16]byte{}, bits+96
			v4 := p.Addr().As4()
			copy(address[12:], v4[:])
		}
		at := 0
		for i := range bits {
			bit := address[i/8] >> (7 - i%8) & 1
			if i == bits-1 {
				nodes[at][bit] = -2 - len(data)
				break
			}
			if nodes[at][bit] < 0 {
				nodes[at][bit] = len(nodes)
				nodes = append(nodes, [2]int{open, open})
			}
			at = nodes[at][bit]
		}
		data = append(data, record...)
	}
	var file []byte
	for _, node := range nodes {
		for _, to := range node {
			switch {
			case to == open:
				to = len(nodes)
			case to < open:
				to = len(nodes) + 16 - 2 - to
			}
			file = binary.BigEndian.AppendUint32(file, uint32(to))
		}
	}
	file = append(file, make([]byte, 16)...)
	file = append(file, data...)
	file = append(file, "\xab\xcd\xefMaxMind.com"...)
	number := func(kind byte, n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{kind<<5 | 4}, n) }
	long := func(n uint32) []byte { return append([]byte{4, 2}, binary.BigEndian.AppendUint32(nil, n)...) } // an extended type
	file = append(file, object(
		"node_count", number(6, uint32(len(nodes))), "record_size", []byte{5<<5 | 1, 32}, "ip_version", []byte{5<<5 | 1, 6},
		"database_type", textOf("Test-Country"), "binary_format_major_version", []byte{5<<5 | 1, 2}, "binary_format_minor_version", []byte{5 << 5},
		"build_epoch", long(1_795_255_200),
	)...)
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func textOf(s string) []byte { return append([]byte{2<<5 | byte(len(s))}, s...) }

// object writes a map of keys and values.
func object(parts ...any) []byte {
	out := []byte{7<<5 | byte(len(parts)/2)}
	for i := 0; i < len(parts); i += 2 {
		out = append(out, textOf(parts[i].(string))...)
		out = append(out, parts[i+1].([]byte)...)
	}
	return out
}

func TestMaxMindFile(t *testing.T) {
	f, err := Open(mmdb(t, map[string][]byte{
		"8.8.8.0/24":           object("country", object("iso_code", textOf("US"))),
		"9.9.0.0/16":           object("registered_country", object("iso_code", textOf("CH"))),
		"2a00:1450::/32":       object("country_code", textOf("IE")),
		"1.2.0.0/16":           object("country", textOf("CN")),
		"10.0.0.0/8":           object("country", object("iso_code", textOf("US"))),
		"7.0.0.0/8":            object("country", object("iso_code", textOf("nowhere"))),
		"2001:4860:4860::/112": textOf("US"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"8.8.8.8": "US", "::ffff:8.8.8.8": "US", "9.9.9.9": "CH", "2a00:1450:4001::1": "IE", "1.2.3.4": "CN", "2001:4860:4860::8888": "US",
		"8.8.9.9": "", "10.0.0.1": "", "7.7.7.7": "", "2a01::1": "",
	} {
		for range 2 {
			if got := f.Country(netip.MustParseAddr(text)); got != want {
				t.Errorf("country of %s is %q, want %q", text, got, want)
			}
		}
	}
	if !strings.HasPrefix(f.Version(), "20261121.") {
		t.Errorf("version is %q, want the day it was made", f.Version())
	}
	if n := testing.AllocsPerRun(100, func() { f.Country(netip.MustParseAddr("8.8.8.8")) }); n != 0 {
		t.Errorf("a lookup allocates %v times", n)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.mmdb")
	if err := os.WriteFile(path, []byte("no such thing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path+" is no file of MaxMind's format") {
		t.Errorf("error is %v", err)
	}
	if _, err := Open(path + ".missing"); err == nil {
		t.Error("a missing file was opened")
	}
}
