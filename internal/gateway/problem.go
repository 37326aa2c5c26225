package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/store/olap"
)

// statusClientGone is for the metrics only: nobody reads the answer.
const statusClientGone = 499

// problem turns an error of a handler into what the client reads. Failures of
// the platform are logged, those of the client are not.
func (g *Gateway) problem(ctx context.Context, route string, err error) error {
	var status huma.StatusError
	var statement *olap.Error
	switch {
	case errors.As(err, &status):
		return err
	case errors.As(err, &statement):
		return statementProblem(statement)
	case errors.Is(err, olap.ErrBusy):
		return tryAgain(http.StatusTooManyRequests, "Too many queries run at once; try again in a second. The limit is olap.sql.max_concurrent.", 1)
	case errors.Is(err, context.Canceled):
		return huma.NewError(statusClientGone, "The request was cancelled.")
	case errors.Is(err, context.DeadlineExceeded):
		return tryAgain(http.StatusServiceUnavailable, fmt.Sprintf("The answer took longer than %s; try again, or ask for a shorter range.", g.cfg.Limits.Timeout), 1)
	case errors.Is(err, olap.ErrClosed):
		return tryAgain(http.StatusServiceUnavailable, "The platform is stopping; try again once it runs.", 5)
	}
	g.cfg.Logger.ErrorContext(ctx, "request failed", slog.String("route", route), slog.Any("error", err))
	return huma.NewError(http.StatusInternalServerError, fmt.Sprintf("The platform could not answer: %v.", err))
}

func tryAgain(status int, detail string, seconds int) error {
	return huma.ErrorWithHeaders(huma.NewError(status, detail), http.Header{"Retry-After": {fmt.Sprint(seconds)}})
}

func statementProblem(e *olap.Error) error {
	status, detail := http.StatusBadRequest, "The statement cannot be run."
	switch {
	case errors.Is(e, olap.ErrNotQuery):
		status, detail = http.StatusForbidden, "Only statements that read the platform's tables are run."
	case errors.Is(e, olap.ErrTimeout):
		status, detail = http.StatusRequestTimeout, "The statement took too long. The limit is olap.sql.timeout."
	case errors.Is(e, olap.ErrLimit):
		status, detail = http.StatusUnprocessableEntity, "The statement needs more memory than it may use. Read fewer rows or columns; the limit is olap.memory_limit."
	}
	return huma.NewError(status, detail, &huma.ErrorDetail{Message: e.Message, Location: place(e)})
}

func place(e *olap.Error) string {
	if e.Line == 0 {
		return ""
	}
	return fmt.Sprintf("line %d, column %d", e.Line, e.Column)
}

// writeProblem answers where no operation is at hand.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	body, err := json.Marshal(&huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
	if err != nil {
		panic(fmt.Sprintf("BUG: cannot write a problem: %v", err))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody to tell: the client is gone
}
