//go:build !race

package quality

const raceDetector = false
