package filesource

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/millrace/millrace/internal/source/resume"
)

// The zip directory and names are the only parts of an archive that are held in
// memory.
const (
	maxDirectoryBytes = 16 << 20
	maxNameBytes      = 512
)

// archive is a zip file being taken, one member after the other. Each member is
// a stream of its own, archive/member. All streams are forgotten together, when
// the whole archive is in the log: interrupted, it goes on where it was, and no
// member is taken twice.
type archive struct {
	source  *Source
	in      *Input
	content *content
	file    *directory
	options Options
	members []*zip.File
	report  Report
}

func (s *Source) ingestArchive(ctx context.Context, in *Input, c *content, o Options) (Report, error) {
	a := &archive{source: s, in: in, content: c, options: o, report: Report{Stream: in.Name, Errors: []LineError{}}}
	file, size, err := s.access(ctx, in, c)
	if err != nil {
		return a.report, err
	}
	a.file = &directory{ReaderAt: file, left: maxDirectoryBytes}
	if a.members, err = members(a.file, size, &s.cfg.Limits); err != nil {
		return a.report, a.failed(err)
	}
	var taken []resume.Options // not the members themselves, which have buffers
	for _, m := range a.members {
		stream, err := a.take(ctx, m)
		if err != nil {
			return a.report, err
		}
		taken = append(taken, stream)
	}
	if o.Commit != nil {
		if err := o.Commit(a.report); err != nil {
			return a.report, err
		}
	}
	return a.report, a.forget(ctx, taken)
}

// failed is an error of the archive itself, unless reading it failed.
func (a *archive) failed(err error) error {
	var file *FileError
	switch {
	case errors.As(err, &file):
		return err
	case a.file.err != nil:
		return readError(a.in.Name, a.file.err)
	}
	return &FileError{Name: a.in.Name, Message: "its zip data cannot be taken: " + err.Error(), cause: err}
}

// errArchive is wrapped by what is wrong with an archive itself.
var errArchive = errors.New("it is refused")

// members reads an archive's directory and checks all of it before anything is
// taken.
func members(file *directory, size int64, limits *Limits) ([]*zip.File, error) {
	r, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // the names are checked below
		return nil, err
	}
	file.left = math.MaxInt64 // from here on, members are read through it
	if len(r.File) > limits.Members {
		return nil, fmt.Errorf("%w: it has %d members; at most %d are possible", errArchive, len(r.File), limits.Members)
	}
	var found []*zip.File
	names := make(map[string]bool, len(r.File))
	total := uint64(0)
	for _, m := range r.File {
		name, err := memberName(m)
		switch {
		case err != nil:
			return nil, err
		case name == "":
			continue
		case names[name]:
			return nil, fmt.Errorf("%w: it has two members of the name %q", errArchive, name)
		}
		names[name] = true
		m.Name = name
		if m.UncompressedSize64 > uint64(limits.Bytes) {
			return nil, fmt.Errorf("%w: its member %q has %d bytes, at most %d are possible (limits.file_bytes)", errArchive, name, m.UncompressedSize64, limits.Bytes)
		}
		if total += m.UncompressedSize64; total > uint64(limits.Bytes) {
			return nil, fmt.Errorf("%w: its members have more than %d bytes together (limits.file_bytes)", errArchive, limits.Bytes)
		}
		if m.UncompressedSize64 > 0 {
			found = append(found, m)
		}
	}
	// Members that share their data are no way around this.
	if total > ratioFrom && total/uint64(limits.Ratio) > uint64(size) {
		return nil, fmt.Errorf("%w: its %d bytes stand for %d, more than %d times as many, as in a bomb", errArchive, size, total, limits.Ratio)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: it holds no files, or only empty ones", errArchive)
	}
	// The order of the members must be the same however the archive was packed.
	slices.SortFunc(found, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

// directory bounds what reading an archive's directory takes, and remembers an
// error of reading.
type directory struct {
	io.ReaderAt
	left int64
	err  error
}

func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, fmt.Errorf("%w: it points before its beginning", errArchive)
	}
	if d.left -= int64(len(p)); d.left < 0 {
		return 0, fmt.Errorf("%w: its directory is longer than %d bytes", errArchive, maxDirectoryBytes)
	}
	n, err := d.ReaderAt.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		d.err = err
	}
	return n, err
}

