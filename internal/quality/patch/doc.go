// Package patch changes payloads that were quarantined, so that they can be judged
// again: what a person would put right by hand, as a declared list of steps.
//
// A patch works on the payload as it was received and never on the decoded event:
// what is redriven is again a payload of its sender's format, which the same
// adapter decodes and the same rules judge. What no step touches stays byte for
// byte: a line of fields is cut, and only changed fields are written anew; a JSON
// document is edited as text, so that the order of its members, its white space and
// the text of its numbers survive.
//
// What a format is made of, its adapter says by [adapter.Layout]. Lines of fields
// and JSON can be changed field by field, everything else as text.
//
// [Load] reads a patch from YAML or JSON, [New] takes one that was built by a
// program. Both check all of it at once, so that applying it cannot fail but for
// payloads that it does not fit. A [Patch] is immutable, and pure: the same payload
// gives the same result.
package patch

//go:generate go test -run TestReferenceIsCurrent -update .
