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

// ofArray reports whether a call lists the places of an array: ODBC's driver writes
// generate_series(array_lower(a, 1), array_upper(a, 1)).
func ofArray(name string, args []any) bool {
	if name != "generate_series" || len(args) != 2 {
		return false
	}
	from, _ := args[0].(map[string]any)
	to, _ := args[1].(map[string]any)
	return lower(from, "function_name") == "array_lower" && lower(to, "function_name") == "array_upper" && sameNodes(from["children"], to["children"])
}

// sameNodes reports whether two syntax trees say the same, wherever they stand.
func sameNodes(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameNodes)
	case map[string]any:
		b, ok := b.(map[string]any)
		for key, v := range a {
			ok = ok && (key == "query_location" || sameNodes(v, b[key]))
		}
		return ok && len(a) == len(b)
	}
	return a == b
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
	case !grows || small != nil && small(args), w.catalogue && ofArray(name, args):
	case small != nil:
		w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the function %s is allowed with a plain width of at most %d only", name, maxWidth))
	case slices.Contains(allowedTableFunctions, name):
		w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the function %s is allowed in FROM only, because nothing limits the size of what it makes", name))
	default:
		w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the function %s is not allowed here, because nothing limits the size of what it makes", name))
	}
}
