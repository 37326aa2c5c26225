package duckdb

import (
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// explained returns where the statement starts that an EXPLAIN explains, or 0: the parser's
// tree covers queries only. It returns the text that is to run: what stands before that place
// is written anew from the words that were understood, because DuckDB may see another end of
// a comment than is seen here, and run what was not checked.
func explained(sql string) (body int, run string) {
	end, word := nextWord(sql, 0)
	if word != "EXPLAIN" {
		return 0, sql
	}
	prefix := blank(sql)
	keep := func(end int, word string) { copy(prefix[end-len(word):], word) }
	keep(end, word)
	for {
		i, word := nextWord(sql, end)
		switch {
		case word == "ANALYZE" || word == "VERBOSE":
			keep(i, word)
			end = i
		case word == "(" && isExplainOption(sql, i):
			for word != ")" {
				if word != "(" && word != "," && (word == "" || word[0] < 'A' || word[0] > 'Z') {
					return 0, sql // no option: the parser refuses it
				}
				keep(i, word)
				i, word = nextWord(sql, i)
			}
			keep(i, word)
			end = i
		default:
			return end, string(prefix[:end]) + sql[end:]
		}
	}
}

// blank returns spaces in the place of a text; its lines stay.
func blank(sql string) []byte {
	out := []byte(sql)
	for i, c := range out {
		if c != '\n' {
			out[i] = ' '
		}
	}
	return out
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
			i += olap.CommentEnd(rest)
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
