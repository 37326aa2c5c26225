package civil

// ParseRFC3339 reads an instant as RFC 3339 (and so ISO 8601 as JavaScript's
// toISOString) writes it, in µs since 1970 UTC: "2026-11-21T10:06:00.123Z",
// "2026-11-21 10:06:00+01:00". Digits behind the sixth decimal are cut off. It
// is false for anything else, a missing offset included.
func ParseRFC3339(s string) (micros int64, ok bool) {
	var r Reading
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	if c := s[10]; c != 'T' && c != 't' && c != ' ' {
		return 0, false
	}
	digits := digits2(s, 0)*100 + digits2(s, 2)
	r.Year, r.Month, r.Day = digits, digits2(s, 5), digits2(s, 8)
	r.Hour, r.Minute, r.Second = digits2(s, 11), digits2(s, 14), digits2(s, 17)
	if (digits2(s, 0)|digits2(s, 2)|r.Month|r.Day|r.Hour|r.Minute|r.Second) < 0 || !r.Valid() {
		return 0, false
	}
	rest := s[19:]
	if rest[0] == '.' || rest[0] == ',' {
		var n int
		if r.Micro, n = fraction(rest[1:]); n == 0 {
			return 0, false
		}
		rest = rest[1+n:]
	}
	offset, ok := parseOffset(rest)
	return r.UTC() - offset*1e6, ok
}

// digits2 reads two digits of s at i; it is below -99 when they are none.
func digits2(s string, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -1 << 20
	}
	return int(a)*10 + int(b)
}

// fraction reads leading digits as millionths and returns how many there are.
func fraction(s string) (micro, n int) {
	scale := 100_000
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		micro += int(s[n]-'0') * scale
		scale /= 10
		n++
	}
	return micro, n
}

func parseOffset(s string) (seconds int64, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != len("+01:00") || s[3] != ':' || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, m := digits2(s, 1), digits2(s, 4)
	if h < 0 || m < 0 || h > 23 || m > 59 {
		return 0, false
	}
	seconds = int64(h)*3600 + int64(m)*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}
