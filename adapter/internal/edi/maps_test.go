package edi

import (
	"strconv"
	"strings"
	"testing"
)

func TestMapsThatAreWrong(t *testing.T) {
	const dictionary = "ST M:ID3/3 M:AN4/9\nSE M:N01/10 M:AN4/9\nBEG M:ID2/2 O:(M:an3 +1) 2x(O:R1/9)"
	for name, c := range map[string]struct{ dictionary, text, want string }{
		"no type":            {"ST M:QX3", "", `line 1 of the dictionary (ST): there is no type "QX3"`},
		"no length":          {"ST M:ID", "", `line 1 of the dictionary (ST): "ID" has no length`},
		"no requirement":     {"\nST ID3/3", "", `line 2 of the dictionary (ST): "ID3/3" is no element; want M: or O: and a type`},
		"open parenthesis":   {"ST M:(M:an3", "", `line 1 of the dictionary (ST): a parenthesis in "(M:an3" is not closed`},
		"too many closed":    {"ST M:an3 )", "", `line 1 of the dictionary (ST): ")" is too much`},
		"unknown segment":    {dictionary, "message 1 X\nevent x\nXYZ M 1", `map of message "1", line 3: segment XYZ is not in the dictionary`},
		"no maximum":         {dictionary, "message 1 X\nevent x\nST M", `map of message "1", line 3: "ST M" needs M or O, and how often`},
		"unknown target":     {dictionary, "message 1 X\nevent x\nST M 1 colour:01", `map of message "1", line 3: there is no target "colour"`},
		"no position":        {dictionary, "message 1 X\nevent x\nST M 1 order_id:00", `map of message "1", line 3: "00" is no position of an element`},
		"no component":       {dictionary, "message 1 X\nevent x\nST M 1 order_id:01-x", `map of message "1", line 3: "01-x" is no position of a component`},
		"unknown setting":    {dictionary, "mesage 1 X", `map of message "", line 1: there is no setting "mesage"`},
		"nothing to make of": {dictionary, "message 1 X\nST M 1", `map of message "1", line 2: it needs a message and an event`},
	} {
		var texts []string
		if c.text != "" {
			texts = append(texts, c.text)
		}
		if _, err := Load(X12, c.dictionary, texts...); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
}

const testDictionary = `
ST M:ID3/3 M:AN4/9
SE M:N01/10 M:AN4/9
H  M:AN1/5
A  M:AN2/3 O:R1/4 O:N01/3 O:DT6/8 O:TM4/8 O:(M:AN1/2 O:ID1/3) +1
B  O:AN1/5
C  O:AN1/5
`

const testMap = `
message TST Test
event tested view
also X
ST M 1
H M 1
A M 2 line:01 {
  B O 1
  C M 2 {
    B O *
  }
}
B O 1
SE M 1
`

// The faults of a message, by segment, element and component.
func TestFaults(t *testing.T) {
	maps, err := Load(X12, testDictionary, testMap)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := SyntaxOf(X12, "*>~  ", "")
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                            {"H*1~A*ab~B~C~B~B~C~A*ab~C~B*1", ""},
		"anywhere":                           {"X~H*1~X*1~A*ab~X~C~X", ""},
		"missing":                            {"H*1~A*ab~B~A*ab~C", "5 C SegmentMissing"},
		"missing at the end":                 {"H*1", "3 A SegmentMissing"},
		"too often":                          {"H*1~A*ab~B~B~C~C~C~A*ab~C~A*ab~C", "5 B SegmentRepeated; 8 C LoopRepeated; 11 A LoopRepeated"},
		"a second B is that behind the loop": {"H*1~A*ab~B~C~B~A*ab~C", ""},
		"order":                              {"A*ab~C~H*1", "4 H SegmentOutOfSequence; 5 H SegmentMissing"},
		"unknown":                            {"H*1~A*ab~C~QQ*1~q~", "5 QQ SegmentUnexpected; 6 q SegmentUnexpected"},
		"elements":                           {"H~A~C*123456", "2 H 1 ElementMissing; 3 A 1 ElementMissing; 4 C 1 ValueTooLong"},
		"lengths":                            {"H*1~A*a*12345*1~C~A*abcd*1~C", "3 A 1 ValueTooShort; 3 A 2 ValueTooLong; 5 A 1 ValueTooLong"},
		"numbers":                            {"H*1~A*ab*1.2.3*1.5~C~A*ab*-12.50*-123~C~A*ab*+", "3 A 2 NumberInvalid; 3 A 3 NumberInvalid; 7 A LoopRepeated; 7 A 2 NumberInvalid; 8 C SegmentMissing"},
		"dates":                              {"H*1~A*ab***20260230*2460~C~A*ab***260228*235959~C", "3 A 4 DateInvalid; 3 A 5 TimeInvalid"},
		"composites":                         {"H*1~A*ab*****abc>x>y~C~A*ab*****>x~C", "3 A 6-1 ValueTooLong; 3 A 6-3 ElementsTooMany; 5 A 6-1 ElementMissing"},
		"too many elements":                  {"H*1*~A*ab******1*2~C", "3 A 8 ElementsTooMany"},
		"control characters":                 {"H*\x02~A*ab~C", "2 H 1 CharacterInvalid"},
		"no text":                            {"H*\xff~A*ab~C", "2 H 1 CharacterInvalid"},
		"no text where nobody looks":         {"H*1~A*ab~X*1*\xc3(~C", "4 X 2 CharacterInvalid"},
		"characters, not bytes":              {"H*ééééé~A*ab~C", ""},
	} {
		segments := strings.Count(strings.TrimSuffix(c.text, "~"), "~") + 3
		text := "ST*TST*0001~" + strings.TrimSuffix(c.text, "~") + "~SE*" + strconv.Itoa(segments) + "*0001~"
		r := reader{maps: maps}
		if !r.header(x, []byte(text)) {
			t.Fatalf("%q has no header", text)
		}
		r.read(&Envelope{}, []byte(text))
		var got []string
		for i := range r.faults {
			got = append(got, brief(&r.faults[i]))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %s\nwant %s", name, s, c.want)
		}
	}
}

