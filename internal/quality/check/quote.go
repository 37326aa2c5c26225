package check

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// quotes reports whether values that the check looks at may be those of a quarantined
// event. Such an event can be purged, and tables hide by themselves what it had (ADR 70);
// a result would go on to show it, so it names the rows and not their values.
func (c *Check) quotes() bool {
	if c.sql != "" {
		text := strings.ToLower(c.sql)
		return slices.ContainsFunc(olap.Tables(), func(t olap.Table) bool {
			return strings.Contains(text, t.Name) && slices.ContainsFunc(t.Columns, purgeable)
		})
	}
	column, err := columnOf(c.table, c.Column)
	return err == nil && column != nil && purgeable(*column)
}

func purgeable(c olap.Column) bool { return c.Purged }
