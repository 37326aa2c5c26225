package gateway

import (
	_ "embed" // for the documentation page
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

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
				{Name: tagRepair, Description: "What became of quarantined events, and their repair"},
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

// document is the OpenAPI document. Its texts take a third of a second to make, so that
// they are made when somebody first asks.
type document struct{ json, yaml func() ([]byte, error) }

func newDocument(api huma.API) document {
	return document{
		json: sync.OnceValues(func() ([]byte, error) {
			spec, err := json.MarshalIndent(api.OpenAPI(), "", "  ")
			if err != nil {
				return nil, fmt.Errorf("cannot render the OpenAPI document: %w", err)
			}
			return append(spec, '\n'), nil
		}),
		yaml: sync.OnceValues(func() ([]byte, error) {
			spec, err := api.OpenAPI().YAML()
			if err != nil {
				return nil, fmt.Errorf("cannot render the OpenAPI document: %w", err)
			}
			return spec, nil
		}),
	}
}

func (d *document) serveJSON(w http.ResponseWriter, _ *http.Request) {
	serveText(w, "application/openapi+json", d.json)
}

func (d *document) serveYAML(w http.ResponseWriter, _ *http.Request) {
	serveText(w, "application/openapi+yaml", d.yaml)
}

func serveText(w http.ResponseWriter, media string, text func() ([]byte, error)) {
	body, err := text()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(body) // nobody to tell: the client is gone
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
	d := newDocument(api)
	return d.json()
}
