package edi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A map says which segments a message has, and where what they say goes. It is
// text, one segment a line, in the order of the message:
//
//	message 850 Purchase order
//	group PO
//	event order_received sale
//	purpose 01 03: order_cancelled cancellation
//	ids VN UP SK
//	also TD1 TD3
//	BEG M 1 purpose:01 order_id:03 date:05
//	REF O * references{type:01,value:02}
//	PO1 M * item:01 item.quantity:02 {
//	  PID O * item.name:05
//	}
//
// M and O say whether the segment must be there, the number how often it may be
// (* is any). Braces hold the rest of a loop that the segment begins. Behind
// them stand rules: a target, and the elements it is read from ("01", a component
// as "01-2"), for which a condition may be required ("[01=BY|BT]"). Segments under
// "also" may stand anywhere and say nothing to us; every other one is a fault.

// Message is the map of one type of message.
type Message struct {
	ID, Name string
	Group    string // functional identifier of X12 groups that hold it
	Event    string // type of the event
	Kind     string // of its items; empty: its lines are no items
	Lines    string // what the list of its lines is called in properties
	Purposes []purpose
	ids      []string // qualifiers of product ids, the best first
	customer bool     // the sender is the customer where no party is
	also     map[tag]bool
	root     use
	uses     []*use // all, by id
}

// purpose is what a message is for other than to say something new.
type purpose struct {
	Codes []string
	Event string
	Kind  string
}

// use is a segment in a place of a message, with the loop that it begins, if any.
type use struct {
	tag       tag
	id, last  int // of this use and the last one inside of its loop
	mandatory bool
	max       int // 0: any number
	spec      []elementSpec
	rules     []rule
	children  []*use // without the segment itself
	loop      bool
}

// position is an element, or one of its components.
type position struct{ element, component int8 }

func (p position) String() string {
	if p.component == 0 {
		return fmt.Sprintf("%02d", p.element)
	}
	return fmt.Sprintf("%02d-%d", p.element, p.component)
}

// rule says where what an element holds goes.
type rule struct {
	target target
	name   string   // of a property, of a list
	keys   []string // of the list's entries
	at     []position
	when   position // of the condition
	in     []string // its values; nil: there is none
}

type target uint8

const (
	toProperty target = iota
	toLineProperty
	toList
	toOrderID
	toOrder
	toCustomer
	toCurrency
	toAmount
	toDate
	toTime
	toInstant
	toPurpose
	toLine
	toIDs
	toID
	toName
	toQuantity
	toPrice
	toItemAmount
	toLineCount
	toLoopCount
)

var targetNames = map[string]target{
	"order_id": toOrderID, "order": toOrder, "customer_id": toCustomer, "currency": toCurrency, "amount": toAmount,
	"date": toDate, "time": toTime, "event_time": toInstant, "purpose": toPurpose,
	"line": toLine, "ids": toIDs, "id": toID, "item.name": toName, "item.quantity": toQuantity, "item.price": toPrice,
	"item.amount": toItemAmount, "count.lines": toLineCount, "count.loops": toLoopCount,
}

// Maps are the messages of one standard that can be read.
type Maps struct {
	standard   Standard
	dictionary dictionary
	messages   map[string]*Message
}

// Load reads a dictionary and maps.
func Load(s Standard, dictionaryText string, texts ...string) (*Maps, error) {
	d, err := parseDictionary(dictionaryText)
	if err != nil {
		return nil, err
	}
	m := &Maps{standard: s, dictionary: d, messages: make(map[string]*Message)}
	for _, t := range texts {
		p := mapParser{maps: m, lines: strings.Split(t, "\n"), message: &Message{Lines: "lines", also: make(map[tag]bool)}}
		if err := p.parse(); err != nil {
			return nil, fmt.Errorf("map of message %q, line %d: %w", p.message.ID, p.line, err)
		}
		m.messages[p.message.ID] = p.message
	}
	return m, nil
}

