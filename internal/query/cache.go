package query

import (
	"container/list"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/millrace/millrace/internal/store/olap"
)

// cache keeps answers by what was asked and by where the store stood: as long as nothing
// was stored since, and no table was changed otherwise, the same question has the same answer.
type cache struct {
	most int64 // bytes

	mu      sync.Mutex // guards what follows
	bytes   int64
	answers map[string]*list.Element
	order   *list.List // of *answer, the one used last in front
}

// answer is what is kept. It is not changed any more.
type answer struct {
	key     string
	columns []olap.ResultColumn
	rows    [][]any
	bytes   int64
}

func newCache(most int64) *cache {
	return &cache{most: most, answers: make(map[string]*list.Element), order: list.New()}
}

// keyOf names a question and where the store stands.
func keyOf(u *User, q *olap.Query, at olap.Positions) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %d %d %d %d %t", u.Role.Name, q.SQL, q.Limits.Rows, q.Limits.Bytes, at.Results, at.Changes, q.Session != nil)
	for _, partition := range slices.Sorted(maps.Keys(at.Offsets)) {
		fmt.Fprintf(&b, " %d:%d", partition, at.Offsets[partition])
	}
	for _, arg := range q.Args {
		fmt.Fprintf(&b, " %T:%q", arg, fmt.Sprint(arg))
	}
	for _, name := range slices.Sorted(maps.Keys(q.Named)) {
		fmt.Fprintf(&b, " %q=%T:%q", name, q.Named[name], fmt.Sprint(q.Named[name]))
	}
	return b.String()
}

func (c *cache) get(key string) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.answers[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*answer)
}

// put keeps an answer, in the place of those that were not asked for the longest.
func (c *cache) put(a *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers[a.key] != nil {
		return
	}
	c.answers[a.key] = c.order.PushFront(a)
	for c.bytes += a.bytes; c.bytes > c.most; {
		oldest := c.order.Back()
		old := c.order.Remove(oldest).(*answer)
		delete(c.answers, old.key)
		c.bytes -= old.bytes
	}
}

// kept reads an answer. It is a [olap.Cursor].
type kept struct{ rows [][]any }

// keptChunk is how many rows are given at once, as a running query does.
const keptChunk = 2048

// Next implements [olap.Cursor].
func (k *kept) Next() ([][]any, error) {
	n := min(keptChunk, len(k.rows))
	rows := k.rows[:n:n]
	k.rows = k.rows[n:]
	return rows, nil
}

// Close implements [olap.Cursor].
func (k *kept) Close() error {
	k.rows = nil
	return nil
}
