package edi

import "strconv"

// The answers of EDIFACT: CONTRL (ISO 9735-4; D.3 for syntax versions before 4).

// interchangeErrors are the codes of TA1 as those of data element 0085.
var interchangeErrors = map[string]string{"001": "28", "018": "13", "021": "29", "022": "18", "023": "13"}

// groupErrors are the codes of AK9 as those of data element 0085.
var groupErrors = map[string]string{"3": "13", "4": "28", "5": "29", "6": "13"}

// The actions of data element 0083.
const (
	actionRejected = "4"
	actionAccepted = "7"
)

// beginInterchange writes the beginning of the answer up to UCI.
func (r *replier) beginInterchange(action, code string) {
	e, o := &r.in.envelope, &r.out
	if x := r.in.syntax; x.Component != ':' || x.Element != '+' || x.Segment != '\'' || x.Release != '?' {
		release, repetition := x.Release, x.Repetition
		if release == 0 {
			release = ' '
		}
		if repetition == 0 {
			repetition = ' '
		}
		una := []byte{'U', 'N', 'A', x.Component, x.Element, '.', release, repetition, x.Segment, '\n'}
		if o.err == nil {
			_, o.err = o.w.Write(una)
		}
	}
	test := ""
	if e.Test {
		test = "1"
	}
	sender, receiver := o.composite(e.Sender, e.SenderQualifier), o.composite(e.Receiver, e.ReceiverQualifier)
	o.write("UNB", o.composite(e.Charset, e.Syntax), receiver, sender, o.composite(r.date(), e.Time), o.data(e.Control), "", "", "", "", "", test)
	o.count = 0
	if e.Syntax >= "4" {
		o.write("UNH", "1", o.composite("CONTRL", "4", "1", "UN"))
	} else {
		o.write("UNH", "1", o.composite("CONTRL", "D", "3", "UN"))
	}
	o.write("UCI", o.data(e.Control), sender, receiver, action, code)
}

func (r *replier) endEDIFACT() {
	o := &r.out
	o.write("UNT", strconv.Itoa(o.count+1), "1")
	o.write("UNZ", "1", o.data(r.in.envelope.Control))
}

// rejectEDIFACT says that the whole interchange is rejected.
func (r *replier) rejectEDIFACT() {
	r.beginInterchange(actionRejected, interchangeErrors[r.in.envelope.Problems[0].Code])
	r.endEDIFACT()
}

func (r *replier) beginEDIFACT(g *group, first bool) {
	if first {
		r.beginInterchange(actionAccepted, "")
	}
	if !g.declared {
		return
	}
	e, o := &g.envelope, &r.out
	action, code := actionAccepted, ""
	if len(e.Problems) > 0 {
		action, code = actionRejected, groupErrors[e.Problems[0].Code]
	}
	o.write("UCF", o.data(e.Group), o.composite(e.GroupSender), o.composite(e.GroupReceiver), action, code)
}

func (r *replier) messageEDIFACT(text []byte, faults []Fault) {
	in, o := &r.decoder.in, &r.out
	action, code, service := actionAccepted, "", ""
	for i := range faults {
		action = actionRejected
		if c := &codes[faults[i].Code]; c.message != "" && code == "" {
			code, service = c.edifact, faults[i].Tag
			if !isTag(service) {
				service = ""
			}
		}
	}
	in.scan.Reset(r.in.syntax, text)
	in.scan.Next()
	kind := in.scan.Segment.Element(2)
	name := func(n int) string { return string(r.in.syntax.appendText(nil, r.in.syntax.component(kind, n))) }
	o.write("UCM", o.data(in.control), o.composite(name(1), name(2), name(3), name(4), name(5)), action, code, service)
	segment := -1
	for i := range faults {
		f := &faults[i]
		c := &codes[f.Code]
		switch {
		case c.message != "":
		case f.Element == 0:
			o.write("UCS", strconv.Itoa(f.Segment), c.edifact)
			segment = -1
		default:
			if segment != f.Segment {
				segment = f.Segment
				o.write("UCS", strconv.Itoa(f.Segment))
			}
			component := ""
			if f.Component > 0 {
				component = strconv.Itoa(f.Component)
			}
			// Data element 0098 counts the tag as the first.
			o.write("UCD", c.edifact, o.composite(strconv.Itoa(f.Element+1), component))
		}
	}
}

// date is that of the interchange, as its syntax version writes dates.
func (r *replier) date() string {
	if e := &r.in.envelope; e.Syntax < "4" {
		return e.Date
	}
	return day(r.in.envelope.Date)
}
