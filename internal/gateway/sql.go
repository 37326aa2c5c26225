package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/negotiation"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

const (
	sqlRoute = "/api/v1/sql"
	// sqlEnvelopeBytes is what the JSON around a statement may take, escapes
	// included.
	sqlEnvelopeBytes = 64 << 10
	// chunkTimeout is what a client has to take in one chunk of rows.
	chunkTimeout = 30 * time.Second
	// TruncatedTrailer is the trailer of CSV and Arrow answers that says whether
	// a limit cut them off.
	TruncatedTrailer = "Millrace-Truncated"
	// CacheHeader says whether the rows were kept from an earlier run: hit or miss.
	CacheHeader = "Millrace-Cache"
)

// sqlWriter writes a result in one format.
type sqlWriter interface {
	begin(columns []olap.ResultColumn) error
	rows(rows [][]any) error
	end(result *olap.Result) error
}

// sql runs a user's statement.
func (g *Gateway) sql(ctx context.Context, in *sqlInput) (*huma.StreamResponse, error) {
	if n := int64(len(in.Body.Query)); n > g.cfg.Limits.SQLBytes {
		return nil, huma.NewError(http.StatusRequestEntityTooLarge, fmt.Sprintf(
			"The statement has %d bytes, %d are allowed (olap.sql.max_query_bytes).", n, g.cfg.Limits.SQLBytes))
	}
	return g.answerRows(ctx, in.Accept, func(limits olap.Limits) (*olap.Result, error) {
		return g.ask(ctx, in.Authorization, olap.Query{SQL: in.Body.Query, Limits: limits})
	}, in.Body.Limit)
}

// answerRows asks, with at most so many rows, and answers in the format that the client
// takes. The first rows are read before the answer begins, so that what is wrong with the
// statement becomes a problem and not half an answer.
func (g *Gateway) answerRows(ctx context.Context, accept string, ask func(olap.Limits) (*olap.Result, error), most int) (*huma.StreamResponse, error) {
	media := mediaJSON
	if accept != "" {
		if media = negotiation.SelectQValue(accept, []string{mediaJSON, mediaCSV, mediaArrow}); media == "" {
			return nil, huma.Error406NotAcceptable(fmt.Sprintf("Rows come as %s, %s or %s.", mediaJSON, mediaCSV, mediaArrow))
		}
	}
	limits := g.cfg.Limits.SQL
	if most > 0 && (limits.Rows <= 0 || most < limits.Rows) {
		limits.Rows = most
	}
	result, err := ask(limits)
	if err != nil {
		return nil, g.problem(ctx, sqlRoute, err)
	}
	first, err := result.Next()
	if err != nil {
		_ = result.Close() // the first error is the one to tell
		return nil, g.problem(ctx, sqlRoute, err)
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer func() { _ = result.Close() }()
		_, w := humago.Unwrap(hctx)
		g.stream(hctx.Context(), w, media, result, first)
	}}, nil
}

// stream writes a result. A failure in the middle cuts the connection: the
// client must not take a part for the whole.
func (g *Gateway) stream(ctx context.Context, w http.ResponseWriter, media string, result *olap.Result, first [][]any) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Cache-Control", "no-store")
	h.Set(CacheHeader, map[bool]string{true: "hit", false: "miss"}[result.Cached])
	h.Set("Vary", "Accept, Authorization")
	if media != mediaJSON {
		h.Set("Trailer", TruncatedTrailer)
	}
	control := http.NewResponseController(w)
	out := bufio.NewWriterSize(w, 64<<10)
	extend := func() {
		// Not every writer has deadlines (those of tests do not); then there is none.
		_ = control.SetWriteDeadline(g.cfg.Clock.Now().Add(chunkTimeout))
	}
	if err := copyRows(newSQLWriter(media, out), result, first, extend); err != nil {
		if ctx.Err() == nil {
			g.cfg.Logger.WarnContext(ctx, "answer cut off", slog.String("route", sqlRoute), slog.Any("error", err))
		}
		panic(http.ErrAbortHandler)
	}
	if out.Flush() != nil {
		panic(http.ErrAbortHandler)
	}
	if media != mediaJSON {
		h.Set(TruncatedTrailer, strconv.FormatBool(result.Truncated()))
	}
	_ = control.SetWriteDeadline(time.Time{})
}

func newSQLWriter(media string, w io.Writer) sqlWriter {
	switch media {
	case mediaCSV:
		return csvWriter{query.NewCSV(w)}
	case mediaArrow:
		return newArrowWriter(w)
	default:
		return &jsonWriter{w: w}
	}
}

func copyRows(w sqlWriter, result *olap.Result, rows [][]any, extend func()) error {
	extend()
	if err := w.begin(result.Columns); err != nil {
		return err
	}
	for len(rows) > 0 {
		extend()
		if err := w.rows(rows); err != nil {
			return err
		}
		var err error
		if rows, err = result.Next(); err != nil {
			return err
		}
	}
	return w.end(result)
}
