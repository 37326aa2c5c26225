package duckdb

import "strings"

// explained returns where the statement starts that an EXPLAIN explains, or 0.
// The parser's tree covers queries only.
func explained(sql string) int {
	i, word := nextWord(sql, 0)
	if word != "EXPLAIN" {
		return 0
	}
	end := i
	for {
		i, word = nextWord(sql, end)
		switch {
		case word == "ANALYZE" || word == "VERBOSE":
			end = i
		case word == "(" && isExplainOption(sql, i):
			closing := strings.IndexByte(sql[i:], ')')
			if closing < 0 {
				return end
			}
			end = i + closing + 1
		default:
			return end
		}
	}
}

func isExplainOption(sql string, from int) bool {
	_, word := nextWord(sql, from)
	return word == "ANALYZE" || word == "VERBOSE" || word == "FORMAT"
}

// nextWord returns the next word in upper case, or the next other character, and
// where it ends. It skips space and comments.
func nextWord(sql string, i int) (end int, word string) {
	for i < len(sql) {
		rest := sql[i:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			i++
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				return len(sql), ""
			}
			i += n + 1
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return len(sql), ""
			}
			i += n + 4
		default:
			n := 0
			for n < len(rest) && (rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z') {
				n++
			}
			n = max(n, 1)
			return i + n, strings.ToUpper(rest[:n])
		}
	}
	return i, ""
}
