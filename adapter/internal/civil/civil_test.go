package civil

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func london(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// Where a local time exists once, package time is the oracle.
func TestZoneAgreesWithPackageTime(t *testing.T) {
	zones := []string{"Europe/London", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}
	rapid.Check(t, func(rt *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		want := time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(rt, "unix"), 0).In(loc)
		r := Reading{Year: want.Year(), Month: int(want.Month()), Day: want.Day(),
			Hour: want.Hour(), Minute: want.Minute(), Second: want.Second()}
		z := NewZone(loc)
		got := time.UnixMicro(z.UTC(&r)).In(loc)
		if got.Format(time.DateTime) != want.Format(time.DateTime) {
			rt.Fatalf("%s shows %s, want %s", loc, got, want)
		}
		if again := z.UTC(&r); again != got.UnixMicro() {
			rt.Fatalf("the cached day gives %d, the first call %d", again, got.UnixMicro())
		}
	})
}

func TestZoneAtClockChanges(t *testing.T) {
	l, err := ParseLayout("2006-01-02 15:04:05")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, local, utc string }{
		{"winter", "2010-12-01 08:26:00", "2010-12-01T08:26:00Z"},
		{"summer", "2011-07-01 08:26:00", "2011-07-01T07:26:00Z"},
		{"before the missing hour", "2011-03-27 00:59:59", "2011-03-27T00:59:59Z"},
		{"in the missing hour", "2011-03-27 01:30:00", "2011-03-27T01:30:00Z"},
		{"behind the missing hour", "2011-03-27 02:00:00", "2011-03-27T01:00:00Z"},
		{"in the repeated hour", "2011-10-30 01:30:00", "2011-10-30T00:30:00Z"},
		{"behind the repeated hour", "2011-10-30 02:00:00", "2011-10-30T02:00:00Z"},
	} {
		z := NewZone(london(t))
		got, ok := l.Parse(c.local, z)
		if text := time.UnixMicro(got).UTC().Format(time.RFC3339); !ok || text != c.utc {
			t.Errorf("%s: %s is %s (%t), want %s", c.name, c.local, text, ok, c.utc)
		}
	}
}

func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		layout, text, want string
		fixed              bool
	}{
		{"02/01/2006 15:04", "21/11/2026 10:06", "2026-11-21T10:06:00Z", true},
		{"2006-01-02T15:04:05.000", "2026-11-21T10:06:07.125", "2026-11-21T10:06:07.125Z", true},
		{"2/1/06 3:04 PM", "1/7/26 9:05 PM", "2026-07-01T20:05:00Z", false},
		{"2 Jan 2006", "1 Jul 2026", "2026-06-30T23:00:00Z", false},
		{"2006-01-02 15:04:05-07:00", "2026-07-01 08:00:00+05:30", "2026-07-01T02:30:00Z", false},
		{"2006-01-02", "2026-02-29", "", true},
		{"2006-01-02", "2026-2-28", "", true},
		{"2006-01-02", "2026-0x-28", "", true},
		{"2006-01-02 15:04:05", "2026-01-02 24:00:00", "", true},
	} {
		l, err := ParseLayout(c.layout)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := l.Parse(c.text, NewZone(london(t)))
		text := ""
		if ok {
			text = time.UnixMicro(got).UTC().Format(time.RFC3339Nano)
		}
		if text != c.want || (l.fixed != nil) != c.fixed {
			t.Errorf("%q with layout %q is %q (fixed %t), want %q (%t)", c.text, c.layout, text, l.fixed != nil, c.want, c.fixed)
		}
	}
	for _, bad := range []string{"", "yyyy-mm-dd", "15:04:05", "2006-01-02 15:04 MST", "2006"} {
		if _, err := ParseLayout(bad); err == nil {
			t.Errorf("layout %q was taken", bad)
		}
	}
}

func TestRFC3339(t *testing.T) {
	for _, good := range []string{
		"2026-11-21T10:06:00Z", "2026-11-21T10:06:00.123Z", "2026-11-21T10:06:00.123456+01:00",
		"1970-01-01T00:00:00-11:30", "2024-02-29T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
	} {
		want, err := time.Parse(time.RFC3339Nano, good)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := ParseRFC3339(good); !ok || got != want.UnixMicro() {
			t.Errorf("%s is %d (%t), want %d", good, got, ok, want.UnixMicro())
		}
	}
	for _, bad := range []string{
		"", "2026-11-21", "2026-11-21T10:06:00", "2026-13-21T10:06:00Z", "2026-02-29T10:06:00Z", "2026-11-21T10:06:00.Z",
		"2026-11-21T24:06:00Z", "2026-11-21T10:06:00+0100", "20x6-11-21T10:06:00Z", "2026-11-21T10:06:00Zx", "2026-11-21T10:06:60Z",
	} {
		if got, ok := ParseRFC3339(bad); ok {
			t.Errorf("%q was read as %d", bad, got)
		}
	}
}

func FuzzParseRFC3339(f *testing.F) {
	f.Add("2026-11-21T10:06:00.123Z")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseRFC3339(s)
		want, err := time.Parse(time.RFC3339Nano, s)
		if ok && err == nil && got != want.UnixMicro() && want.Year() > 0 {
			t.Errorf("%q is %d, package time reads %d", s, got, want.UnixMicro())
		}
	})
}
