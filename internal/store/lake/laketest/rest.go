package laketest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// RESTCatalogue starts a catalogue that speaks the part of Iceberg's REST protocol by which
// tables are made, loaded and changed, with the metadata in memory. Requests must carry the
// token, and ask for no keys of a bucket. It returns its address.
func RESTCatalogue(t testing.TB, token string) string {
	t.Helper()
	c := &restServer{tables: make(map[string]*restTable)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/config", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"defaults": map[string]string{}, "overrides": map[string]string{}})
	})
	mux.HandleFunc("POST /v1/namespaces", c.namespace)
	mux.HandleFunc("POST /v1/namespaces/{namespace}/tables", c.create)
	mux.HandleFunc("GET /v1/namespaces/{namespace}/tables/{table}", c.load)
	mux.HandleFunc("POST /v1/namespaces/{namespace}/tables/{table}", c.commit)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Iceberg-Access-Delegation") != "" {
			refuse(w, http.StatusBadRequest, "BadRequestException", "keys of the bucket are asked for, and not used")
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+token {
			refuse(w, http.StatusUnauthorized, "NotAuthorizedException", "the token is another")
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

type restTable struct {
	meta    table.Metadata
	version int
}

func (t *restTable) location() string {
	return fmt.Sprintf("%s/metadata/%05d-rest.metadata.json", t.meta.Location(), t.version)
}

type restServer struct {
	mu     sync.Mutex
	made   bool // the namespace
	tables map[string]*restTable
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is told by a broken answer
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	answer(w, status, map[string]any{"error": map[string]any{"message": message, "type": kind, "code": status}})
}

func (t *restTable) answer(w http.ResponseWriter) {
	answer(w, http.StatusOK, map[string]any{"metadata-location": t.location(), "metadata": t.meta, "config": map[string]string{}})
}

func (c *restServer) namespace(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made {
		refuse(w, http.StatusConflict, "AlreadyExistsException", "the namespace is there")
		return
	}
	c.made = true
	answer(w, http.StatusOK, map[string]any{"namespace": []string{"millrace"}, "properties": map[string]string{}})
}

func (c *restServer) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name       string                 `json:"name"`
		Schema     *iceberg.Schema        `json:"schema"`
		Location   string                 `json:"location"`
		Spec       *iceberg.PartitionSpec `json:"partition-spec"`
		Properties iceberg.Properties     `json:"properties"`
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	var meta table.Metadata
	if err == nil {
		meta, err = table.NewMetadata(in.Schema, in.Spec, table.UnsortedSortOrder, in.Location, in.Properties)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequestException", err.Error())
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tables[in.Name] != nil {
		refuse(w, http.StatusConflict, "AlreadyExistsException", "the table is there")
		return
	}
	c.tables[in.Name] = &restTable{meta: meta}
	c.tables[in.Name].answer(w)
}

func (c *restServer) load(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tables[r.PathValue("table")]
	if t == nil {
		refuse(w, http.StatusNotFound, "NoSuchTableException", "there is no such table")
		return
	}
	t.answer(w)
}

func (c *restServer) commit(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Requirements table.Requirements `json:"requirements"`
		Updates      table.Updates      `json:"updates"`
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tables[r.PathValue("table")]
	if t == nil || err != nil {
		refuse(w, http.StatusBadRequest, "BadRequestException", fmt.Sprint("no such table, or no commit: ", err))
		return
	}
	var unmet error
	for _, one := range in.Requirements {
		unmet = errors.Join(unmet, one.Validate(t.meta))
	}
	if unmet != nil {
		refuse(w, http.StatusConflict, "CommitFailedException", unmet.Error())
		return
	}
	meta, err := table.UpdateTableMetadata(t.meta, in.Updates, t.location())
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequestException", err.Error())
		return
	}
	t.meta = meta
	t.version++
	t.answer(w)
}
