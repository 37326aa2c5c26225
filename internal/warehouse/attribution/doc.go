// Package attribution divides conversions, and the money they brought, among the channels
// that led to them. Its functions are pure. Credits are integer millionths, and add up to
// the conversions exactly.
package attribution
