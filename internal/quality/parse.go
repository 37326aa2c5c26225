package quality

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// reader reads texts as values of another type.
type reader struct {
	notation notation
	layouts  []string
	zone     *time.Location
}

var standardLayouts = []string{time.RFC3339Nano, time.DateTime, "2006-01-02T15:04:05.999999999", time.DateOnly}

// instant reads a time as µs since 1970.
func (r *reader) instant(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range r.layouts {
		switch layout {
		case "unix", "unix_ms":
			n, err := strconv.ParseInt(text, 10, 64)
			scale := int64(1_000_000)
			if layout == "unix_ms" {
				scale = 1000
			}
			if err == nil && n < maxInstant/scale && n > -maxInstant/scale {
				return n * scale, true
			}
		default:
			if t, err := time.ParseInLocation(layout, text, r.zone); err == nil {
				return t.UnixMicro(), true
			}
		}
	}
	return 0, false
}

// maxInstant is the year 9999, in µs.
const maxInstant = 253402300800_000_000

func saturated(v int64) bool { return v == -1<<63 || v == 1<<63-1 }

// whole reads a whole number.
func (r *reader) whole(scratch *[]byte, text string) (int64, bool) {
	out, ok := r.notation.appendNumber((*scratch)[:0], text)
	*scratch = out
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(out), 10, 64)
	return n, err == nil
}

// canonical returns a text in the standard form of a type.
func (r *reader) canonical(a *applier, as, text string) (string, bool) {
	out, ok := a.scratch[:0], false
	switch as {
	case "integer":
		var n int64
		if n, ok = r.whole(&a.scratch, text); ok {
			out = strconv.AppendInt(a.scratch[:0], n, 10)
		}
	case "decimal":
		out, ok = r.notation.appendNumber(out, text)
	case "boolean":
		return readBoolean(text)
	case "date", "time":
		var at int64
		if at, ok = r.instant(text); ok {
			layout := time.RFC3339Nano
			if as == "date" {
				layout = time.DateOnly
			}
			t := time.UnixMicro(at)
			if t = t.UTC(); as == "date" {
				t = t.In(r.zone)
			}
			out = t.AppendFormat(out, layout)
		}
	}
	a.scratch = out
	if !ok {
		return "", false
	}
	if string(out) == text {
		return text, true
	}
	return a.arena.keep(out), true
}

func readBoolean(text string) (string, bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "t", "yes", "y", "on", "1":
		return "true", true
	case "false", "f", "no", "n", "off", "0":
		return "false", true
	}
	return "", false
}

func (s *source) compileParse(at string, spec *parseSpec, c *correction) {
	r, from := s.reader(at, spec), c.field
	if s.Has(at + ".from") {
		if from = s.textField(at+".from", spec.From, c); from == nil {
			return
		}
	}
	if !from.textual() {
		s.Fail(at, `%s is %s and holds no text to read; name the text with "from"`, from.name, kindNames[from.kind])
		return
	}
	if c.field.textual() != (spec.As != "") {
		s.Fail(at, `"as" says what a text field is to hold, one of integer, decimal, boolean, date and time; other fields say it themselves`)
		return
	}
	c.says = "parse " + from.name
	c.failed = fault{event.Format, "cannot be read from " + from.name + " as " + kindNames[c.field.kind]}
	if spec.As != "" {
		c.failed.message = "cannot be read as " + spec.As
	}
	c.pure = from == c.field
	if c.field.textual() {
		c.text = func(a *applier, p int32, before string) (string, bool) {
			text := a.textAt(from, a.place(c.field, from, p))
			if text == "" {
				return before, true
			}
			return r.canonical(a, spec.As, text)
		}
		return
	}
	read := r.numberOf(c.field.kind)
	c.number = func(a *applier, p int32, before int64) (int64, bool) {
		text := a.textAt(from, a.place(c.field, from, p))
		if text == "" {
			return before, true
		}
		return read(a, text)
	}
}

func (r *reader) numberOf(k kind) func(a *applier, text string) (int64, bool) {
	switch k {
	case kindMoney:
		return func(a *applier, text string) (int64, bool) {
			m, ok := r.notation.micros(&a.scratch, text)
			return int64(m), ok
		}
	case kindTime:
		return func(_ *applier, text string) (int64, bool) { return r.instant(text) }
	}
	return func(a *applier, text string) (int64, bool) { return r.whole(&a.scratch, text) }
}

func (s *source) reader(at string, spec *parseSpec) *reader {
	r := &reader{notation: plain, layouts: standardLayouts, zone: time.UTC}
	if spec.Decimal == "," {
		r.notation.decimal = ','
	}
	if s.Has(at + ".group") {
		r.notation.group = spec.Group
		switch spec.Group {
		case ",", ".", "'", "’", " ", "_":
		default:
			s.Fail(at+".group", "cannot take %q between groups of digits; it can be a comma, a point, an apostrophe, an underscore or a blank", yamldoc.Clip(spec.Group))
		}
		if spec.Group == string(r.notation.decimal) {
			s.Fail(at+".group", "%q is the decimal sign already", spec.Group)
		}
	}
	if s.Has(at + ".zone") {
		zone, err := time.LoadLocation(spec.Zone)
		if err != nil || spec.Zone == "Local" || spec.Zone == "" {
			s.Fail(at+".zone", "there is no time zone %q; want a name such as Europe/Berlin", yamldoc.Clip(spec.Zone))
		} else {
			r.zone = zone
		}
	}
	if s.Has(at + ".formats") {
		s.countList(at+".formats", len(spec.Formats))
		r.layouts = nil
		for i, layout := range spec.Formats {
			if err := checkLayout(layout); err != nil {
				s.Fail(s.item(at+".formats", i), "cannot take the format %q: %v", yamldoc.Clip(layout), err)
			}
			if layout == "rfc3339" {
				layout = time.RFC3339Nano
			}
			r.layouts = append(r.layouts, layout)
		}
	}
	return r
}

var namedFormats = []string{"rfc3339", "unix", "unix_ms"}

// checkLayout refuses layouts that lose the date.
func checkLayout(layout string) error {
	for _, name := range namedFormats {
		if layout == name {
			return nil
		}
	}
	if len(layout) > 100 {
		return errors.New("it is longer than 100 bytes")
	}
	sample := time.Date(2026, 11, 21, 10, 6, 7, 0, time.UTC)
	back, err := time.Parse(layout, sample.Format(layout))
	if err != nil || back.Year() != 2026 || back.Month() != 11 || back.Day() != 21 {
		return errors.New("it loses the date; write the date 2006-01-02 15:04:05 in the form of yours, or " + strings.TrimPrefix(spell.Suggest(layout, namedFormats), "it can be "))
	}
	if strings.Contains(layout, "MST") {
		return errors.New("abbreviations of zones are ambiguous; use an offset (-07:00) or zone")
	}
	return nil
}
