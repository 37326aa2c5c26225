// Package sketch keeps bounded summaries of many values: how many are different, and
// how they are distributed. They can be merged, and serve one goroutine each.
//
// Counts of different values are exact up to a bound and a HyperLogLog++ sketch beyond
// it (Heule, Nunkesser, Hall: HyperLogLog in Practice, EDBT 2013). Quantiles are those of
// a DDSketch, which bounds the relative error of the value (Masson, Rim, Lee: DDSketch,
// VLDB 2019).
package sketch
