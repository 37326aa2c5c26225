package geo

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

func embedded(t testing.TB) *Ranges {
	t.Helper()
	r, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKnownAddresses(t *testing.T) {
	r := embedded(t)
	for text, want := range map[string]string{
		"8.8.8.8": "US", "1.1.1.1": "AU", "193.0.6.139": "NL", "::ffff:8.8.8.8": "US", "2001:4860:4860::8888": "US",
		"133.11.0.1": "JP",
		// Nobody on the Internet has these.
		"10.1.2.3": "", "172.16.0.1": "", "192.168.1.1": "", "127.0.0.1": "", "169.254.1.1": "", "100.64.0.1": "", "0.0.0.0": "",
		"192.0.2.1": "", "198.51.100.7": "", "203.0.113.9": "", "198.18.0.1": "", "224.0.0.1": "", "240.0.0.1": "", "255.255.255.255": "",
		"::": "", "::1": "", "fe80::1": "", "fc00::1": "", "ff02::1": "", "2001:db8::1": "", "2002:808:808::1": "", "64:ff9b::808:808": "", "100::1": "",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "",
	} {
		a, ok := Parse(text)
		if got := r.Country(a); !ok || got != want {
			t.Errorf("country of %s is %q (parsed %v), want %q", text, got, ok, want)
		}
	}
	if got := r.Country(netip.Addr{}); got != "" {
		t.Errorf("country of no address is %q", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", " 8.8.8.8", "8.8.8", "8.8.8.8.8", "256.1.1.1", "08.8.8.8", "8.8.8.8:80", "[::1]", "fe80::1%eth0", "localhost", "unknown", "8.8.8.8, 1.1.1.1",
		"2001:db8::1::2", "0x8.8.8.8", "::ffff:8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8",
	} {
		if a, ok := Parse(text); ok {
			t.Errorf("%q was taken for the address %s", text, a)
		}
	}
}

// original reads the files that ranges.bin is made of.
func original(t testing.TB) []Range {
	t.Helper()
	var all []Range
	for _, kind := range []string{"ipv4", "ipv6"} {
		f, err := os.Open("../../../../shared/data/geo/geo-whois-asn-country-" + kind + ".csv.zst")
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("the data must be there in CI: %v", err)
			}
			t.Skipf("needs the data: %v", err)
		}
		z, err := zstd.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		ranges, err := ReadCSV(z)
		if err != nil {
			t.Fatal(err)
		}
		z.Close()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		all = append(all, ranges...)
	}
	return all
}

// scan is the country of an address by the plain reading of the ranges.
func scan(ranges []Range, a netip.Addr) string {
	if reserved(a) {
		return ""
	}
	var best *Range
	for i := range ranges {
		one := &ranges[i]
		if a.Compare(one.From) < 0 || a.Compare(one.To) > 0 {
			continue
		}
		if best == nil || cmp.Or(one.From.Compare(best.From), best.To.Compare(one.To)) >= 0 {
			best = one
		}
	}
	if best == nil {
		return ""
	}
	return best.Country
}

// TestEmbeddedEqualsOriginal compares the compact file with a linear scan of the files that
// it was made of, at random addresses and at the edges of random ranges.
func TestEmbeddedEqualsOriginal(t *testing.T) {
	all, r := original(t), embedded(t)
	at := slices.IndexFunc(all, func(one Range) bool { return one.From.Is6() })
	v6 := all[at:]
	random := rand.New(rand.NewPCG(1, 2))
	var asked []netip.Addr
	for range 20 {
		asked = append(asked, address4(random.Uint32()))
		for _, of := range [][]Range{all, v6} {
			one := of[random.IntN(len(of))]
			asked = append(asked, one.From, one.To)
			if a := one.From.Prev(); a.IsValid() {
				asked = append(asked, a)
			}
			if a := one.To.Next(); a.IsValid() {
				asked = append(asked, a)
			}
		}
	}
	for _, a := range asked {
		of := all[:at]
		if a.Is6() {
			of = v6
		}
		if got, want := r.Country(a), scan(of, a); got != want {
			t.Errorf("country of %s is %q, by the original %q", a, got, want)
		}
	}
	t.Logf("%d changes of IPv4, %d of IPv6, %d bytes in memory, %d in the file", len(r.v4), len(r.v6), r.Bytes(), len(packed))
	again, err := New(all)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.v4, r.v4) || !slices.Equal(again.v6, r.v6) {
		t.Error("ranges.bin is not made of these files; run internal/enrich/cmd/geo")
	}
}

