package semantic

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Guide is the page docs/bi-tools.md.
func Guide(c *metric.Catalog) []byte {
	var b strings.Builder
	count, sets := 0, datasets(c)
	for _, d := range sets {
		count += len(d.metrics)
	}
	fmt.Fprintf(&b, guideHead, count, len(c.All()), len(sets))
	for _, d := range sets {
		fmt.Fprintf(&b, "\n### %s\n\n%s. Time: `%s`", d.Name, d.Doc, d.Time)
		if d.Currency != "" {
			fmt.Fprintf(&b, ". Currency: `%s`", d.Currency)
		}
		fmt.Fprintf(&b, ".\n\n```sql\n%s\n```\n\n| metric | name | format | expression |\n|---|---|---|---|\n", d.Rows())
		for _, m := range d.metrics {
			expression, _, _ := m.Aggregate()
			fmt.Fprintf(&b, "| `%s` | %s | `%s` | `%s` |\n", m.Name, m.Label, d3Formats[m.Format], strings.ReplaceAll(expression, "|", `\|`))
		}
	}
	b.WriteString("\n## Metrics that only the platform computes\n\n" + guideOthers + "\n\n| metric | name | kind | datasets |\n|---|---|---|---|\n")
	for _, m := range others(c) {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Label, m.Kind, strings.Join(m.Datasets(), ", "))
	}
	return []byte(b.String())
}

const guideOthers = `They are made of rows of several datasets, or ask what happened before: running totals, conversions within a time, the newest value of a stock. Ask
` + "`POST /api/v1/metrics/query`" + `; its answer has the SQL that was run (` + "`statement`" + `), which any tool can run, too. Grafana's [dashboards](grafana.md) and the console's show all.`

const guideHead = `<!-- Generated from internal/warehouse/semantic by "make generate". Do not edit. -->
# Superset and Metabase

Both connect by [PostgreSQL's protocol](postgres-clients.md) and compute numbers themselves. So that they compute the same numbers as the
[catalogue of metrics](metrics.md), %d of its %d metrics are written as expressions over %d datasets; a test runs each and compares.
This page and ` + "`deploy/superset`, `deploy/metabase`" + ` are written anew by ` + "`make generate`" + ` from the platform's own catalogue. A shop's own metrics are not among them.

Give the tool a user of its own with a role: ` + "`max_concurrent`, `timeout` and `max_rows`" + ` bound what a dashboard with many charts asks at once
([users and roles](postgres-clients.md#users-roles-encryption)). The role needs the tables ` + "`events`, `order_lines` and `product_events`" + `.

## Superset

1. Install the driver beside Superset: ` + "`pip install psycopg2-binary`" + `.
2. Set the user, the address and the encryption of your platform in ` + "`deploy/superset/databases/Millrace.yaml`" + `
   (` + "`postgresql+psycopg2://USER:PASSWORD@HOST:5433/millrace?sslmode=require`" + `).
3. Import the folder: ` + "`superset import-directory deploy/superset --overwrite`" + `, or as a ZIP file:

   ` + "```sh" + `
   (cd deploy && zip -r millrace-superset.zip superset)
   ` + "```" + `

   in *Datasets*, *Import*. A later import changes what an earlier one made: the identities stay.
4. Make charts from the datasets ` + "`millrace_…`" + `. Their metrics have names, formats and descriptions.

Superset's own metrics over a dataset, such as ` + "`SUM(amount)`" + `, are not those of the catalogue: which rows count is in the expressions below.

## Metabase

1. *Admin*, *Databases*, *Add*: type PostgreSQL, host, port 5433, database ` + "`millrace`" + `, schema ` + "`main`" + `. Switch *Rerun queries for simple explorations* off, and set
   *Choose when syncs and scans happen* to *Never scan*: a scan reads every column of every table.
2. *New*, *Model*, *SQL query*: paste a file of ` + "`deploy/metabase/models`" + `, and save it by the name of the file.
3. *New*, *SQL query*: paste a file of ` + "`deploy/metabase/questions`" + `: a metric by month. Its variables ` + "`from`, `to` (type date) and `currency` (type text)" + ` may stay empty.
   For other groups, write the expression below over a model: ` + "`SELECT country, EXPRESSION FROM {{#MODEL}} GROUP BY 1`" + `.

Metabase's files of collections are not written: only its paid editions import them.

## What to know

- **Currency.** Amounts of several currencies are not added: an expression is NULL for a group that has more than one. Filter ` + "`currency`" + `, or group by it.
  The platform's own answers take the currency of most order lines where none is named.
- Ratios are double precision; the platform rounds them to six decimals. Sums of money are exact.
- Times are UTC. A range holds its start and not its end.
- Numbers follow the events within a second; a tool's own cache may be older.

## Datasets and metrics
`
