package quality

import "strings"

// suggest ends an error about an unknown word: the known word that was probably
// meant, or all of them.
func suggest(word string, known []string) string {
	best, bestDistance := "", max(2, len(word)/3)+1
	for _, k := range known {
		if len(k)-len(word) >= bestDistance || len(word)-len(k) >= bestDistance {
			continue
		}
		if d := distance(word, k); d < bestDistance && d < len(k) {
			best, bestDistance = k, d
		}
	}
	if best != "" {
		return `did you mean "` + best + `"?`
	}
	return "it can be " + strings.Join(known, ", ")
}

// distance is Levenshtein's: the fewest insertions, deletions and replacements
// of bytes that make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
