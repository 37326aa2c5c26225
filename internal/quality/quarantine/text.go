package quarantine

import (
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// text shows bytes as the tables do: what is no UTF-8 is written \xNN.
func text(b []byte) string { return string(olap.AppendText(nil, b)) }

// cut keeps messages short.
func cut(s string) string {
	const limit = 500
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
