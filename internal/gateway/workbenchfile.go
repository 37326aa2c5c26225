package gateway

import (
	"context"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/millrace/millrace/internal/quality/quarantine"
)

const mediaJSONL = "application/jsonl"

type (
	heldExportInput struct {
		HeldQuery
		Format string `query:"format" enum:"csv,jsonl" default:"csv" doc:"csv for spreadsheets, or an object per line"`
	}
	heldImportInput struct {
		Who
		Format  string `query:"format" enum:"csv,jsonl" default:"csv" doc:"Of the file"`
		DryRun  bool   `query:"dry_run" doc:"Only say what the file would do"`
		Confirm string `query:"confirm" maxLength:"64" doc:"The token that the dry run of the same file gave"`
		Rate    int    `query:"rate" minimum:"0" maximum:"10000000" doc:"Most events per second. Absent: quarantine.rate"`

		body io.Reader
	}
)

// Resolve takes the body as it comes, since a file is not held in memory.
func (in *heldImportInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

func (g *Gateway) registerHeldFiles(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	file := func() *huma.MediaType { return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}} }
	huma.Register(api, huma.Operation{
		OperationID: "quarantine-export", Method: http.MethodGet, Path: quarantinePath + "/export", Tags: []string{tagRepair},
		Summary: "Quarantined events as a file to edit, in a spreadsheet for example",
		Description: "Payloads that are lines of one kind have a column for each of their columns. Keep partition, offset and event_id: they say which event a row is. " +
			"Cells that a spreadsheet would take for a formula begin with an apostrophe, which the import takes away again. Absent state: open and dead.",
		RejectUnknownQueryParameters: true,
		Responses: map[string]*huma.Response{"200": {
			Description: "The file", Content: map[string]*huma.MediaType{mediaCSV: file(), mediaJSONL: file()},
		}},
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, g.heldExport)
	op := huma.Operation{
		OperationID: "quarantine-import", Method: http.MethodPost, Path: quarantinePath + "/import", Tags: []string{tagRepair},
		Summary: "Take an edited file back",
		Description: "What has changed is redriven with its new payload; rows that were not changed are left alone. Commas, semicolons and tabs, a byte order mark, " +
			"UTF-16 and numbers that were written otherwise are understood. Make a dry run first: it says line by line what cannot be taken, and gives the token for confirm.",
		RejectUnknownQueryParameters: true, SkipValidateBody: true,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaCSV: file(), mediaJSONL: file()}},
		Responses: map[string]*huma.Response{"200": {
			Description: "What it comes to", Content: map[string]*huma.MediaType{mediaJSON: {Schema: schemas.Schema(reflect.TypeFor[quarantine.HeldImport](), true, "")}},
		}},
		Errors: []int{http.StatusUnprocessableEntity, http.StatusPreconditionRequired, http.StatusTooManyRequests},
	}
	huma.Register(api, op, g.heldImport)
}

// heldExport streams the file. What fails behind its beginning cuts the connection, so
// that nobody takes a part for the whole.
func (g *Gateway) heldExport(ctx context.Context, in *heldExportInput) (*huma.StreamResponse, error) {
	f := in.filter()
	if err := f.Check(); err != nil {
		return nil, g.repairProblem(ctx, quarantinePath+"/export", err)
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humago.Unwrap(hctx)
		out := &lazyWriter{w: w, begin: func() {
			media, name := mediaCSV, "quarantine.csv"
			if in.Format == quarantine.FormatJSONL {
				media, name = mediaJSONL, "quarantine.jsonl"
			}
			w.Header().Set("Content-Type", media+"; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
			w.Header().Set("X-Content-Type-Options", "nosniff")
		}}
		err := g.cfg.Quarantine.Export(hctx.Context(), f, in.Format, out)
		switch {
		case err == nil:
			_, _ = out.Write(nil) // an empty file has a header, too
		case !out.begun:
			writeStatusError(w, g.repairProblem(hctx.Context(), quarantinePath+"/export", err))
		default:
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// lazyWriter sends the headers with the first byte.
type lazyWriter struct {
	w     io.Writer
	begin func()
	begun bool
}

func (l *lazyWriter) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.begin()
	}
	return l.w.Write(p)
}

// writeStatusError answers with a problem that an operation made.
func writeStatusError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if e, ok := err.(huma.StatusError); ok { //nolint:errorlint // it was made just before
		status = e.GetStatus()
	}
	writeProblem(w, status, err.Error())
}

func (g *Gateway) heldImport(ctx context.Context, in *heldImportInput) (*body[quarantine.HeldImport], error) {
	ctx, cancel := context.WithTimeout(ctx, slowAnswer)
	defer cancel()
	out, err := g.cfg.Quarantine.Import(ctx, quarantine.ImportRequest{
		Format: in.Format, Body: in.body, DryRun: in.DryRun, Confirm: in.Confirm, By: in.By, Reason: in.Reason, Rate: in.Rate,
		Via: "POST " + quarantinePath + "/import",
	})
	if err != nil {
		return nil, g.repairProblem(ctx, quarantinePath+"/import", err)
	}
	return &body[quarantine.HeldImport]{out}, nil
}
