import type { SqlAnswer } from '../../api/types.ts'
import { plain } from '../../format.ts'

export const NUMERIC = /INT|DECIMAL|DOUBLE|FLOAT|REAL/i
const TEMPORAL = /^(TIMESTAMP|DATE)/i

/** Groups the digits of a number as long as none is lost. Years and other integers below `least` digits stay as they are. */
export function groupDigits(value: string, least = 5): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(value)
  if (!match) return value
  const [, sign, whole = '', fraction = ''] = match
  const trimmed = fraction.replace(/0+$/, '')
  const tail = fraction && trimmed.length < 3 ? `.${trimmed.slice(1).padEnd(2, '0')}` : trimmed
  const grouped = whole.length >= least || fraction ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole
  return `${sign ? '\u2212' : ''}${grouped}${tail}`
}

export interface Chart {
  kind: 'time' | 'bars'
  x: string
  y: string
  labels: string[]
  times: number[]
  values: number[]
}

const MOST_BARS = 40

/** A chart of the first column that names or times a row and the first that counts something. */
export function chartOf(answer: SqlAnswer): Chart | null {
  const rows = answer.rows ?? []
  const y = answer.columns.findIndex(column => NUMERIC.test(column.type) && !/_id$|^year$|^month$/.test(column.name))
  if (y < 0 || rows.length < 2) return null
  const time = answer.columns.findIndex(column => TEMPORAL.test(column.type))
  const name = answer.columns.findIndex((_, i) => i !== y)
  const x = time >= 0 ? time : name
  if (x < 0) return null
  const base = { x: answer.columns[x]?.name ?? '', y: answer.columns[y]?.name ?? '' }
  if (time < 0) {
    const shown = rows.slice(0, MOST_BARS)
    return {
      ...base,
      kind: 'bars',
      labels: shown.map(r => plain(r[x])),
      times: [],
      values: shown.map(r => Number(r[y] ?? 0)),
    }
  }
  const sums = new Map<number, number>()
  for (const row of rows) {
    const at = Date.parse(utc(plain(row[x])))
    if (!Number.isNaN(at)) sums.set(at, (sums.get(at) ?? 0) + Number(row[y] ?? 0))
  }
  const points = [...sums].sort((a, b) => a[0] - b[0])
  if (points.length < 2) return null
  return { ...base, kind: 'time', labels: [], times: points.map(p => p[0]), values: points.map(p => p[1]) }
}

/** Times without a zone are UTC here. */
function utc(text: string): string {
  const iso = text.replace(' ', 'T')
  if (/T.*(Z|[+-]\d\d:?\d\d)$/.test(iso)) return iso
  return iso.includes('T') ? `${iso}Z` : `${iso}T00:00:00Z`
}
