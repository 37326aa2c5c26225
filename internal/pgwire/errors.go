package pgwire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millrace/millrace/internal/store/olap"
)

// SQLSTATEs.
const (
	codeConnections   = "53300" // too_many_connections
	codeResources     = "53000" // insufficient_resources
	codeMemory        = "53200" // out_of_memory
	codeLimit         = "53400" // configuration_limit_exceeded
	codeProtocol      = "08P01" // protocol_violation
	codePassword      = "28P01" // invalid_password
	codeAuthorization = "28000" // invalid_authorization_specification
	codeCancelled     = "57014" // query_canceled
	codeShutdown      = "57P01" // admin_shutdown
	codeIdle          = "57P05" // idle_session_timeout
	codeSyntax        = "42601" // syntax_error
	codePrivilege     = "42501" // insufficient_privilege
	codeNoStatement   = "26000" // invalid_sql_statement_name
	codeNoCursor      = "34000" // invalid_cursor_name
	codeNoSetting     = "42704" // undefined_object
	codeBadValue      = "22023" // invalid_parameter_value
	codeBadText       = "22P02" // invalid_text_representation
	codeFailed        = "25P02" // in_failed_sql_transaction
	codeUnsupported   = "0A000" // feature_not_supported
	codeTooLarge      = "54000" // program_limit_exceeded
	codeDuplicate     = "42P05" // duplicate_prepared_statement
	codeInternal      = "XX000"
)

// failure is an error as the client reads it.
type failure struct {
	code     string
	message  string
	hint     string
	position int // in characters of the statement, from 1; 0 when not known
}

func (f *failure) Error() string { return f.message }

func fail(code, format string, args ...any) *failure {
	return &failure{code: code, message: fmt.Sprintf(format, args...)}
}

// errCancelled ends a query that a cancel request is about.
var errCancelled = errors.New("a cancel request came")

// failureOf says what is wrong with sql.
func failureOf(ctx context.Context, err error, sql string) *failure {
	var f *failure
	var statement *olap.Error
	cause := context.Cause(ctx)
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, errCancelled) || errors.Is(cause, errCancelled):
		return &failure{code: codeCancelled, message: "canceling statement due to user request"}
	case errors.Is(err, errStopping) || errors.Is(cause, errStopping):
		return fail(codeShutdown, "the platform is stopping")
	case errors.As(err, &statement):
		return blame(statement, sql)
	case errors.Is(err, olap.ErrBusy):
		return &failure{code: codeResources, message: err.Error(), hint: "Try again in a moment. The limits are olap.sql.max_concurrent and the role's max_concurrent."}
	case errors.Is(err, olap.ErrClosed):
		return fail(codeShutdown, "the platform is stopping")
	}
	return fail(codeInternal, "the platform could not answer: %v", err)
}

func blame(e *olap.Error, sql string) *failure {
	f := &failure{code: codeSyntax, message: e.Message, position: position(sql, e.Line, e.Column)}
	switch {
	case errors.Is(e, olap.ErrNotQuery):
		f.code, f.hint = codePrivilege, "Only statements that read the platform's tables are run."
	case errors.Is(e, olap.ErrTimeout):
		f.code, f.hint = codeCancelled, "The limit is olap.sql.timeout, or statement_timeout of this connection."
	case errors.Is(e, olap.ErrLimit):
		f.code, f.hint = codeMemory, "The limit is olap.memory_limit."
	}
	if e.Code != "" {
		f.code = e.Code
	}
	return f
}

// position counts the characters up to a line and a column.
func position(sql string, line, column int) int {
	if line < 1 {
		return 0
	}
	n := 0
	for range line - 1 {
		i := strings.IndexByte(sql, '\n')
		if i < 0 {
			break
		}
		n += utf8.RuneCountInString(sql[:i+1])
		sql = sql[i+1:]
	}
	return n + column
}

// message returns the failure for the protocol, with the severity. before is how many
// characters stand before the statement in what the client sent.
func (f *failure) response(severity string, before int) *pgproto3.ErrorResponse {
	r := &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: f.code, Message: f.message, Hint: f.hint}
	if f.position > 0 {
		r.Position = int32(f.position + before)
	}
	return r
}
