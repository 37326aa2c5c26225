// Package protobuf reads Protocol Buffers schemas, and tells which changes of one keep
// data readable: fields are known by number and type on the wire, so a name may change
// and a type may not.
package protobuf
