package httpsource_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/cloudevents"
	"github.com/millrace/millrace/event"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// step is a step of a scenario, with the text or the table below it.
type step struct {
	text  string
	doc   string
	table [][]string
}

// scenario is a scenario of a feature file, its outline filled in.
type scenario struct {
	name  string
	steps []step
}

// readFeature reads as much of Gherkin as the conformance features use:
// scenarios, outlines with examples, texts in triple quotes, and tables.
func readFeature(t *testing.T, path string) []scenario {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []scenario
	var now *scenario
	var examples [][]string
	finish := func() {
		if now != nil {
			all = append(all, outlined(*now, examples)...)
		}
		now, examples = nil, nil
	}
	inExamples := false
	for lines := strings.Split(string(text), "\n"); len(lines) > 0; lines = lines[1:] {
		line := strings.TrimSpace(lines[0])
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "Scenario"):
			finish()
			_, name, _ := strings.Cut(line, ": ")
			now, inExamples = &scenario{name: name}, false
		case now == nil:
		case strings.HasPrefix(line, "Examples:"):
			inExamples = true
		case word == "Given" || word == "When" || word == "Then" || word == "And":
			now.steps = append(now.steps, step{text: rest})
		case line == `"""`:
			last := &now.steps[len(now.steps)-1]
			indent := len(lines[0]) - len(strings.TrimLeft(lines[0], " "))
			for lines = lines[1:]; strings.TrimSpace(lines[0]) != `"""`; lines = lines[1:] {
				last.doc += lines[0][min(indent, len(lines[0])):] + "\n"
			}
		case strings.HasPrefix(line, "|"):
			var row []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				row = append(row, strings.TrimSpace(cell))
			}
			if inExamples {
				examples = append(examples, row)
			} else {
				last := &now.steps[len(now.steps)-1]
				last.table = append(last.table, row)
			}
		}
	}
	finish()
	return all
}

// outlined fills an outline in with each of its examples.
func outlined(s scenario, examples [][]string) []scenario {
	if len(examples) == 0 {
		return []scenario{s}
	}
	var all []scenario
	for _, row := range examples[1:] {
		fill := func(text string) string {
			for i, name := range examples[0] {
				text = strings.ReplaceAll(text, "<"+name+">", row[i])
			}
			return text
		}
		filled := scenario{name: fill(s.name)}
		for _, from := range s.steps {
			to := step{text: fill(from.text), doc: fill(from.doc)}
			for _, r := range from.table {
				var cells []string
				for _, cell := range r {
					cells = append(cells, fill(cell))
				}
				to.table = append(to.table, cells)
			}
			filled.steps = append(filled.steps, to)
		}
		all = append(all, filled)
	}
	return all
}

// pairs is a table of keys and values.
func (s step) pairs() map[string]string {
	m := make(map[string]string)
	for _, row := range s.table[1:] {
		m[row[0]] = row[1]
	}
	return m
}

// The features of the CloudEvents project, on the door and on records as a Kafka
// source hands them over.
func TestCloudEventsConformance(t *testing.T) {
	ran := 0
	for _, file := range []string{"http-protocol-binding.feature", "kafka-protocol-binding.feature"} {
		for _, s := range readFeature(t, "testdata/cloudevents/"+file) {
			ran++
			t.Run(strings.TrimSuffix(file, "-protocol-binding.feature")+"/"+s.name, func(t *testing.T) { s.run(t) })
		}
	}
	if ran != 7 {
		t.Errorf("%d scenarios ran, the features have 7", ran)
	}
}

func (s scenario) run(t *testing.T) {
	var record adapter.Record
	var b event.Batch
	for _, st := range s.steps {
		switch st.text {
		case "an HTTP request":
			record = throughDoor(t, st.doc)
		case "a Kafka message with payload:":
			record = adapter.Record{Payload: []byte(st.doc), Source: "kafka", Stream: "kafka:events"}
		case "Kafka headers:":
			record.Envelope = kafkaEnvelope(st.pairs())
		case "parsed as HTTP request", "parsed as Kafka message":
			cloudevents.New().NewDecoder(nil).Decode(&b, b.Add(0, 1, 0, record.Payload), &record)
			if len(b.Problems) > 0 {
				t.Fatalf("problems: %+v", b.Problems)
			}
		case "the attributes are:":
			var got map[string]any
			if err := json.Unmarshal([]byte(b.Context[0]), &got); err != nil {
				t.Fatalf("context %s: %v", b.Context[0], err)
			}
			for name, want := range st.pairs() {
				if fmt.Sprint(got[name]) != want {
					t.Errorf("attribute %s is %v, want %s", name, got[name], want)
				}
			}
			if len(got) != len(st.pairs()) {
				t.Errorf("attributes %v, want %v", got, st.pairs())
			}
		case "the data is equal to the following JSON:":
			var got, want any
			if err := json.Unmarshal([]byte(b.Properties[0]), &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(st.doc), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("data is %v, want %v", got, want)
			}
		default:
			t.Fatalf("a step that is not known: %q", st.text)
		}
	}
}

// throughDoor sends an HTTP request as it stands in the feature, and returns what
// is logged. The feature's line breaks and path are not those of HTTP and of the
// door.
func throughDoor(t *testing.T, text string) adapter.Record {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	head = strings.Replace(head, "/someresource", "/v1/cloudevents?key="+cloudKey, 1)
	var kept []string
	for line := range strings.Lines(head) {
		if !strings.HasPrefix(line, "Content-Length") { // it counts other white space
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	kept = append(kept, fmt.Sprintf("Content-Length: %d", len(body)))
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader([]byte(strings.Join(kept, "\r\n") + "\r\n\r\n" + body))))
	if err != nil {
		t.Fatal(err)
	}
	d := openAnalytics(t, func(c *httpsource.Config) {
		for i := range c.Sources {
			if c.Sources[i].Name == "cloud" {
				c.Sources[i].Adapter = cloudevents.New()
			}
		}
	})
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if w.Code != http.StatusAccepted || len(d.log.entries) != 1 {
		t.Fatalf("the door answers %d %s", w.Code, w.Body)
	}
	return d.log.entries[0].Record
}

// kafkaEnvelope is what a Kafka source says of a message's headers.
func kafkaEnvelope(headers map[string]string) string {
	var b strings.Builder
	b.WriteString(`{"headers":{`)
	for i, name := range slices.Sorted(maps.Keys(headers)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%q", name, headers[name])
	}
	b.WriteString(`},"topic":"events"}`)
	return b.String()
}
