// Package adaptertest is the suite that every adapter must pass: golden files,
// identity, purity, broken payloads and allocations. A shop's own adapter is
// tested with it, too.
//
// A folder of golden files holds pairs NAME.in and NAME.golden. The first is
// read with the adapter's own file format (or line by line), each record with
// its line and occurrence as a file's door would set them. Lines at its start of
// the form "#millrace KEY VALUE" set what else a door knows: source, stream,
// envelope, skew (µs), received (µs). The second is what [Dump] writes; run the
// test with -update to write it anew, and read the difference.
package adaptertest
