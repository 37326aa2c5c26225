// Package enrich gives columns of a batch their standard values: country names
// become ISO 3166-1 alpha-2 codes, currencies ISO 4217 codes, and a channel is
// never empty.
//
// Each [Enrichment] is a pure function of one value of one dictionary column,
// so that it runs once per distinct value and a replay of the log gives the
// same rows. A value that an enrichment does not know stays as it is and is
// counted as missed: enrichment never loses what the sender wrote, and never
// quarantines.
package enrich
