// Package geo finds the country of an IP address: in ranges that come with the platform,
// or in a file of MaxMind's format.
//
// The ranges are those of the registries (NRO, CC BY 4.0; see NOTICE). ranges.bin is
// written by internal/enrich/cmd/geo.
package geo
