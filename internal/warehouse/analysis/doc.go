// Package analysis runs what is computed of all customers and orders at once: RFM, cohorts,
// lifetime value, attribution, baskets. A run reads the analytics store as of a position of
// the log, and replaces its tables together with its row in [RunsTable], so that SQL sees
// one run's results whole. The same position gives the same tables.
package analysis
