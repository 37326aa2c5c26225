// Package archive moves rows from the analytics store to the lake, and keeps the lake in
// order: it writes what is new to the tables of the lake (flush), lets go of old rows in
// the store that are there (tier), merges small files (compact), removes what is older
// than it should be kept (expire), and files that nobody needs (clean).
//
// Everything is done from what store and lake say of themselves: the positions in the
// snapshots, and the seam in the store. A crash leaves files that no snapshot has, or work
// that is done again; ADR 090 has the argument.
package archive
