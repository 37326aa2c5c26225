package declared

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/stream/window"
)

// windowKinds are the keys of which a window has one.
var windowKinds = []string{"tumbling", "hopping", "cumulating", "sliding", "session", "count"}

// windows are those of a stage.
type windows struct {
	spec   window.Spec
	kind   string
	folded bool // in the partitions first, see window.AggregateBy
	opts   []window.Option
}

// windowsAt reads the windows of a stage at a path; nil when they have no kind, or two.
func (l *loader) windowsAt(prefix string, s *stageSpec, last bool) *windows {
	at := prefix + "window"
	var w windows
	for _, kind := range windowKinds {
		switch {
		case !l.Has(at + "." + kind):
		case w.kind != "":
			l.Fail(at+"."+kind, "a window is %s or %s; take one away", w.kind, kind)
			return nil
		default:
			w.kind = kind
		}
	}
	if w.kind == "" {
		l.Fail(at, "the window has no size; give it one of %s", strings.Join(windowKinds, ", "))
		return nil
	}
	l.windowKeys(at, w.kind)
	w.spec = l.windowSpec(at, &s.Window, w.kind)
	w.folded = w.kind == "tumbling" || w.kind == "hopping" || w.kind == "cumulating"
	if err := w.spec.Err(); err != nil && s.Window.parses() {
		l.Fail(at, "%s", asKeys.Replace(err.Error()))
	}
	l.shapes = append(l.shapes, s.Window.shape())
	l.windowOptions(prefix, s, &w, last)
	return &w
}

// durations are what the keys say of time.
func (s *windowSpec) durations() []string {
	return []string{s.Tumbling, s.Hopping, s.Cumulating, s.Sliding, s.Session, s.MaxLength, s.Offset}
}

// parses reports whether all durations are such, so that more can be said of them.
func (s *windowSpec) parses() bool {
	all := s.durations()
	if s.Count == 0 {
		all = append(all, s.Every)
	}
	if s.Hopping+s.Cumulating != "" && s.Every == "" {
		return false
	}
	for _, text := range all {
		if d, err := parseDuration(text); text != "" && (err != nil || d == 0) {
			return false
		}
	}
	return true
}

// asKeys puts what package window says into the words of the file.
var asKeys = strings.NewReplacer("Offset", "offset", "MaxLength", "max_length")

// shape tells windows apart whose state is not the same, however they are written.
func (s *windowSpec) shape() string {
	shape := fmt.Sprintf("window count=%d zone=%s", s.Count, s.Zone)
	for _, text := range append(s.durations(), s.Every) {
		if d, err := parseDuration(text); err == nil {
			text = d.String()
		}
		shape += " " + text
	}
	return shape
}

// windowKeys refuses the keys that mean nothing for a kind.
func (l *loader) windowKeys(at, kind string) {
	for key, kinds := range map[string]string{
		"every": "hopping cumulating count", "max_length": "session",
		"zone": "tumbling hopping cumulating", "offset": "tumbling hopping cumulating",
	} {
		if l.Has(at+"."+key) && !strings.Contains(kinds, kind) {
			l.Fail(at+"."+key, "%q has no meaning for %s windows; it is for %s", key, kind, strings.ReplaceAll(kinds, " ", ", "))
		}
	}
	for _, needs := range []string{"hopping", "cumulating"} {
		if kind == needs && !l.Has(at+".every") {
			l.Fail(at, "%s windows need every: the step, such as 5m", kind)
		}
	}
}

func (l *loader) windowSpec(at string, s *windowSpec, kind string) window.Spec {
	var spec window.Spec
	var size time.Duration
	if kind != "count" {
		size = l.duration(at+"."+kind, map[string]string{
			"tumbling": s.Tumbling, "hopping": s.Hopping, "cumulating": s.Cumulating, "sliding": s.Sliding, "session": s.Session,
		}[kind])
	}
	switch kind {
	case "tumbling":
		spec = window.Tumbling(size)
	case "hopping":
		spec = window.Hopping(size, l.duration(at+".every", s.Every))
	case "cumulating":
		spec = window.Cumulating(l.duration(at+".every", s.Every), size)
	case "sliding":
		spec = window.Sliding(size)
	case "session":
		spec = window.Session(size)
		if l.Has(at + ".max_length") {
			spec = spec.MaxLength(l.duration(at+".max_length", s.MaxLength))
		}
	case "count":
		spec = window.CountEvery(s.Count, l.countStep(at, s))
	}
	if l.Has(at + ".offset") {
		spec = spec.Offset(l.duration(at+".offset", s.Offset))
	}
	if l.Has(at + ".zone") {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil || s.Zone == "" || s.Zone == "Local" {
			l.Fail(at+".zone", "%q is no time zone; want one such as Europe/Berlin", s.Zone)
			return spec
		}
		spec = spec.In(zone)
	}
	return spec
}

// countStep is how many events there are between two results of count windows.
func (l *loader) countStep(at string, s *windowSpec) int {
	const most = 100_000
	if s.Count < 1 || s.Count > most {
		l.Fail(at+".count", "cannot take %d; want 1 to %d events", s.Count, most)
		return 1
	}
	if !l.Has(at + ".every") {
		return s.Count
	}
	n, err := strconv.Atoi(s.Every)
	if err != nil || n < 1 || n > most {
		l.Fail(at+".every", "cannot take %q; of count windows it is a number of events, 1 to %d", s.Every, most)
		return 1
	}
	return n
}

// windowOptions reads when results are published, and how long state is kept. Those of
// an earlier stage are final, since later stages take each result once.
func (l *loader) windowOptions(prefix string, s *stageSpec, w *windows, last bool) {
	lateness := l.params.Lateness
	if l.Has(prefix + "lateness") {
		lateness = l.duration(prefix+"lateness", s.Lateness)
	}
	emission := l.emission(prefix+"emit", s.Emit)
	if !last {
		lateness = 0
		for _, key := range []string{"emit", "lateness"} {
			if l.Has(prefix + key) {
				l.Fail(prefix+key, "%q is of the last stage: a stage before it publishes final results once", key)
			}
		}
	}
	w.opts = []window.Option{window.Lateness(lateness), window.Emit(emission)}
	ttl := l.duration(prefix+"ttl", s.TTL)
	switch {
	case w.kind == "count" && !l.Has(prefix+"ttl"):
		l.Fail(prefix+"window.count", "count windows need ttl: without it the state of keys that fall silent would stay for ever; add ttl: 7d")
	case w.kind != "count" && l.Has(prefix+"ttl"):
		l.Fail(prefix+"ttl", "%s windows end by themselves; take ttl away", w.kind)
	case w.kind == "count" && emission != window.Final:
		l.Fail(prefix+"emit", "count windows are published when they are full; take emit away")
	case ttl > 0:
		w.opts = append(w.opts, window.TTL(ttl))
	}
}

func (l *loader) emission(path, text string) window.Emission {
	step, every := strings.CutPrefix(text, "every ")
	switch {
	case !l.Has(path), text == "final":
		return window.Final
	case text == "every commit":
		return window.EveryCommit
	case every:
		if d, err := parseDuration(step); err == nil && d > 0 {
			return window.Every(d)
		}
	}
	l.Fail(path, "cannot take %q; want final, every commit, or a time such as every 1s", text)
	return window.Final
}
