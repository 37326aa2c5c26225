package registry_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millrace/millrace/internal/schema/registry"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func open(t testing.TB) *registry.Registry {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return registry.New(registry.Config{Store: store, ID: "test"})
}

// TestAPI runs scripts of requests: the first line is method and path, what follows is
// the body, or the parts of a definition (schema:, schemaType:, references:).
func TestAPI(t *testing.T) {
	datadriven.Walk(t, "testdata/api", func(t *testing.T, path string) {
		handler := open(t).Handler("/registry")
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			line, text, _ := strings.Cut(d.Input, "\n")
			method, target, _ := strings.Cut(line, " ")
			r := httptest.NewRequest(method, "/registry"+target, strings.NewReader(bodyOf(text)))
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return fmt.Sprintf("%d %s\n", w.Code, strings.TrimSpace(w.Body.String()))
		})
	})
}

func bodyOf(text string) string {
	if !strings.HasPrefix(text, "schema") && !strings.HasPrefix(text, "references") {
		return text
	}
	parts := make(map[string]any)
	key := ""
	for line := range strings.SplitSeq(text, "\n") {
		if name, rest, ok := strings.Cut(line, ": "); ok && (name == "schema" || name == "schemaType" || name == "references") {
			key, line = name, rest
			parts[key] = ""
		}
		parts[key] = strings.TrimSpace(parts[key].(string) + "\n" + line)
	}
	if list, ok := parts["references"].(string); ok {
		parts["references"] = json.RawMessage(list)
	}
	body, err := json.Marshal(parts)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func TestContentType(t *testing.T) {
	server := httptest.NewServer(open(t).Handler(""))
	defer server.Close()
	for _, path := range []string{"/subjects", "/subjects/none/versions"} {
		r, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
		if got := r.Header.Get("Content-Type"); got != registry.ContentType {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	handler := open(t).Handler("")
	for _, c := range []struct {
		size   int
		status int
	}{{2 << 20, 422}, {4 << 20, 413}} {
		w := httptest.NewRecorder()
		body := `{"schema":"` + strings.Repeat(" ", c.size) + `x"}`
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/subjects/a/versions", strings.NewReader(body)))
		if w.Code != c.status {
			t.Errorf("%d bytes: %d %s", c.size, w.Code, w.Body)
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"schema":"\"string\""}`, `{"schemaType":"JSON","schema":"{}"}`, `{"schemaType":"PROTOBUF","schema":"message A {}"}`,
		`{"schema":"\"a.B\"","references":[{"name":"a.B","subject":"s","version":1}]}`, `{"compatibility":"FULL"}`, `{"mode":"IMPORT"}`, `[]`,
	} {
		f.Add(body, "subject", "1")
	}
	handler := open(f).Handler("")
	f.Fuzz(func(t *testing.T, body, subject, version string) {
		for _, path := range []string{"/subjects/%s/versions", "/subjects/%s", "/compatibility/subjects/%s/versions/%s", "/config/%s", "/mode/%s"} {
			method := http.MethodPost
			if strings.HasPrefix(path, "/config") || strings.HasPrefix(path, "/mode") {
				method = http.MethodPut
			}
			r := httptest.NewRequest(method, "/", strings.NewReader(body))
			path = strings.Replace(path, "%s", segment(subject), 1)
			r.URL.Path = strings.Replace(path, "%s", segment(version), 1)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Fatalf("%s %s %q: %d %s", method, path, body, w.Code, w.Body)
			}
			if w.Code != http.StatusTemporaryRedirect && w.Code != http.StatusMovedPermanently && !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s %q answers %s", path, body, w.Body)
			}
		}
	})
}

func segment(s string) string { return strings.ReplaceAll(s, "/", "_") }
