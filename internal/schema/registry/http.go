package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// ContentType is that of answers.
const ContentType = "application/vnd.schemaregistry.v1+json"

const maxBodyBytes = 2*maxSchemaBytes + 64<<10 // a schema is a text within JSON

// endpoint answers a request with something that becomes JSON, or an error.
type endpoint func(*http.Request) (any, error)

// raw is an answer that is JSON already, or a text.
type raw string

// Handler serves the API below a path, such as "/registry"; empty for a listener of
// its own.
func (g *Registry) Handler(prefix string) http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range g.endpoints() {
		mux.Handle(pattern, answer(serve))
	}
	mux.Handle("/", answer(func(*http.Request) (any, error) {
		return nil, &Error{Code: http.StatusNotFound, Message: "HTTP 404 Not Found"}
	}))
	return http.StripPrefix(prefix, mux)
}

func (g *Registry) endpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /{$}":                                          func(*http.Request) (any, error) { return struct{}{}, nil },
		"GET /schemas/types":                                func(*http.Request) (any, error) { return []string{"JSON", "PROTOBUF", "AVRO"}, nil },
		"GET /contexts":                                     func(*http.Request) (any, error) { return []string{"."}, nil },
		"GET /v1/metadata/id":                               g.metadata,
		"GET /schemas":                                      g.schemas,
		"GET /schemas/ids/{id}":                             g.schemaByID,
		"GET /schemas/ids/{id}/schema":                      g.textByID,
		"GET /schemas/ids/{id}/subjects":                    g.subjectsByID,
		"GET /schemas/ids/{id}/versions":                    g.versionsByID,
		"GET /subjects":                                     g.subjects,
		"POST /subjects/{subject}":                          g.lookup,
		"DELETE /subjects/{subject}":                        g.deleteSubject,
		"GET /subjects/{subject}/versions":                  g.versionNumbers,
		"POST /subjects/{subject}/versions":                 g.registerVersion,
		"GET /subjects/{subject}/versions/{version}":        g.version,
		"GET /subjects/{subject}/versions/{version}/schema": g.versionText,
		"DELETE /subjects/{subject}/versions/{version}":     g.deleteVersion,
		"GET /subjects/{subject}/versions/{version}/referencedby": func(r *http.Request) (any, error) {
			return listed(g.ReferencedBy(r.Context(), r.PathValue("subject"), r.PathValue("version")))
		},
		"POST /compatibility/subjects/{subject}/versions":           g.compatible,
		"POST /compatibility/subjects/{subject}/versions/{version}": g.compatible,
		"GET /config":              g.level,
		"PUT /config":              g.setLevel,
		"DELETE /config":           g.clearLevel,
		"GET /config/{subject}":    g.level,
		"PUT /config/{subject}":    g.setLevel,
		"DELETE /config/{subject}": g.clearLevel,
		"GET /mode":                g.mode,
		"PUT /mode":                g.setMode,
		"DELETE /mode":             g.clearMode,
		"GET /mode/{subject}":      g.mode,
		"PUT /mode/{subject}":      g.setMode,
		"DELETE /mode/{subject}":   g.clearMode,
	}
}

// answer makes an endpoint a handler.
func answer(serve endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		w.Header().Set("Content-Type", ContentType)
		out, err := serve(r)
		if err != nil {
			e := asError(err)
			w.WriteHeader(e.Status())
			out = e
		}
		if text, ok := out.(raw); ok {
			_, _ = io.WriteString(w, string(text)) // the client may be gone
			return
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(out)
	})
}

// listed makes a list that is empty an empty one in JSON.
func listed[T any](list []T, err error) (any, error) {
	if list == nil {
		list = []T{}
	}
	return list, err
}

// flag reads a parameter that is true or false.
func flag(r *http.Request, name string) bool {
	on, err := strconv.ParseBool(r.URL.Query().Get(name))
	return err == nil && on
}

func number(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return 0
	}
	return n
}

// body reads a request's JSON.
func body(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); errors.Is(more, io.EOF) {
			return nil
		}
		err = errors.New("something follows its end")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return &Error{Code: http.StatusBadRequest, Message: fmt.Sprintf("The body is not a JSON object of this endpoint: %v", err)}
}

func definition(r *http.Request) (Definition, error) {
	var d Definition
	err := body(r, &d)
	return d, err
}

func (g *Registry) metadata(*http.Request) (any, error) {
	return map[string]any{"scope": map[string]any{"path": []string{}, "clusters": map[string]string{"schema-registry-cluster": g.cfg.ID}}}, nil
}
