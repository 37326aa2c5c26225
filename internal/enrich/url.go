package enrich

import "strings"

// What follows reads URLs as far as is needed, without making any text.

// maxHost is the length of the longest name of a host.
const maxHost = 253

// hostOf returns the host of an absolute URL, without user and port.
func hostOf(url string) (string, bool) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "/?#") {
		return "", false
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if colon := strings.IndexByte(rest, ':'); colon >= 0 {
		rest = rest[:colon]
	}
	rest = strings.TrimSuffix(rest, ".")
	if rest == "" || len(rest) > maxHost || rest[0] == '.' {
		return "", false
	}
	for i := range len(rest) {
		if c := rest[i]; c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return "", false
		}
	}
	return rest, true
}

// site is a host without "www." and "m.".
func site(host string) string {
	for _, prefix := range [...]string{"www.", "m."} {
		if len(host) > len(prefix) && strings.EqualFold(host[:len(prefix)], prefix) {
			return host[len(prefix):]
		}
	}
	return host
}

// queryOf returns the parameters of a URL.
func queryOf(url string) string {
	if end := strings.IndexByte(url, '#'); end >= 0 {
		url = url[:end]
	}
	_, query, _ := strings.Cut(url, "?")
	return query
}

// parameter cuts the first parameter off a query.
func parameter(query string) (key, value, rest string) {
	first, rest, _ := strings.Cut(query, "&")
	key, value, _ = strings.Cut(first, "=")
	return key, value, rest
}

// decoded undoes the encoding of a parameter: + and %XX. What is broken stays as it is.
func decoded(text string) string {
	if !strings.ContainsAny(text, "%+") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(text) && nibble(text[i+1]) >= 0 && nibble(text[i+2]) >= 0:
			out = append(out, byte(nibble(text[i+1])<<4|nibble(text[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func nibble(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
