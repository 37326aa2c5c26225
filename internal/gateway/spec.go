package gateway

import (
	_ "embed" // for the documentation page
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// specVersion is the version of the API, not of the binary: it changes when the
// API does, so that the generated document stays the same from build to build.
const specVersion = "1"

func newAPI(mux *http.ServeMux) huma.API {
	const prefix = "#/components/schemas/"
	cfg := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Millrace", Version: specVersion,
				Description: "Money is an exact decimal string in units of the currency. Times are RFC 3339 in UTC. " +
					"Errors are RFC 9457 problems (application/problem+json).",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{Schemas: huma.NewMapRegistry(prefix, schemaName)},
			Tags: []*huma.Tag{
				{Name: tagAnalytics, Description: "Numbers, and SQL behind them"},
				{Name: tagEvents, Description: "Single events and what became of them"},
				{Name: tagFiles, Description: "Files as a source"},
				{Name: tagPlatform, Description: "The platform itself"},
			},
		},
		Formats:       map[string]huma.Format{mediaJSON: huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: mediaJSON,
	}
	// Answers may gain members without breaking a client.
	cfg.AllowAdditionalPropertiesByDefault = true
	return humago.New(mux, cfg)
}

// document is the OpenAPI document, rendered once.
type document struct{ json, yaml []byte }

func render(api huma.API) (document, error) {
	var d document
	spec, err := json.MarshalIndent(api.OpenAPI(), "", "  ")
	if err != nil {
		return d, fmt.Errorf("cannot render the OpenAPI document: %w", err)
	}
	d.json = append(spec, '\n')
	if d.yaml, err = api.OpenAPI().YAML(); err != nil {
		return d, fmt.Errorf("cannot render the OpenAPI document: %w", err)
	}
	return d, nil
}

func (d *document) serveJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(d.json) // nobody to tell: the client is gone
}

func (d *document) serveYAML(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+yaml")
	_, _ = w.Write(d.yaml) // nobody to tell: the client is gone
}

//go:embed docs.html
var docsPage []byte

// serveDocs shows the OpenAPI document for reading. The page needs nothing from
// elsewhere.
func serveDocs(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(docsPage) // nobody to tell: the client is gone
}

// Specification returns the OpenAPI document as JSON.
func Specification() ([]byte, error) {
	g := &Gateway{cfg: Config{Limits: Limits{}.withDefaults()}}
	api := newAPI(http.NewServeMux())
	g.register(api)
	d, err := render(api)
	return d.json, err
}
