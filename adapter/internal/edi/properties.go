package edi

import "unicode/utf8"

// object is a JSON object that is being written: texts, and lists of objects.
type object struct {
	members []byte   // "name":"value", each behind a comma
	names   []string // that are in members
	lists   []list
	used    int // lists that have entries
}

// list is a list of objects that is being written.
type list struct {
	name    string
	entries []byte // each behind a comma
}

func (o *object) reset() {
	o.members, o.names, o.used = o.members[:0], o.names[:0], 0
}

// set adds a text, unless the object has one of the name or it is empty.
func (o *object) set(name, value string) {
	if value == "" {
		return
	}
	for _, n := range o.names {
		if n == name {
			return
		}
	}
	o.names = append(o.names, name)
	o.members = appendMember(o.members, name, value)
}

// entries returns the entries of a list, to be appended to.
func (o *object) list(name string) *list {
	for i := range o.lists[:o.used] {
		if o.lists[i].name == name {
			return &o.lists[i]
		}
	}
	if o.used == len(o.lists) {
		o.lists = append(o.lists, list{})
	}
	l := &o.lists[o.used]
	o.used++
	l.name, l.entries = name, l.entries[:0]
	return l
}

func (o *object) empty() bool { return len(o.members) == 0 && o.used == 0 }

// appendTo appends the object's JSON.
func (o *object) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	from := len(dst)
	dst = append(dst, o.members...)
	for i := range o.lists[:o.used] {
		l := &o.lists[i]
		dst = append(dst, ',')
		dst = appendQuoted(dst, l.name)
		dst = append(append(append(dst, ':'), '['), l.entries[1:]...)
		dst = append(dst, ']')
	}
	if len(dst) > from { // the first comma
		copy(dst[from:], dst[from+1:])
		dst = dst[:len(dst)-1]
	}
	return append(dst, '}')
}

// appendMember appends a member behind a comma.
func appendMember(dst []byte, name, value string) []byte {
	dst = append(dst, ',')
	dst = appendQuoted(dst, name)
	dst = append(dst, ':')
	return appendQuoted(dst, value)
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends a JSON string. s is UTF-8.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' || c >= utf8.RuneSelf {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		if c == '"' || c == '\\' {
			dst = append(dst, '\\', c)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
	}
	return append(append(dst, s[from:]...), '"')
}
