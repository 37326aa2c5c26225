//go:build sources

package edi

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// StAEDI (https://github.com/xlate/staedi) is an independent reader of EDI. It
// needs a JDK and Maven.

// independent is what StAEDI reads of a file.
type independent struct {
	segments []string // as Read.java prints them
	errors   []string
}

// stAEDI is the reader with its jars.
type stAEDI struct{ home, lib string }

func newStAEDI(t *testing.T) *stAEDI {
	t.Helper()
	home, err := filepath.Abs("testdata/staedi")
	if err != nil {
		t.Fatal(err)
	}
	lib := t.TempDir()
	run(t, lib, "mvn", "-B", "-q", "-f", filepath.Join(home, "pom.xml"), "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+lib)
	return &stAEDI{home, lib}
}

// read reads texts; schema checks the messages in them, "-" checks envelopes only.
func (j *stAEDI) read(t *testing.T, schema string, texts map[string][]byte) map[string]independent {
	t.Helper()
	dir := t.TempDir()
	if schema != "-" {
		schema = filepath.Join(j.home, schema)
	}
	args := []string{"-cp", filepath.Join(j.lib, "*"), filepath.Join(j.home, "Read.java"), schema}
	for name, text := range texts {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(path, bytes.TrimPrefix(text, mark), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out := make(map[string]independent)
	var file string
	for _, line := range strings.Split(run(t, dir, "java", args...), "\n") {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\r"), " ")
		read := out[file]
		switch kind {
		case "file":
			file = filepath.Base(rest)
			out[file] = independent{}
			continue
		case "segment":
			read.segments = append(read.segments, rest)
		case "error":
			read.errors = append(read.errors, rest)
		}
		out[file] = read
	}
	return out
}

// run returns what a program prints.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v (it needs default-jdk-headless and maven)\n%s%s", name, err, out, stderr.String())
	}
	return string(out)
}

// ours reads all segments of a file as Read.java prints them.
func ours(s Standard, text []byte) ([]string, error) {
	var out []string
	rest := bytes.TrimPrefix(text, mark)
	for {
		rest = bytes.TrimLeft(rest, "\r\n\t ")
		if len(rest) == 0 {
			return out, nil
		}
		var x *Syntax
		var err error
		size := 0
		if s == X12 {
			x, _, err = readISA(rest)
		} else {
			x, size, err = readUNB(rest)
		}
		if err != nil || x == nil {
			return out, fmt.Errorf("no interchange at %.20q: %w", rest, err)
		}
		var scan Scanner
		for scan.Reset(x, rest[size:]); scan.Next(); {
			line := string(scan.Segment.Tag())
			for n := 1; n <= scan.Segment.Elements; n++ {
				line += "\t" + x.spelled(line, scan.Segment.Element(n))
			}
			out = append(out, strings.TrimRight(line, "\t"))
			if line = string(scan.Segment.Tag()); line == s.services().interchangeEnd {
				break
			}
		}
		rest = rest[size+scan.pos:]
	}
}

// spelled is an element as Read.java prints it.
func (x *Syntax) spelled(segment string, element []byte) string {
	if strings.HasPrefix(segment, "ISA") {
		return string(element)
	}
	var repetitions []string
	for more := x.Repetition != 0; ; {
		end := len(element)
		if more {
			end = x.next(element, x.Repetition)
		}
		var components []string
		for n := 1; ; n++ {
			c := x.component(element[:end], n)
			if c == nil {
				break
			}
			components = append(components, string(x.appendUnreleased(nil, c)))
		}
		repetitions = append(repetitions, strings.TrimRight(strings.Join(components, "\x1f"), "\x1f"))
		if end == len(element) {
			return strings.Join(repetitions, "\x1e")
		}
		element = element[end+1:]
	}
}

var folders = map[Standard]string{X12: "../../x12/testdata", EDIFACT: "../../edifact/testdata"}

// files returns the files of a folder that have an extension, by name.
func files(t *testing.T, s Standard, extension string) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for _, pattern := range []string{"*", "corpus/*"} {
		paths, err := filepath.Glob(filepath.Join(folders[s], pattern+extension))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out[s.String()+"-"+filepath.Base(path)] = text
		}
	}
	return out
}

