package duckdb

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/millrace/millrace/internal/store/olap"
)

// growing are functions whose result may be far larger than their arguments:
// DuckDB's memory limit does not see the text and the lists of a row, so that one
// call could take all memory of the machine. A nil check refuses the function.
var growing = map[string]func(args []any) bool{
	"repeat": nil, "list_resize": nil, "array_resize": nil, "bar": nil,
	"range": nil, "generate_series": nil, // allowed in FROM, where they make rows
	"lpad": smallWidth, "rpad": smallWidth, "format": smallFormat, "printf": smallFormat,
}

// answeredApart are functions that the catalogues answer by themselves, and the session.
var answeredApart = []string{"current_setting", "txid_current", "pg_get_viewdef", "pg_get_constraintdef"}

const maxWidth = 1000

func smallWidth(args []any) bool {
	width, ok := constant(args, 1).(float64)
	return ok && width <= maxWidth
}

var wideFormat = regexp.MustCompile(`[0-9]{4}|\{[^}]*\{|\*`)

func smallFormat(args []any) bool {
	format, ok := constant(args, 0).(string)
	return ok && !wideFormat.MatchString(format)
}

// constant returns the value of an argument, or nil when it is not a constant.
func constant(args []any, k int) any {
	if k >= len(args) {
		return nil
	}
	arg, _ := args[k].(map[string]any)
	value, _ := arg["value"].(map[string]any)
	return value["value"]
}

func (w *walk) checkFunction(n map[string]any, name string) {
	if w.catalogue && slices.Contains(answeredApart, name) {
		return
	}
	if w.session && !w.catalogue {
		w.timeFunction(n, name)
	}
	if slices.Contains(deniedFunctions, name) {
		w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the function %s is not allowed here: %s", name, insteadOf(name)))
	}
	small, grows := growing[name]
	args, _ := n["children"].([]any)
	switch {
	case !grows || small != nil && small(args):
	case small != nil:
		w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the function %s is allowed with a plain width of at most %d only", name, maxWidth))
	case slices.Contains(allowedTableFunctions, name):
		w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the function %s is allowed in FROM only, because nothing limits the size of what it makes", name))
	default:
		w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the function %s is not allowed here, because nothing limits the size of what it makes", name))
	}
}
