import type { Row } from '../../../api/types.ts'
import { literal, productSql, sqlHref } from '../../../metric.ts'
import { Link } from '../../../ui/control.tsx'
import { useRows } from '../query.ts'
import { text } from '../read.ts'

const readName = (row: Row): [string, string] => [text(row['product_id']), text(row['name'])]

/** The names of products, as their orders have them; a product that nobody bought has none. */
export function useProductNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const list = [...new Set(ids)].filter(id => id !== '').sort()
  const sql =
    list.length === 0
      ? null
      : `SELECT product_id, any_value(product_name) AS name
FROM order_lines
WHERE product_id IN (${list.map(literal).join(', ')})
GROUP BY product_id`
  const { items } = useRows(sql, readName, Number.POSITIVE_INFINITY)
  return new Map((items ?? []).filter(([, name]) => name !== ''))
}

export function Product({ id, names }: { id: string; names: ReadonlyMap<string, string> }) {
  const name = names.get(id)?.trim()
  return (
    <Link href={sqlHref(productSql(id, {}))} className="cell-link" title={`${name ?? id}: its rows in SQL`}>
      {name || id}
    </Link>
  )
}
