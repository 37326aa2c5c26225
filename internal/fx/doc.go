// Package fx converts money between currencies by the euro reference rates that the
// European Central Bank publishes on each of its working days since 1999. On other days
// the last rate before holds, for at most [MaxAge]; a currency that the bank no longer
// quotes has no rate.
//
// Rates are decimals and are used exactly: amount × rate(to) ÷ rate(from), computed in
// 128 bits and rounded once, to the nearest, halves away from zero. A copy of the bank's
// file is embedded; [Load] takes a newer one.
//
// Source: European Central Bank, euro foreign exchange reference rates,
// https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip, unchanged. The bank allows
// reuse that names it as the source. The rates are for information, not for transactions.
package fx
