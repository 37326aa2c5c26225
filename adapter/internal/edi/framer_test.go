package edi

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/adapter"
)

// frame is what a framer returned, with its bytes.
type frame struct {
	text, envelope, reject string
	line                   int
}

// cut reads a file in pieces of some size, as a door does that keeps what is not
// advanced over. It checks what framers promise.
func cut(t testing.TB, s Standard, file []byte, limit, size int) []frame {
	t.Helper()
	f := NewFramer(s, nil, adapter.FramerOptions{MaxBytes: limit})
	var out []frame
	line, at, have := 1, 0, min(size, len(file))
	for {
		data := file[at:have:have]
		got, err := f.Next(data, have == len(file))
		if err != nil {
			t.Fatal(err)
		}
		if got.From > got.To || got.To > got.Advance && got.Reject == "" || got.Advance > len(data) {
			t.Fatalf("frame %+v of %d bytes", got, len(data))
		}
		if breaks := bytes.Count(data[:got.Advance], newline); breaks != got.Before+got.Lines {
			t.Fatalf("frame %+v has %d line breaks", got, breaks)
		}
		if got.To > got.From || got.Reject != "" {
			out = append(out, frame{string(data[got.From:got.To]), got.Envelope, got.Reject, line + got.Before})
		}
		line += got.Before + got.Lines
		at += got.Advance
		if got.Advance > 0 || got.Reject != "" {
			continue
		}
		if have == len(file) {
			if at != len(file) {
				t.Fatalf("stopped %d bytes before the end", len(file)-at)
			}
			return out
		}
		if len(data) > max(limit, 4*sampleBytes) {
			t.Fatalf("a framer of %d bytes wants more than %d", limit, len(data))
		}
		have = min(have+size, len(file))
	}
}

const isaLine = "ISA*00*          *00*          *ZZ*RETAILER       *ZZ*SHOP           *261120*1015*^*00501*000000001*0*P*>~"