func TestStAEDI(t *testing.T) {
	j := newStAEDI(t)
	t.Run("segments", j.segments)
	t.Run("acknowledgements", j.acknowledgements)
}

// What StAEDI can read we split into the same segments, elements, components and
// repetitions. It reports UNA as a segment, and leaves out control characters.
func (j *stAEDI) segments(t *testing.T) {
	for _, s := range []Standard{X12, EDIFACT} {
		texts := files(t, s, ".in")
		compared := 0
		for name, theirs := range j.read(t, "-", texts) {
			if name == "" {
				continue
			}
			own, err := ours(s, texts[name])
			theirs.segments = slices.DeleteFunc(theirs.segments, func(line string) bool { return strings.HasPrefix(line, "UNA") })
			failed := len(theirs.errors) > 0 && strings.HasPrefix(theirs.errors[len(theirs.errors)-1], "exception")
			if failed {
				t.Logf("%s cannot be read by StAEDI behind %d segments: %s", name, len(theirs.segments), theirs.errors[len(theirs.errors)-1])
				own = own[:min(len(own), len(theirs.segments))]
			} else {
				compared++
			}
			for i := range theirs.segments {
				if want := strings.TrimRight(theirs.segments[i], "\t"); i >= len(own) || squeezed(own[i]) != squeezed(want) {
					t.Errorf("%s: segment %d is %q to StAEDI (%v), ours are %q", name, i+1, want, err, own[min(i, len(own)):min(i+1, len(own))])
					break
				}
			}
			if !failed && len(own) != len(theirs.segments) {
				t.Errorf("%s has %d segments, StAEDI finds %d", name, len(own), len(theirs.segments))
			}
		}
		if want := map[Standard]int{X12: 10, EDIFACT: 9}[s]; compared < want {
			t.Errorf("only %d files of %s were compared to their end, want %d", compared, s, want)
		}
	}
}

// squeezed makes spellings of a segment equal that say the same. It leaves out components that are empty at the end of a composite, and
// the control character of broken.in.
func squeezed(line string) string {
	if strings.HasPrefix(line, "ISA\t") { // behind an interchange that has no end, StAEDI takes its delimiters for data
		return line[:70]
	}
	for strings.Contains(line, "\x1f\t") {
		line = strings.ReplaceAll(line, "\x1f\t", "\t")
	}
	return strings.ReplaceAll(strings.TrimRight(line, "\t\x1f"), "\x01", "")
}

// StAEDI finds nothing wrong with our acknowledgements, by its rules of envelopes
// and by a schema of 997 and CONTRL; and it does find what is wrong with others.
func (j *stAEDI) acknowledgements(t *testing.T) {
	for s, schema := range map[Standard]string{X12: "997.xml", EDIFACT: "contrl.xml"} {
		texts := make(map[string][]byte)
		for name, text := range files(t, s, ".reply") {
			if _, text, _ = bytes.Cut(text, newline); len(text) > 0 {
				texts[name] = text
			}
		}
		if len(texts) < 8 {
			t.Fatalf("only %d acknowledgements of %s", len(texts), s)
		}
		// Its UNB has codes that no list of UNB has; the answer repeats them.
		delete(texts, "edifact-edi-net-edifact.Issue152.Wikipedia.reply")
		broken := map[Standard]string{X12: "AK5*A~", EDIFACT: "UCM+1+"}[s]
		good := texts[s.String()+"-good.reply"]
		texts["broken"] = bytes.Replace(good, []byte(broken), []byte(map[Standard]string{X12: "AK5*Z~", EDIFACT: "UCX+1+"}[s]), 1)
		for name, theirs := range j.read(t, schema, texts) {
			switch {
			case name == "broken" && len(theirs.errors) == 0:
				t.Errorf("StAEDI finds nothing wrong with\n%s", texts[name])
			case name != "broken" && len(theirs.errors) > 0:
				t.Errorf("%s: StAEDI finds %s\n%s", name, strings.Join(theirs.errors, "; "), texts[name])
			}
		}
	}
}
