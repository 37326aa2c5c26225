// Package metric is the catalogue of metrics: what revenue, orders or a conversion rate
// mean, declared once, and compiled to SQL for whoever asks.
//
// A metric is a YAML definition over a [Dataset], which declares the columns that metrics
// may name. [Load] checks definitions, with file, line and column of every mistake;
// [Catalog.Compile] makes one statement of a [Query]. Every name in that statement comes
// from a declaration, and every value that a client gave is bound, never written into it.
// The statement returns whole numbers and exact decimals; ratios and formulas are
// computed from them by exact arithmetic, and rounded once.
package metric
