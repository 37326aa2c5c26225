package basket

import "slices"

// tree is a prefix tree of baskets, with the nodes of each item in a list. An item is a number,
// and every path has them in rising order.
type tree struct {
	nodes  []node
	heads  []int32 // first node of each item, 0 for none
	counts []int   // baskets with each item
}

// node is an item behind those of its parents. The node 0 is the root.
type node struct {
	item, parent         int32
	child, sibling, next int32 // first child, next child of the parent, next node of the item; 0 for none
	count                int
}

func newTree(items int) *tree {
	return &tree{nodes: make([]node, 1), heads: make([]int32, items), counts: make([]int, items)}
}

// insert adds a basket that occurred a number of times.
func (t *tree) insert(path []int32, times int) {
	at := int32(0)
	for _, item := range path {
		at = t.childOf(at, item)
		t.nodes[at].count += times
		t.counts[item] += times
	}
}

// childOf returns the child of a node that has the item, and makes it if it is missing.
func (t *tree) childOf(parent, item int32) int32 {
	for c := t.nodes[parent].child; c != 0; c = t.nodes[c].sibling {
		if t.nodes[c].item == item {
			return c
		}
	}
	c := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{item: item, parent: parent, sibling: t.nodes[parent].child, next: t.heads[item]})
	t.nodes[parent].child, t.heads[item] = c, c
	return c
}

// condition makes the tree of what stands before an item in the baskets that have it, without
// items that are in fewer than least of them.
func (t *tree) condition(item int32, least int) *tree {
	counts := make([]int, item)
	for n := t.heads[item]; n != 0; n = t.nodes[n].next {
		for up := t.nodes[n].parent; up != 0; up = t.nodes[up].parent {
			counts[t.nodes[up].item] += t.nodes[n].count
		}
	}
	c := newTree(int(item))
	var path []int32
	for n := t.heads[item]; n != 0; n = t.nodes[n].next {
		path = path[:0]
		for up := t.nodes[n].parent; up != 0; up = t.nodes[up].parent {
			if i := t.nodes[up].item; counts[i] >= least {
				path = append(path, i)
			}
		}
		slices.Reverse(path)
		c.insert(path, t.nodes[n].count)
	}
	return c
}
