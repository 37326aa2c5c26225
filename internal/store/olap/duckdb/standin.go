package duckdb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// standIn checks a user's statement over what stands in the place of the tables: temporary
// views, which only this connection has. The statement names them without a schema, so
// that none of the store's own tables is meant.
func (c *cursor) standIn(q *olap.Query) error {
	names := slices.Sorted(maps.Keys(q.Views))
	may, err := checkUntrusted(c.conn, q, names, names)
	if err != nil {
		return err
	}
	if may.catalogue {
		return &olap.Error{Kind: olap.ErrNotQuery, Message: "the catalogues are not asked as of another time"}
	}
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "CREATE TEMP VIEW %s AS %s;\n", quote(name), q.Views[name])
	}
	return c.conn.exec(b.String())
}
