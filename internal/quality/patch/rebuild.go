package patch

import (
	"cmp"
	"errors"
	"slices"
)

// The steps that change which fields there are.

var (
	errNoLine  = errors.New("only lines have columns")
	errNoNames = errors.New("only members of JSON documents have names of their own; those of columns are in the file's header")
)

// lineOf is the open payload as a line.
func (st *state) lineOf() (*line, error) {
	l, ok := st.content.(*line)
	if !ok {
		return nil, errNoLine
	}
	return l, nil
}

// reshape runs a change of a line's columns, and shows the line before and after.
func reshape(f *ref, do func(l *line, at int) error) func(*state) error {
	return func(st *state) error {
		l, err := st.lineOf()
		if err != nil {
			return err
		}
		at := 0
		if f != nil {
			if at, err = l.column(f); err != nil {
				return err
			}
		}
		before := string(l.payload())
		if err := do(l, at); err != nil {
			return err
		}
		st.record("", before, string(l.payload()))
		return nil
	}
}

// one finds the only place of a field.
func (st *state) one(f *ref) (place, error) {
	places, err := st.content.find(f)
	switch {
	case err != nil:
		return place{}, err
	case len(places) == 0:
		return place{}, errors.New(f.name + " is not there and cannot be made")
	}
	return places[0], nil
}

// transfer gives the value of one field to another. The first loses it, if it moves.
func transfer(from, to *ref, move bool) func(*state) error {
	return func(st *state) error {
		source, err := st.one(from)
		if err != nil {
			return err
		}
		v := st.content.read(source)
		if !source.exists {
			return nil
		}
		target, err := st.one(to)
		if err != nil {
			return err
		}
		before := st.content.read(target)
		moved := v
		moved.retype = true
		if err := st.content.write([]edit{{target, moved}}); err != nil {
			return err
		}
		st.record(target.name, before.text, v.text)
		if !move || source.name == target.name {
			return nil
		}
		if source, err = st.one(from); err != nil {
			return err
		}
		st.record(source.name, v.text, "")
		return st.vacate(source)
	}
}

// vacate takes a value away: the member of a document, the text of a column.
func (st *state) vacate(p place) error {
	if _, ok := st.content.(*line); ok {
		return st.content.write([]edit{{p, value{kind: kindText}}})
	}
	return st.content.remove(p)
}

func swap(a, b *ref) func(*state) error {
	return func(st *state) error {
		first, err := st.one(a)
		if err != nil {
			return err
		}
		second, err := st.one(b)
		if err != nil {
			return err
		}
		if !first.exists || !second.exists || first.name == second.name {
			return nil
		}
		v, w := st.content.read(first), st.content.read(second)
		v.retype, w.retype = true, true
		edits := []edit{{first, w}, {second, v}}
		slices.SortFunc(edits, func(x, y edit) int { return cmp.Compare(x.from, y.from) })
		if err := st.content.write(edits); err != nil {
			return err
		}
		st.record(first.name, v.text, w.text)
		st.record(second.name, w.text, v.text)
		return nil
	}
}

// remove takes fields out, the last one first: what stands before it stays where it is.
// What moves up into the place of an element that is gone stays.
func remove(f *ref) func(*state) error {
	return func(st *state) error {
		for n := -1; n != 0; n-- {
			places, err := st.content.find(f)
			if err != nil {
				return err
			}
			places = slices.DeleteFunc(places, func(p place) bool { return !p.exists })
			if n < 0 {
				n = len(places)
			}
			if n == 0 {
				break
			}
			p := places[len(places)-1]
			st.record(p.name, st.content.read(p).text, "")
			if err := st.content.remove(p); err != nil {
				return err
			}
		}
		return nil
	}
}

func rename(f *ref, name string) func(*state) error {
	return func(st *state) error {
		d, ok := st.content.(*document)
		if !ok {
			return errNoNames
		}
		places, err := d.find(f)
		if err != nil {
			return err
		}
		for _, p := range slices.Backward(places) {
			if !p.exists {
				continue
			}
			if err := d.rename(p, name); err != nil {
				return err
			}
			st.record(p.name, f.path[len(f.path)-1].key, name)
		}
		return nil
	}
}
