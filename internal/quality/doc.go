// Package quality judges events by the rules of their source, and corrects what
// can be corrected.
//
// Rules and corrections are declared in YAML ([Load]); docs/rules.md is the
// guide, docs/rules-reference.md the reference that is generated from the
// structs in spec.go. They are compiled once into loops over the columns of an
// [event.Batch]: nothing is looked up by name, boxed or allocated per event, and
// a check of a dictionary column runs once per distinct value.
//
// The order is fixed: corrections in the order of the file, each seeing what the
// earlier ones did, and then all rules. A rule of severity quarantine adds a
// problem and sets the verdict; a rule of severity warn sets a mark and counts.
// An event that ends up quarantined is left as it was received: its corrections
// are taken back, so that whoever repairs it sees what the sender sent.
//
// Conditions are written in the language of expr-lang/expr, which parses and
// type-checks them. They are not run by its virtual machine, which boxes every
// operand and knows money only as a float: package quality compiles the checked
// syntax tree to typed functions over the columns, with money as [event.Micros].
// The language is therefore cut to what can neither fail, allocate, nor depend
// on anything but the event (see condition.go).
package quality

//go:generate go test -run TestReferenceIsCurrent -update .
