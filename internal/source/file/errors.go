package filesource

import (
	"errors"
	"fmt"
)

// ErrFile is wrapped by what is wrong with a file itself: sending it again does
// not help.
var ErrFile = errors.New("cannot take file")

// FileError says what is wrong with a file.
type FileError struct {
	Name    string
	Line    int64 // 0: the file as a whole
	Column  int
	Message string // what is wrong and what to do
	cause   error
}

func (e *FileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("cannot take file %q: line %d: %s", e.Name, e.Line, e.Message)
	}
	return fmt.Sprintf("cannot take file %q: %s", e.Name, e.Message)
}

// Unwrap makes errors.Is(err, ErrFile) true.
func (e *FileError) Unwrap() []error {
	if e.cause == nil {
		return []error{ErrFile}
	}
	return []error{ErrFile, e.cause}
}
