// Package spell finds the word that a mistyped one most probably meant.
package spell

import "strings"

// Nearest returns the candidate that a mistyped word most probably meant, or ""
// when none is near: a third of its letters, or two, may be wrong, or it may be
// the beginning or an extension of the candidate.
func Nearest(word string, candidates []string) string {
	const longest = 64 // a longer word is no typing mistake, and distance is quadratic
	if len(word) > longest {
		return ""
	}
	best, bestDistance := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		if d := distance(word, c, bestDistance); d < bestDistance && d < len(c) {
			best, bestDistance = c, d
		}
	}
	for i := 0; best == "" && len(word) >= 3 && i < len(candidates); i++ {
		c := candidates[i]
		if strings.HasPrefix(c, word) || (len(c) >= 3 && strings.HasPrefix(word, c)) {
			best = c
		}
	}
	return best
}

// Suggest ends an error about an unknown word: the known word that was probably
// meant, or all of them.
func Suggest(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return `did you mean "` + near + `"?`
	}
	return "it can be " + strings.Join(known, ", ")
}

// distance is the optimal string alignment distance (insert, delete, replace,
// swap of neighbours) of a and b; at least limit when the lengths alone differ
// by that much.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
