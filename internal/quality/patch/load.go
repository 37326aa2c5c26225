package patch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/expr-lang/expr/file"

	"github.com/millrace/millrace/internal/yamldoc"
)

// logicVersion changes whenever the same patch may repair the same payload
// differently. It is part of every patch's version.
const logicVersion = "1"

// Patch is a compiled patch. It is immutable and safe for concurrent use.
type Patch struct {
	spec    Spec
	version string
	steps   []step
}

// Name returns the name that the patch was given.
func (p *Patch) Name() string { return p.spec.Name }

// Version is a short digest of what the patch does: its description does not count.
func (p *Patch) Version() string { return p.version }

// ID is name@version: what repaired events are marked with.
func (p *Patch) ID() string { return p.spec.Name + "@" + p.version }

// Spec returns the patch as it was written. It must not be changed.
func (p *Patch) Spec() Spec { return p.spec }

// Load reads and compiles a patch in YAML or JSON. file is its name in errors, which are
// joined and begin with file:line:column each.
func Load(data []byte, file string) (*Patch, error) {
	var spec Spec
	s := yamldoc.Read(data, file, form, &spec)
	if err := s.Err(); err != nil {
		return nil, err
	}
	spec.Version = 1
	p := compile(&spec, s)
	if err := s.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

var form = yamldoc.Form{Name: "patch", Begins: "version: 1", MaxBytes: maxFileBytes, Split: "split it"}

// New compiles a patch that a program built. Errors are joined and begin with the place
// in the patch: steps[0].map.
func New(spec Spec) (*Patch, error) {
	f := &paths{}
	if spec.Version != 1 {
		f.Fail("version", "version %d is not known; want 1", spec.Version)
	}
	p := compile(&spec, f)
	if err := errors.Join(f.errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// faults collects what is wrong with a patch, by its place.
type faults interface {
	Has(path string) bool
	Fail(path, format string, args ...any)
	FailIn(path string, line, column int, format string, args ...any)
}

// paths are the faults of a patch that stands in no file.
type paths struct{ errs []error }

func (f *paths) Has(string) bool { return false }

func (f *paths) Fail(path, format string, args ...any) {
	const most = 50
	if len(f.errs) < most {
		f.errs = append(f.errs, fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...)))
	}
}

func (f *paths) FailIn(path string, _, column int, format string, args ...any) {
	f.Fail(fmt.Sprintf("%s, character %d", path, column+1), format, args...)
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// compiler compiles the steps of one patch.
type compiler struct{ faults }

func compile(spec *Spec, f faults) *Patch {
	c := compiler{f}
	if !nameForm.MatchString(spec.Name) || len(spec.Name) > maxNameBytes {
		c.Fail("name", "cannot take %q as a name; want lower-case letters, digits and underscores, at most %d, a letter first", show(spec.Name), maxNameBytes)
	}
	p := &Patch{spec: *spec, version: versionOf(spec)}
	switch n := len(spec.Steps); {
	case n == 0:
		c.Fail("steps", "the patch has no steps; it would change nothing")
	case n > maxSteps:
		c.Fail("steps", "the patch has %d steps, at most %d are allowed", n, maxSteps)
		return p
	}
	for i := range spec.Steps {
		s := step{number: i + 1}
		c.step(&s, fmt.Sprintf("steps[%d]", i), &spec.Steps[i])
		p.steps = append(p.steps, s)
	}
	return p
}

// versionOf digests what the patch says, not how it is laid out.
func versionOf(spec *Spec) string {
	said := *spec
	said.Description = ""
	canonical, err := json.Marshal(said)
	if err != nil {
		panic("BUG: a patch cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(append(canonical, logicVersion...))
	return logicVersion + "." + hex.EncodeToString(sum[:4])
}

// failExpression reports an error within an expression at its place.
func (c compiler) failExpression(at string, err error) {
	var where *file.Error
	if !errors.As(err, &where) {
		c.Fail(at, "cannot use the expression: %v", err)
		return
	}
	c.FailIn(at, where.Line, where.Column, "cannot use the expression: %s", where.Message)
}
