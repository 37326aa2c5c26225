package state

import "bytes"

// order keeps the entries of a table in the order of their keys: a skip list whose heights come from the hashes of the
// keys, so that equal contents have an equal shape. Links are numbers of entries plus one; 0 is the end.
type order struct {
	first  [maxHeight]uint32
	towers []tower // by entry
	keyOf  func(uint32) []byte
}

const maxHeight = 12

type tower []uint32

// height is geometric with ratio 1/4.
func height(hash uint32) int {
	h := 1
	for hash *= 0x9e3779b1; h < maxHeight && hash>>30 == 0; hash <<= 2 {
		h++
	}
	return h
}

// seek fills before with the links that lead past all keys below key, and returns the first entry not below it.
func (o *order) seek(key []byte, before *[maxHeight]*uint32) uint32 {
	links := o.first[:]
	for level := maxHeight - 1; level >= 0; level-- {
		for links[level] != 0 && bytes.Compare(o.keyOf(links[level]-1), key) < 0 {
			links = o.towers[links[level]-1]
		}
		before[level] = &links[level]
	}
	return *before[0] - 1
}

func (o *order) insert(i uint32, key []byte, hash uint32) {
	var before [maxHeight]*uint32
	o.seek(key, &before)
	for int(i) >= len(o.towers) {
		o.towers = append(o.towers, nil)
	}
	links := make(tower, height(hash))
	o.towers[i] = links
	for level := range links {
		links[level] = *before[level]
		*before[level] = i + 1
	}
}

func (o *order) remove(i uint32, key []byte) {
	var before [maxHeight]*uint32
	o.seek(key, &before)
	for level, next := range o.towers[i] {
		*before[level] = next
	}
	o.towers[i] = nil
}

// next returns the entry behind i, or noEntry.
func (o *order) next(i uint32) uint32 { return o.towers[i][0] - 1 }