func address4(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// TestNewEqualsScan draws ranges that overlap, and asks for all addresses around them,
// from ranges that were packed and unpacked.
func TestNewEqualsScan(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		base := rapid.SampledFrom([]string{"8.8.0.0", "2a00:1450:4001:ffff:ffff:ffff:ffff:ffe0"}).Draw(rt, "base")
		at := func(n int) netip.Addr {
			a := netip.MustParseAddr(base)
			for range n {
				a = a.Next()
			}
			return a
		}
		var ranges []Range
		for range rapid.IntRange(0, 12).Draw(rt, "ranges") {
			from := rapid.IntRange(0, 60).Draw(rt, "from")
			to := rapid.IntRange(from, 63).Draw(rt, "to")
			ranges = append(ranges, Range{at(from), at(to), rapid.SampledFrom([]string{"DE", "FR", "US"}).Draw(rt, "country")})
		}
		made, err := New(ranges)
		if err != nil {
			rt.Fatal(err)
		}
		var file bytes.Buffer
		if err := made.Pack(&file); err != nil {
			rt.Fatal(err)
		}
		r, err := Unpack(file.Bytes())
		if err != nil {
			rt.Fatal(err)
		}
		for n := range 70 {
			if got, want := r.Country(at(n)), scan(ranges, at(n)); got != want {
				rt.Fatalf("country of %s is %q, want %q of %v", at(n), got, want, ranges)
			}
		}
	})
}

func TestNewRefuses(t *testing.T) {
	a, b, six := netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("8.8.8.9"), netip.MustParseAddr("2a00::1")
	for _, one := range []Range{{b, a, "DE"}, {a, six, "DE"}, {a, b, "de"}, {a, b, "DEU"}, {netip.Addr{}, b, "DE"}} {
		if _, err := New([]Range{one}); err == nil {
			t.Errorf("%v was taken", one)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	small, err := New([]Range{{netip.MustParseAddr("8.8.8.0"), netip.MustParseAddr("8.8.9.0"), "US"}, {netip.MustParseAddr("2a00::"), netip.MustParseAddr("2a00::ffff"), "DE"}})
	if err != nil {
		f.Fatal(err)
	}
	var file bytes.Buffer
	if err := small.Pack(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte("geo"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Unpack(data)
		if err != nil {
			return
		}
		for _, text := range []string{"8.8.8.8", "255.255.255.255", "1.0.0.0", "2a00::1", "ff00::"} {
			r.Country(netip.MustParseAddr(text))
		}
	})
}

// FuzzParse has net/netip as oracle.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"8.8.8.8", "::1", "fe80::1%eth0", "::ffff:1.2.3.4", "1.2.3.4, 5.6.7.8", "08.1.1.1", "\xff"} {
		f.Add(text)
	}
	r := embedded(f)
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := Parse(text)
		want, err := netip.ParseAddr(text)
		if ok != (err == nil && want.Zone() == "") || ok && a != want.Unmap() {
			t.Errorf("Parse(%q) = %v, %v; net/netip has %v, %v", text, a, ok, want, err)
		}
		if code := r.Country(a); code != "" && !alpha2(code) {
			t.Errorf("country of %q is %q", text, code)
		}
	})
}

func TestLookupDoesNotAllocate(t *testing.T) {
	r := embedded(t)
	if n := testing.AllocsPerRun(100, func() {
		a, _ := Parse("2001:4860:4860::8888")
		r.Country(a)
		a, _ = Parse("not.an.address")
		r.Country(a)
	}); n != 0 {
		t.Errorf("a lookup allocates %v times", n)
	}
}

func BenchmarkCountry(b *testing.B) {
	r := embedded(b)
	random := rand.New(rand.NewPCG(3, 4))
	v4 := make([]netip.Addr, 4096)
	v6 := make([]netip.Addr, 4096)
	for i := range v4 {
		v4[i] = address4(random.Uint32())
		at := r.v6[random.IntN(len(r.v6))]
		var bytes [16]byte
		binary.BigEndian.PutUint64(bytes[:8], at.hi)
		binary.BigEndian.PutUint64(bytes[8:], at.lo+1)
		v6[i] = netip.AddrFrom16(bytes)
	}
	for name, addresses := range map[string][]netip.Addr{"ipv4": v4, "ipv6": v6} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.Country(addresses[i&4095])
				i++
			}
		})
	}
}