func TestFaultsOfTrailers(t *testing.T) {
	maps, err := Load(X12, testDictionary, testMap)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := SyntaxOf(X12, "*>~  ", "")
	for text, want := range map[string]string{
		"ST*TST*0001~H*1~A*ab~C~":             "4 C TrailerMissing",
		"ST*TST*0001~H*1~A*ab~C~SE*5*0002~":   "5 SE 2 TrailerReference",
		"ST*TST*0001~H*1~A*ab~C~SE*6*0001~":   "5 SE 1 TrailerCount",
		"ST*TST*0001~H*1~A*ab~C~SE*005*0001~": "",
		"ST*OTH*0001~H*1~SE*3*0001~":          "1 ST TypeUnsupported",
	} {
		r := reader{maps: maps}
		r.header(x, []byte(text))
		r.read(&Envelope{}, []byte(text))
		var got []string
		for i := range r.faults {
			got = append(got, brief(&r.faults[i]))
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: %s\nwant %s", text, s, want)
		}
	}
}

// What is wrong with a message a hundred thousand times is listed a hundred times.
func TestFaultsAreBounded(t *testing.T) {
	maps, err := Load(X12, testDictionary, testMap)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := SyntaxOf(X12, "*>~  ", "")
	text := []byte("ST*TST*0001~" + strings.Repeat("Q~", 100_000))
	r := reader{maps: maps}
	r.header(x, text)
	r.read(&Envelope{}, text)
	if len(r.faults) != maxFaults || r.more != 100_000-maxFaults+3 {
		t.Errorf("%d faults are listed, %d are not", len(r.faults), r.more)
	}
}

var codeNames = map[Code]string{
	SegmentMissing: "SegmentMissing", SegmentUnexpected: "SegmentUnexpected", SegmentOutOfSequence: "SegmentOutOfSequence",
	SegmentRepeated: "SegmentRepeated", LoopRepeated: "LoopRepeated", ElementMissing: "ElementMissing", ElementsTooMany: "ElementsTooMany",
	ValueTooShort: "ValueTooShort", ValueTooLong: "ValueTooLong", CharacterInvalid: "CharacterInvalid", CodeInvalid: "CodeInvalid",
	DateInvalid: "DateInvalid", TimeInvalid: "TimeInvalid", NumberInvalid: "NumberInvalid", TrailerMissing: "TrailerMissing",
	TrailerReference: "TrailerReference", TrailerCount: "TrailerCount", TypeUnsupported: "TypeUnsupported",
}

func brief(f *Fault) string {
	s := strconv.Itoa(f.Segment) + " " + f.Tag
	if f.Element > 0 {
		s += " " + strconv.Itoa(f.Element)
	}
	if f.Component > 0 {
		s += "-" + strconv.Itoa(f.Component)
	}
	return s + " " + codeNames[f.Code]
}

func TestCharsets(t *testing.T) {
	for _, c := range []struct{ charset, raw, want string }{
		{"UNOA", "M\xc3\xbcller", "Müller"},
		{"UNOC", "M\xfcller?+S\xf6hne", "Müller+Söhne"},
		{"UNOD", "\xa3\xf3d\xbc", "Łódź"},
		{"UNOE", "\xbc\xde\xe1\xda\xd2\xd0", "Москва"},
		{"UNOF", "\xc1\xe8\xde\xed\xe1", "Αθήνα"},
		{"UNOL", "\xa4 5", "€ 5"},
		{"UNOY", "Łódź? ", "Łódź "},
		{"UNOY", "\xa3", "\ufffd"},
	} {
		x, _ := SyntaxOf(EDIFACT, "+:' ?", c.charset)
		if got := string(x.appendText(nil, []byte(c.raw))); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.charset, c.raw, got, c.want)
		}
	}
}
