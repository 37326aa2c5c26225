// The queries that the generic table of an output asks, and shows.
import type { JobOutput } from '../../api/types.ts'

export const LIMIT = 100

/** Quotes a name that may be a word of SQL; none of those has an underscore. */
export function identifier(name: string): string {
  return /^[a-z][a-z0-9]*_[a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** What was published last, revisions and withdrawals included. */
export function resultsSql(output: JobOutput): string {
  return `SELECT *\nFROM ${identifier(`${output.name}_revisions`)}\nORDER BY revision_no DESC\nLIMIT ${LIMIT}`
}

/** What holds now: one row per key, the newest first where the key has a time. */
export function tableSql(output: JobOutput): string {
  const types = new Map(output.columns.map(column => [column.name, column.type]))
  const times = output.key.filter(name => types.get(name)?.startsWith('TIMESTAMP'))
  const order = [
    ...times.map(name => `${identifier(name)} DESC`),
    ...output.key.filter(k => !times.includes(k)).map(identifier),
  ]
  const by = order.length > 0 ? `\nORDER BY ${order.join(', ')}` : ''
  return `SELECT *\nFROM ${identifier(output.name)}${by}\nLIMIT ${LIMIT}`
}