// All returns the messages by their names.
func (m *Maps) All() []*Message {
	out := make([]*Message, 0, len(m.messages))
	for _, message := range m.messages {
		out = append(out, message)
	}
	slices.SortFunc(out, func(a, b *Message) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (m *Maps) names() string {
	var names []string
	for _, message := range m.All() {
		names = append(names, message.ID)
	}
	return strings.Join(names, ", ")
}

type mapParser struct {
	maps    *Maps
	message *Message
	lines   []string
	line    int
}

func (p *mapParser) parse() error {
	p.add(&p.message.root)
	if err := p.children(&p.message.root); err != nil {
		return err
	}
	if p.message.ID == "" || p.message.Event == "" {
		return fmt.Errorf("it needs a message and an event")
	}
	return nil
}

func (p *mapParser) add(u *use) {
	u.id = len(p.message.uses)
	p.message.uses = append(p.message.uses, u)
}

// children reads lines up to the end of a loop.
func (p *mapParser) children(parent *use) error {
	defer func() { parent.last = len(p.message.uses) - 1 }()
	for p.line < len(p.lines) {
		line := strings.TrimSpace(p.lines[p.line])
		p.line++
		switch {
		case line == "" || line[0] == '#':
		case line == "}":
			return nil
		case line[0] >= 'a':
			if err := p.setting(line); err != nil {
				return err
			}
		default:
			u, err := p.use(line)
			if err != nil {
				return err
			}
			parent.children = append(parent.children, u)
			if u.loop {
				if err := p.children(u); err != nil {
					return err
				}
			}
			u.last = len(p.message.uses) - 1
		}
	}
	return nil
}

func (p *mapParser) setting(line string) error {
	m := p.message
	key, rest, _ := strings.Cut(line, " ")
	switch key {
	case "message":
		m.ID, m.Name, _ = strings.Cut(rest, " ")
	case "group":
		m.Group = rest
	case "event":
		m.Event, m.Kind, _ = strings.Cut(rest, " ")
	case "lines":
		m.Lines = rest
	case "customer":
		m.customer = rest == "sender"
	case "ids":
		m.ids = strings.Fields(rest)
	case "purpose":
		codes, what, _ := strings.Cut(rest, ": ")
		event, kind, _ := strings.Cut(what, " ")
		m.Purposes = append(m.Purposes, purpose{strings.Fields(codes), event, kind})
	case "also":
		for _, t := range strings.Fields(rest) {
			m.also[tagOf(t)] = true
		}
	default:
		return fmt.Errorf("there is no setting %q", key)
	}
	return nil
}

func (p *mapParser) use(line string) (*use, error) {
	words := strings.Fields(line)
	if len(words) < 3 {
		return nil, fmt.Errorf("%q needs M or O, and how often", line)
	}
	u := &use{tag: tagOf(words[0]), mandatory: words[1] == "M"}
	spec, known := p.maps.dictionary[u.tag]
	if !known {
		return nil, fmt.Errorf("segment %s is not in the dictionary", words[0])
	}
	u.spec = spec
	if words[2] != "*" {
		n, err := strconv.Atoi(words[2])
		if err != nil {
			return nil, err
		}
		u.max = n
	}
	for _, word := range words[3:] {
		if word == "{" {
			u.loop = true
			continue
		}
		r, err := parseRule(word)
		if err != nil {
			return nil, err
		}
		u.rules = append(u.rules, r)
	}
	p.add(u)
	return u, nil
}

func parseRule(word string) (r rule, err error) {
	word, condition, found := strings.Cut(word, "[")
	if found {
		at, values, _ := strings.Cut(strings.TrimSuffix(condition, "]"), "=")
		if r.when, err = parsePosition(at); err != nil {
			return r, err
		}
		r.in = strings.Split(values, "|")
	}
	if name, entries, isList := strings.Cut(word, "{"); isList {
		r.target, r.name = toList, name
		for _, entry := range strings.Split(strings.TrimSuffix(entries, "}"), ",") {
			key, at, _ := strings.Cut(entry, ":")
			pos, err := parsePosition(at)
			if err != nil {
				return r, err
			}
			r.keys, r.at = append(r.keys, key), append(r.at, pos)
		}
		return r, nil
	}
	name, places, _ := strings.Cut(word, ":")
	switch {
	case strings.HasPrefix(name, "p."):
		r.target, r.name = toProperty, name[2:]
	case strings.HasPrefix(name, "l."):
		r.target, r.name = toLineProperty, name[2:]
	default:
		t, known := targetNames[name]
		if !known {
			return r, fmt.Errorf("there is no target %q", name)
		}
		r.target, r.name = t, name
	}
	for _, at := range strings.Split(places, ",") {
		pos, err := parsePosition(at)
		if err != nil {
			return r, err
		}
		r.at = append(r.at, pos)
	}
	return r, nil
}

func parsePosition(s string) (p position, err error) {
	element, component, found := strings.Cut(s, "-")
	n, err := strconv.ParseInt(element, 10, 8)
	if err != nil || n < 1 {
		return p, fmt.Errorf("%q is no position of an element", s)
	}
	p.element = int8(n)
	if found {
		if n, err = strconv.ParseInt(component, 10, 8); err != nil || n < 1 {
			return p, fmt.Errorf("%q is no position of a component", s)
		}
		p.component = int8(n)
	}
	return p, nil
}
