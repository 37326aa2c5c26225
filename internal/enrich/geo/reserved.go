package geo

import "net/netip"

// special are blocks that no network on the Internet has (IANA's registries of
// special-purpose addresses), beside those that net/netip knows: shared and documentation
// addresses, benchmarks, those kept for the future, and addresses that carry others.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/8"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("fec0::/10"),
}

// reserved reports whether an address cannot be that of a visitor.
func reserved(a netip.Addr) bool {
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return true
	}
	for _, p := range special {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// maxAddress is the length of the longest address as text.
const maxAddress = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// Parse reads an address as a sender writes it. It is false for what is no address, and
// for one with a zone, which only its own network knows.
func Parse(text string) (netip.Addr, bool) {
	if len(text) > maxAddress || len(text) == 0 {
		return netip.Addr{}, false
	}
	for i := range len(text) {
		// Anything else makes ParseAddr write an error, or keep a zone.
		if c := text[i]; c != '.' && c != ':' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return netip.Addr{}, false
		}
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap(), err == nil
}
