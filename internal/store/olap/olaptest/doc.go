// Package olaptest is the contract of the analytics port as tests. Every driver
// calls [Run].
package olaptest
