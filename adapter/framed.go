package adapter

import "io"

// Framed is implemented by a [FileFormat] whose records stand in envelopes, as
// those of EDI do: a record is understood with what its envelope says, and where
// it ends depends on what stands before it. A file's door asks for a framer of
// its own for each file and reads with it instead of Next; Header still inspects
// the beginning of the file.
type Framed interface {
	FileFormat
	// NewFramer returns what reads one file. It serves one goroutine.
	NewFramer(FramerOptions) Framer
}

// FramerOptions are the limits of a file, and what becomes of it besides records.
type FramerOptions struct {
	// MaxBytes is the longest record, and how far a framer may look ahead.
	MaxBytes int
	// Reply takes what the file's sender is answered, an acknowledgement of EDI
	// for example. Nil: the sender is not answered.
	Reply io.Writer
}

// Framer finds the records of one file, in order. What it returns depends on the
// bytes of the file and on its options alone, not on the pieces they come in.
type Framer interface {
	// Next finds what is next in data, which begins behind what earlier frames
	// advanced over. A frame that does not advance needs more data; that never
	// happens at the end of the file, nor with more than MaxBytes of data. A
	// frame without a record skips what stands between records. At the end of the
	// file it is called until it returns a frame that neither advances nor refuses.
	Next(data []byte, atEOF bool) (Frame, error)
	// Finish ends the reply, once all of the file was taken, and returns a name
	// for it: that of its content, equal for equal files. Empty: there is nothing
	// to reply.
	Finish() (name string, err error)
}

// Frame is a piece of a file.
type Frame struct {
	Advance  int // bytes that are done with
	From, To int // the record in the data; empty when there is none
	// Before and Lines are the line breaks ahead of the record, and those of the
	// rest of Advance.
	Before, Lines int
	Envelope      string // of the record, for [Record.Envelope]
	// Reject is why the record is refused, in words_with_underscores, and Message
	// says it to people. The record is a sample then.
	Reject, Message string
}
