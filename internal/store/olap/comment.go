package olap

// CommentEnd returns where the comment ends that a statement begins with. Comments nest, and
// one that is not closed ends with the statement.
func CommentEnd(sql string) int {
	depth := 0
	for i := 0; i+1 < len(sql); i++ {
		switch sql[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(sql)
}
