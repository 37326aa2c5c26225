//go:build race

package adaptertest

// raceDetector says that the compiler allocates where it otherwise would not:
// allocations are counted by the run without it, see 'make test-unit'.
const raceDetector = true
