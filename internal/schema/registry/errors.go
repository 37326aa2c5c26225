package registry

import (
	"errors"
	"fmt"
	"net/http"
)

// Error is what the API answers: a code whose first three digits are the status.
type Error struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Status is that of the answer.
func (e *Error) Status() int {
	if e.Code > 999 {
		return e.Code / 100
	}
	return e.Code
}

// The codes of errors, as Confluent's registry has them.
const (
	codeSubjectNotFound       = 40401
	codeVersionNotFound       = 40402
	codeSchemaNotFound        = 40403
	codeSubjectSoftDeleted    = 40404
	codeSubjectNotSoftDeleted = 40405
	codeVersionSoftDeleted    = 40406
	codeVersionNotSoftDeleted = 40407
	codeNoSubjectLevel        = 40408
	codeNoSubjectMode         = 40409
	codeIncompatible          = 40901
	codeInvalidSchema         = 42201
	codeInvalidVersion        = 42202
	codeInvalidLevel          = 42203
	codeInvalidMode           = 42204
	codeNotPermitted          = 42205
	codeReferenced            = 42206
	codeInvalidSubject        = 42208
	codeTooLarge              = 42209
	codeStore                 = 50001
)

func fail(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func noSubject(subject string) *Error {
	return fail(codeSubjectNotFound, "Subject '%s' not found.", subject)
}

func noVersion(version int) *Error {
	return fail(codeVersionNotFound, "Version %d not found.", version)
}

func noSchema() *Error { return fail(codeSchemaNotFound, "Schema not found") }

// asError makes any error one that the API can answer with.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fail(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes.", tooLarge.Limit)
	}
	return fail(codeStore, "Error in the backend data store: %v", err)
}
