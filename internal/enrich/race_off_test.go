//go:build !race

package enrich

const raceDetector = false