func frames(all []frame) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%d %s %.30q", f.line, f.reject, f.text)
		if _, problems, found := strings.Cut(f.envelope, `"problems":`); found {
			problems, _, _ = strings.Cut(problems, `],"`)
			fmt.Fprintf(&b, " %s", problems)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestEnvelopes(t *testing.T) {
	set := func(n int) string { return fmt.Sprintf("ST*850*%d~BEG*00*SA*A~SE*3*%d~\n", n, n) }
	for name, c := range map[string]struct {
		standard   Standard
		text, want string
	}{
		"whole": {X12, isaLine + "\nGS*PO*A*B*20261120*1015*1*X*005010~\n" + set(1) + set(2) + "GE*2*1~\nIEA*1*000000001~\n", `3  "ST*850*1~BEG*00*SA*A~SE*3*1~"
4  "ST*850*2~BEG*00*SA*A~SE*3*2~"
`},
		"group's count": {X12, isaLine + "\nGS*PO*A*B*20261120*1015*1*X*005010~\n" + set(1) + "GE*2*1~\nGS*PO*A*B*20261120*1015*2*X*005010~\n" + set(1) + "GE*1*2~\nIEA*2*1~\n",
			`3  "ST*850*1~BEG*00*SA*A~SE*3*1~" [{"code":"5","text":"GE counts \"2\" messages in functional group 1; it has 1","group":true}
6  "ST*850*1~BEG*00*SA*A~SE*3*1~"
`},
		"references": {X12, isaLine + "GS*PO*A*B*20261120*1015*1*X*005010~" + set(1) + "GE*1*7~IEA*2*000000003~",
			`1  "ST*850*1~BEG*00*SA*A~SE*3*1~" [{"code":"001","text":"IEA names interchange \"000000003\", its header (ISA) \"000000001\""},{"code":"021","text":"IEA counts \"2\" functional groups in interchange 000000001; it has 1"},{"code":"4","text":"GE names functional group \"7\", its header (GS) \"1\"","group":true}
`},
		"no trailers": {X12, isaLine + "GS*PO*A*B*20261120*1015*1*X*005010~ST*850*1~BEG*00*SA*A~\n" + isaLine + "GS*PO*A*B*20261120*1015*1*X*005010~" + set(2) + "GE*1*1~IEA*1*1~",
			`1  "ST*850*1~BEG*00*SA*A~\n" [{"code":"023","text":"interchange 000000001 has no trailer (IEA): it is cut off"},{"code":"3","text":"functional group 1 has no trailer (GE)","group":true}
2  "ST*850*2~BEG*00*SA*A~SE*3*2~"
`},
		"no messages": {X12, isaLine + "IEA*1*000000001~", `1 broken_envelope "IEA*1*000000001~"
`},
		"nothing behind the header": {X12, isaLine, `1 broken_envelope ""
`},
		"stray segments": {X12, isaLine + "GS*PO*A*B*20261120*1015*1*X*005010~REF*A~" + set(1) + "SE*1*1~GE*1*1~GE*1*1~IEA*1*1~rubbish", `1 outside_message "REF*A~"
1  "ST*850*1~BEG*00*SA*A~SE*3*1~"
2 outside_message "SE*1*1~"
2 outside_message "GE*1*1~"
2 outside_envelope "rubbish"
`},
		"rubbish before": {X12, "hello\nISA you\n" + isaLine + "GS*PO*A*B*20261120*1015*1*X*005010~" + set(1) + "GE*1*1~IEA*1*1~", `1 outside_envelope "hello\n"
3  "ST*850*1~BEG*00*SA*A~SE*3*1~"
`},
		"lines are segments": {X12, strings.ReplaceAll(isaLine+"GS*PO*A*B*20261120*1015*1*X*005010~ST*850*1~~BEG*00*SA*A~SE*3*1~GE*1*1~IEA*1*1~", "~", "\r\n"), `3  "ST*850*1\r\n\r\nBEG*00*SA*A\r\nSE*3*"
`},
		"no service string": {EDIFACT, "UNB+UNOA:3+A+B+261120:1015+7'UNH+1+ORDERS:D:96A:UN'BGM+220'UNT+3+1'UNZ+1+7'", `1  "UNH+1+ORDERS:D:96A:UN'BGM+220'"
`},
		"released delimiters": {EDIFACT, "UNA:+.? '\nUNB+UNOA:3+A?'?++B+261120:1015+7'UNH+1+ORDERS:D:96A:UN'FTX+It?'s??'UNT+3+1'UNZ+2+8'", `2  "UNH+1+ORDERS:D:96A:UN'FTX+It?'" [{"code":"001","text":"UNZ names interchange \"8\", its header (UNB) \"7\""},{"code":"021","text":"UNZ counts \"2\" messages in interchange 7; it has 1"}
`},
		"groups of EDIFACT": {EDIFACT, "UNB+UNOA:3+A+B+261120:1015+7'UNG+ORDERS+A+B+261120:1015+1+UN+D:96A'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNE+2+1'UNZ+1+7'", `1  "UNH+1+ORDERS:D:96A:UN'UNT+2+1'" [{"code":"5","text":"UNE counts \"2\" messages in functional group 1; it has 1","group":true}
`},
		"no file of this": {EDIFACT, isaLine + "GS*PO~", `1 outside_envelope "ISA*00*          *00*         "
`},
	} {
		if got := frames(cut(t, c.standard, []byte(c.text), 1<<20, len(c.text))); got != c.want {
			t.Errorf("%s:\n%swant\n%s", name, got, c.want)
		}
	}
}

// An interchange that is too long to be held is given out as it comes; what its
// trailers say comes behind.
func TestALongInterchange(t *testing.T) {
	var b strings.Builder
	b.WriteString(isaLine + "\nGS*PO*A*B*20261120*1015*1*X*005010~\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "ST*850*%d~BEG*00*SA*A~SE*3*%d~\n", i, i)
	}
	b.WriteString("GE*999*1~\nIEA*1*2~\n")
	text := []byte(b.String())
	whole := cut(t, X12, text, 8<<10, len(text))
	if len(whole) != 1002 || whole[1000].reject != rejectEnvelope || whole[1001].reject != rejectEnvelope || strings.Contains(whole[999].envelope, "problems") {
		t.Errorf("%d frames, the last are %+v", len(whole), whole[len(whole)-3:])
	}
	for _, size := range []int{1, 1000, 8192, 10_000} {
		if got := cut(t, X12, text, 8<<10, size); !slices.Equal(got, whole) {
			t.Errorf("in pieces of %d, the frames are others", size)
		}
	}
	if held := cut(t, X12, text, 1<<20, len(text)); len(held) != 1000 || !strings.Contains(held[0].envelope, "problems") {
		t.Errorf("held, there are %d frames, the first in the envelope %s", len(held), held[0].envelope)
	}
}

// However hostile a file is, a framer holds no more than it may, and goes on
// behind what it refuses.
func TestHostileFiles(t *testing.T) {
	begin, end := isaLine+"GS*PO*A*B*20261120*1015*1*X*005010~", "GE*1*1~IEA*1*1~"
	good := "ST*850*1~BEG*00*SA*A~SE*3*1~"
	for name, c := range map[string]struct{ text, want string }{
		"a segment without an end":   {begin + strings.Repeat("x", 1<<20), "too_large broken_envelope broken_envelope"},
		"a long segment":             {begin + strings.Repeat("x", 1<<20) + "~" + good + end, "too_large ok"},
		"a million elements":         {begin + "ST*850*1~REF" + strings.Repeat("*", 1_000_000) + "~SE*3*1~" + good + strings.Replace(end, "GE*1", "GE*2", 1), "too_large ok"},
		"a million segments":         {begin + "ST*850*1~" + strings.Repeat("R~", 500_000) + "SE*3*1~" + good + strings.Replace(end, "GE*1", "GE*2", 1), "too_large ok"},
		"a million terminators":      {begin + strings.Repeat("~", 1_000_000) + good + end, "ok"},
		"a million blanks":           {begin + strings.Repeat("\n", 1_000_000) + good + end, "ok"},
		"zero bytes":                 {begin + good + strings.Repeat("\x00", 1<<20), "ok too_large broken_envelope broken_envelope"},
		"a long stretch of nonsense": {begin + good + end + strings.Repeat("ISA", 300_000) + "\n" + begin + good + end, "ok outside_envelope ok"},
		"headers only":               {strings.Repeat(isaLine, 3), "broken_envelope broken_envelope broken_envelope"},
	} {
		text := []byte(c.text)
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		before := m.TotalAlloc
		all := cut(t, X12, text, 16<<10, 8<<10)
		runtime.ReadMemStats(&m)
		if grown := m.TotalAlloc - before; grown > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
		var got []string
		for _, f := range all {
			if len(f.text) > 16<<10 || f.reject != "" && len(f.text) > sampleBytes {
				t.Errorf("%s: a piece of %d bytes", name, len(f.text))
			}
			if f.reject == "" {
				f.reject = "ok"
			}
			got = append(got, f.reject)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
	}
}

// What every record of an envelope carries is small, whatever the envelope says.
func TestHostileEnvelopes(t *testing.T) {
	long := strings.Repeat("\x01\\é", 5000)
	unb := "UNB+UNOC:3+A+B+261120:1015+7'"
	for name, c := range map[string]struct {
		standard Standard
		text     string
		want     int
	}{
		"sets without groups":      {X12, isaLine + strings.Repeat("ST~GE~", 20_000) + "IEA*1*1~", 20_000},
		"groups without an end":    {X12, isaLine + strings.Repeat("GS~ST~", 20_000) + "IEA*1*1~", 20_000},
		"long fields":              {X12, isaLine + "GS" + strings.Repeat("*"+long, 8) + "~ST*850*1~SE*2*1~GE*" + long + "*" + long + "~IEA*" + long + "*" + long + "~", 1},
		"long fields of EDIFACT":   {EDIFACT, unb + "UNG" + strings.Repeat("+"+long+":"+long, 5) + "'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNE+" + long + "+" + long + "'UNZ+" + long + "+" + long + "'", 1},
		"messages without an end":  {EDIFACT, unb + strings.Repeat("UNH'", 20_000), 20_000},
		"groups of EDIFACT, empty": {EDIFACT, unb + strings.Repeat("UNG'UNH'", 20_000), 20_000},
	} {
		text := []byte(c.text)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		before := m.TotalAlloc
		all := cut(t, c.standard, text, 1<<20, len(text))
		runtime.ReadMemStats(&m)
		if grown := m.TotalAlloc - before; grown > 128<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
		records := 0
		for _, f := range all {
			if f.reject == "" {
				records++
			}
			if len(f.envelope) > 16<<10 || strings.Contains(f.envelope, "\ufffd") {
				t.Fatalf("%s: an envelope of %d bytes: %.1000s", name, len(f.envelope), f.envelope)
			}
		}
		if records != c.want {
			t.Errorf("%s: %d records, want %d", name, records, c.want)
		}
	}
}

// Whatever texts a message is made of, they are read back.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x, _ := SyntaxOf(EDIFACT, "+:'*?", "UNOC")
		separators := rapid.SampledFrom([]string{"+:' ?", "+:'*?", "*=~ ^", "|,\n \\"}).Draw(rt, "separators")
		x, ok := SyntaxOf(EDIFACT, separators, x.Charset)
		if !ok {
			rt.Fatalf("%q are no separators", separators)
		}
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab1 " + strings.ReplaceAll(separators, " ", "") + "é")))
		segments := rapid.SliceOfN(rapid.SliceOfN(rapid.SliceOfN(text, 1, 4), 0, 6), 1, 10).Draw(rt, "segments")
		var file bytes.Buffer
		w := segmentWriter{w: &file, syntax: x}
		for _, segment := range segments {
			elements := []string{"TAG"}
			for _, components := range segment {
				elements = append(elements, w.composite(slices.Clone(components)...))
			}
			w.write(elements...)
		}
		var s Scanner
		s.Reset(x, file.Bytes())
		for n, segment := range segments {
			if !s.Next() || string(s.Segment.Tag()) != "TAG" || s.Segment.Number != n+1 {
				rt.Fatalf("segment %d was not read of %q", n+1, file.Bytes())
			}
			for e, components := range segment {
				for c, want := range components {
					got := string(x.appendUnreleased(nil, x.component(s.Segment.Element(e+1), c+1)))
					if got != want {
						rt.Fatalf("element %d, component %d of %q is %q, want %q", e+1, c+1, file.Bytes(), got, want)
					}
				}
			}
		}
		if s.Next() || s.Unterminated {
			rt.Fatalf("there is more in %q than was written", file.Bytes())
		}
	})
}

// However a file is cut into pieces, its records are the same.
func FuzzFramer(f *testing.F) {
	for standard, path := range map[Standard]string{X12: "../../x12/testdata/broken.in", EDIFACT: "../../edifact/testdata/broken.in"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, uint8(standard), uint16(100))
		f.Add(text[:len(text)/2], uint8(standard), uint16(1))
	}
	f.Add([]byte("UNA:+.? '\nUNB+UNOA:3+A+B+261120:1015+7'"+strings.Repeat("?", 5000)+"'UNZ+1+7'"), uint8(EDIFACT), uint16(3))
	f.Fuzz(func(t *testing.T, file []byte, standard uint8, size uint16) {
		s := Standard(standard % 2)
		whole := cut(t, s, file, 4<<10, max(len(file), 1))
		pieces := cut(t, s, file, 4<<10, int(size)%5000+1)
		if !slices.Equal(whole, pieces) {
			t.Fatalf("at once %s\nin pieces of %d %s", frames(whole), size, frames(pieces))
		}
	})
}
