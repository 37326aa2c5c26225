package csv

import (
	"fmt"

	"github.com/millrace/millrace/adapter"
)

var _ adapter.Laid = (*Adapter)(nil)

// Layout implements [adapter.Laid].
func (a *Adapter) Layout(envelope string) (adapter.Layout, error) {
	delimiter, order, err := a.parseEnvelope(envelope)
	if err != nil {
		return adapter.Layout{}, fmt.Errorf("the file's header does not fit mapping %s: %w", a.file, err)
	}
	l := adapter.Layout{
		Syntax: adapter.Delimited, Delimiter: delimiter, Quote: a.quote, Multiline: a.multiline,
		Charset: charsets[a.encoding], Columns: make([]adapter.Column, len(a.columns)),
	}
	for n := range l.Columns {
		i := n
		if order != nil {
			i = order[n]
		}
		c := &a.columns[i]
		l.Columns[n].Name = c.name
		if c.field != fieldNone {
			l.Columns[n].Field = c.label
		}
	}
	return l, nil
}

var charsets = [...]adapter.Charset{
	encodingUTF8: adapter.UTF8, encodingWindows1252: adapter.Windows1252, encodingLatin1: adapter.Latin1, encodingAuto: adapter.AnyOf,
}
