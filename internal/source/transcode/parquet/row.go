package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// column gives the values of one leaf, in the order of the file.
type column struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer [128]parquet.Value
	n, at  int
	ended  bool
}

// peek returns the next value, nil at the end of the row group.
func (c *column) peek() (*parquet.Value, error) {
	for c.at == c.n {
		if c.ended {
			return nil, nil
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	return &c.buffer[c.at], nil
}

func (c *column) fill() error {
	c.n, c.at = 0, 0
	if c.values != nil {
		n, err := c.values.ReadValues(c.buffer[:])
		if c.n = n; err == nil {
			if n == 0 {
				return io.ErrNoProgress // a broken page
			}
			return nil
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		c.values = nil
		if n > 0 {
			return nil
		}
	}
	c.release()
	page, err := c.pages.ReadPage()
	if errors.Is(err, io.EOF) {
		c.ended = true
		return nil
	}
	if err != nil {
		return err
	}
	c.page, c.values = page, page.Values()
	return nil
}

func (c *column) release() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
}

func (c *column) close() error {
	c.release()
	return c.pages.Close()
}

var errRows = errors.New("its columns do not have the same number of rows")

// appendNode writes a node of the row, from the next values of the columns below
// it, and takes them.
func (r *Reader) appendNode(n *node) error {
	if n.repeated {
		return r.appendElements(n, false)
	}
	return r.appendOne(n)
}

// appendOne writes a node, or one element of a repeated one.
func (r *Reader) appendOne(n *node) error {
	v, err := r.peek(n.leaf)
	if err != nil {
		return err
	}
	if n.optional && v.DefinitionLevel() < n.def {
		r.write("null")
		return r.take(n)
	}
	switch n.shape {
	case shapeLeaf:
		if !r.cut {
			if v.IsNull() {
				return fmt.Errorf("%w: a required value is missing", errRows)
			}
			r.row = n.appendValue(r.row, v)
		}
		return r.take(n)
	case shapeList:
		return r.appendElements(n.children[0], true)
	case shapeMap:
		return r.appendEntries(n.children[0])
	}
	return r.appendObject(n)
}

func (r *Reader) appendObject(n *node) error {
	r.write("{")
	for i, child := range n.children {
		if i > 0 {
			r.write(",")
		}
		r.write(child.name)
		if err := r.appendNode(child); err != nil {
			return err
		}
	}
	r.write("}")
	return nil
}

// each calls visit for every element of a repeated node that the row has here.
func (r *Reader) each(n *node, visit func(first bool) error) error {
	v, err := r.peek(n.leaf)
	if err != nil {
		return err
	}
	if v.DefinitionLevel() < n.def {
		return r.take(n) // there is none; a placeholder stands for that
	}
	for first := true; ; first = false {
		if err := visit(first); err != nil {
			return err
		}
		next, err := r.columns[n.leaf].peek()
		if err != nil {
			return err
		}
		if next == nil || next.RepetitionLevel() != n.rep {
			return nil
		}
	}
}

// appendElements writes a repeated node as an array. As the child of a list it
// may be a mere wrapper of the element.
func (r *Reader) appendElements(n *node, list bool) error {
	r.write("[")
	err := r.each(n, func(first bool) error {
		if !first {
			r.write(",")
		}
		if list && n.wraps() {
			return r.appendNode(n.children[0])
		}
		return r.appendOne(n)
	})
	r.write("]")
	return err
}

// appendEntries writes the pairs of a map.
func (r *Reader) appendEntries(n *node) error {
	key, value := n.children[0], n.children[1]
	object := key.shape == shapeLeaf && key.value == kindText && !key.optional && !key.repeated
	open, closing := "[", "]"
	if object {
		open, closing = "{", "}"
	}
	r.write(open)
	err := r.each(n, func(first bool) error {
		if !first {
			r.write(",")
		}
		if !object {
			return r.appendObject(n)
		}
		if err := r.appendNode(key); err != nil {
			return err
		}
		r.write(":")
		return r.appendNode(value)
	})
	r.write(closing)
	return err
}

// peek returns the next value of a column that must have one.
func (r *Reader) peek(leaf int) (*parquet.Value, error) {
	v, err := r.columns[leaf].peek()
	if err == nil && v == nil {
		err = errRows
	}
	return v, err
}

// take goes behind one value of each column below a node.
func (r *Reader) take(n *node) error {
	if n.shape == shapeLeaf {
		if _, err := r.peek(n.leaf); err != nil {
			return err
		}
		r.columns[n.leaf].at++
		return nil
	}
	for _, child := range n.children {
		if err := r.take(child); err != nil {
			return err
		}
	}
	return nil
}

// write adds to the row, unless the row is too long already.
func (r *Reader) write(s string) {
	if r.cut = r.cut || len(r.row) > r.limits.RowBytes; !r.cut {
		r.row = append(r.row, s...)
	}
}
