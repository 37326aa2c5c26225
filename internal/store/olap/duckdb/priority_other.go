//go:build !linux

package duckdb

// lowerPriority does nothing: a priority is one of the whole process here.
func lowerPriority() {}
