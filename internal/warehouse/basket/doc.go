// Package basket finds what is bought together: itemsets that are frequent in baskets, by
// FP-growth (Han, Pei, Yin, "Mining Frequent Patterns without Candidate Generation", SIGMOD
// 2000), and the association rules that follow from them. Its functions are pure.
package basket
