// Package statistic concludes from numbers: whether two distributions differ, and
// whether a value is unusual for its place in a season. Its functions are pure.
package statistic
