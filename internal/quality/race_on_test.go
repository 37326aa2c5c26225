//go:build race

package quality

// raceDetector makes sync.Pool drop what it is given, so that allocations cannot
// be counted.
const raceDetector = true