// memberName returns the name that a member's rows show, in Unicode's composed
// form; none for what is no file of the sender. Names that are tricks are
// refused: nothing is written to disk by them here, but what shows them
// elsewhere may be less careful.
func memberName(m *zip.File) (string, error) {
	name := m.Name
	switch {
	case len(name) > maxNameBytes:
		return "", fmt.Errorf("%w: a member's name has %d bytes; at most %d are possible", errArchive, len(name), maxNameBytes)
	case CheckName(name) != nil:
		return "", fmt.Errorf("%w: %w", errArchive, CheckName(name))
	case strings.HasSuffix(name, "/") || m.Mode().IsDir():
		return "", nil
	case path.IsAbs(name) || !fs.ValidPath(path.Clean(name)) || path.Clean(name) != name:
		return "", fmt.Errorf("%w: the name %q leads out of the archive, or is not plain", errArchive, name)
	case m.Flags&1 != 0:
		return "", fmt.Errorf("%w: its member %q is encrypted; send it without a password", errArchive, name)
	case !m.Mode().IsRegular():
		return "", fmt.Errorf("%w: its member %q is a link or a device", errArchive, name)
	case m.Method != zip.Store && m.Method != zip.Deflate:
		return "", fmt.Errorf("%w: its member %q is packed by method %d; use deflate", errArchive, name, m.Method)
	case strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/"):
		return "", nil
	}
	return norm.NFC.String(name), nil
}

// CheckName refuses names of files that are tricks wherever they are shown or
// used: with control characters, with backslashes, which are folders to some
// systems, or not in UTF-8.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("a name is empty")
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %q is not UTF-8", name)
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return fmt.Errorf("the name %q holds control characters", name)
	case strings.Contains(name, `\`):
		return fmt.Errorf("the name %q holds a backslash", name)
	case slices.Contains(strings.Split(name, "/"), ".."):
		return fmt.Errorf("the name %q leads to another folder", name)
	}
	return nil
}

// take takes one member and returns its stream.
func (a *archive) take(ctx context.Context, m *zip.File) (stream resume.Options, err error) {
	packed, err := m.Open()
	if err != nil {
		return stream, a.failed(err)
	}
	defer func() { err = errors.Join(err, packed.Close()) }()
	in := *a.in
	in.Name, in.Size, in.Reader = a.in.Name+"/"+m.Name, int64(m.UncompressedSize64), packed //nolint:gosec // within the limits
	text := &content{
		Reader: &unzipped{packed, a}, container: zipArchive,
		raw: &counter{n: max(1, int64(m.CompressedSize64))}, //nolint:gosec // as above
	}
	if a.content.identity != "" {
		text.identity = fmt.Sprintf("%s-%08x-%d", a.content.identity, m.CRC32, m.UncompressedSize64)
	}
	if err := text.decode(in.Name, &a.source.cfg.Limits); err != nil {
		return stream, err
	}
	g := &ingest{source: a.source, in: &in, options: a.options, text: text, member: true, line: 1, now: a.source.cfg.Clock.Now()}
	report, err := g.ingest(ctx)
	a.add(m.Name, &report)
	return g.stream(), err
}

// unzipped is a member's data; its errors are those of the archive.
type unzipped struct {
	io.Reader
	archive *archive
}

func (z *unzipped) Read(p []byte) (int, error) {
	n, err := z.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = z.archive.failed(err)
	}
	return n, err
}

// add adds a member's report to that of the archive.
func (a *archive) add(member string, r *Report) {
	a.report.Lines += r.Lines
	a.report.Accepted += r.Accepted
	a.report.Resumed += r.Resumed
	a.report.Rejected += r.Rejected
	for _, e := range r.Errors {
		if len(a.report.Errors) == maxErrors {
			break
		}
		e.Message = member + ": " + e.Message
		a.report.Errors = append(a.report.Errors, e)
	}
}

// forget forgets how far the members' streams were, once all of them are done.
func (a *archive) forget(ctx context.Context, taken []resume.Options) error {
	for _, stream := range taken {
		w, err := a.source.cfg.Log.Open(ctx, stream)
		if err == nil {
			err = errors.Join(w.Finish(ctx), w.Close())
		}
		if err != nil {
			return fmt.Errorf("cannot finish %q in the log: %w", stream.Stream, err)
		}
	}
	return nil
}
