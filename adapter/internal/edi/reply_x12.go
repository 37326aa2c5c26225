package edi

import (
	"strconv"
	"strings"
)

// The answers of X12: 997 (ANSI ASC X12.20), and TA1 (X12.56) where the envelope
// of an interchange is wrong.

// control is the interchange's control number as a number, for elements that hold
// one.
func (r *replier) control() string {
	n := strings.TrimLeft(r.in.envelope.Control, "0")
	if _, err := strconv.ParseUint(n, 10, 32); err != nil || len(n) > 9 {
		return "1"
	}
	return n
}

func (r *replier) isa() {
	e, x := &r.in.envelope, r.in.syntax
	control := r.control()
	repetition := "U"
	if x.Repetition != 0 {
		repetition = string(x.Repetition)
	}
	usage := "P"
	if e.Test {
		usage = "T"
	}
	r.out.write("ISA", "00", padded("", 10), "00", padded("", 10),
		padded(e.ReceiverQualifier, 2), padded(e.Receiver, 15), padded(e.SenderQualifier, 2), padded(e.Sender, 15),
		padded(e.Date, 6), padded(e.Time, 4), repetition, padded(e.Syntax, 5),
		strings.Repeat("0", 9-len(control))+control, "0", usage, string(x.Component))
}

func (r *replier) iea(groups int) {
	control := r.control()
	r.out.write("IEA", strconv.Itoa(groups), strings.Repeat("0", 9-len(control))+control)
}

// rejectX12 says by TA1 that the whole interchange is rejected.
func (r *replier) rejectX12() {
	e := &r.in.envelope
	control := r.control()
	r.isa()
	r.out.write("TA1", strings.Repeat("0", 9-len(control))+control, padded(e.Date, 6), padded(e.Time, 4), "R", e.Problems[0].Code)
	r.iea(0)
}

// functionalVersion is the version of the answer: that of the group, as far as
// it is one that 997 is written for here.
func functionalVersion(version string) string {
	if len(version) < 6 || version < "004010" || version >= "006000" {
		return "004010"
	}
	return version[:6]
}

// day is a date of eight digits.
func day(date string) string {
	if len(date) == 6 {
		if date < "70" {
			return "20" + date
		}
		return "19" + date
	}
	return date
}

func (r *replier) beginX12(g *group, first bool) {
	e := &g.envelope
	if first {
		r.isa()
		r.out.write("GS", "FA", e.GroupReceiver, e.GroupSender, day(e.GroupDate), e.GroupTime, r.control(), "X", functionalVersion(e.Version))
	}
	r.replies++
	r.out.count = 0
	r.out.write("ST", "997", r.replyControl())
	r.out.write("AK1", e.GroupID, e.Group)
}

func (r *replier) replyControl() string {
	n := strconv.Itoa(r.replies)
	return strings.Repeat("0", max(0, 4-len(n))) + n
}

func (r *replier) messageX12(faults []Fault) {
	in := &r.decoder.in
	r.out.write("AK2", in.typ, in.control)
	var whole []string
	add := func(code string) {
		for _, c := range whole {
			if c == code {
				return
			}
		}
		if len(whole) < 5 {
			whole = append(whole, code)
		}
	}
	segment := -1 // for which an AK3 of faulty elements was written
	for i := range faults {
		f := &faults[i]
		c := &codes[f.Code]
		switch {
		case c.message != "":
			add(c.message)
			continue
		case !isTag(f.Tag):
		case f.Element == 0 && c.segment != "":
			r.out.write("AK3", f.Tag, strconv.Itoa(f.Segment), "", c.segment)
			segment = -1
		default:
			if segment != f.Segment {
				segment = f.Segment
				r.out.write("AK3", f.Tag, strconv.Itoa(f.Segment), "", "8")
			}
			if f.Element > 0 && f.Element <= 99 {
				r.ak4(f, c.element)
			}
		}
		add("5")
	}
	if len(faults) == 0 {
		r.out.write("AK5", "A")
		return
	}
	r.out.write(append([]string{"AK5", "R"}, whole...)...)
}

func (r *replier) ak4(f *Fault, code string) {
	place := strconv.Itoa(f.Element)
	if f.Component > 0 {
		place = r.out.composite(place, strconv.Itoa(f.Component))
	}
	if code == "" {
		code = "7"
	}
	r.out.write("AK4", place, "", code, r.copied(f.Value))
}

// copied is a bad value as the answer may repeat it; nothing, if it cannot stand
// there.
func (r *replier) copied(value string) string {
	x := r.in.syntax
	if len(value) > 99 || strings.ContainsFunc(value, func(c rune) bool {
		return c < ' ' || c > '~' || byte(c) == x.Component || byte(c) == x.Repetition || byte(c) == x.Element || byte(c) == x.Segment
	}) {
		return ""
	}
	return strings.TrimSpace(value)
}

func isTag(tag string) bool {
	for i := range len(tag) {
		if !isAlphanumeric(tag[i]) || tag[i] >= 'a' {
			return false
		}
	}
	return len(tag) == 2 || len(tag) == 3
}

func (r *replier) endGroupX12(g *group) {
	var problems []string
	for _, p := range g.envelope.Problems {
		if p.Group && len(problems) < 5 {
			problems = append(problems, p.Code)
		}
	}
	included := g.included
	if n, err := strconv.Atoi(included); err != nil || n < 0 || n > 999999 {
		included = strconv.Itoa(r.received)
	}
	status, accepted := "A", r.accepted
	switch {
	case len(problems) > 0:
		status, accepted = "R", 0
	case r.accepted == 0:
		status = "R"
	case r.accepted < r.received:
		status = "P"
	}
	r.out.write(append([]string{"AK9", status, included, strconv.Itoa(r.received), strconv.Itoa(accepted)}, problems...)...)
	r.out.write("SE", strconv.Itoa(r.out.count+1), r.replyControl())
}

func (r *replier) endX12() {
	r.out.write("GE", strconv.Itoa(r.replies), r.control())
	r.iea(1)
}
