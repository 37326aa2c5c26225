// A definition as the file that says the same: a chart a line, so that a change is a line of the difference.
import type { BoardDefinition, ChartSpec, Filter } from '../../../api/boards.ts'

const PLAIN = /^[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*$/
const WORDS = /^(true|false|yes|no|on|off|null|y|n)$/i

/** A text as YAML takes it for a text; JSON's form is one of YAML's. */
export function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  return PLAIN.test(value) && !WORDS.test(value) ? value : JSON.stringify(value)
}

function filterText(filter: Filter): string {
  const parts = [`dimension: ${scalar(filter.dimension)}`]
  if (filter.operator) parts.push(`operator: ${scalar(filter.operator)}`)
  if (filter.values?.length) parts.push(`values: ${list(filter.values)}`)
  return `{${parts.join(', ')}}`
}

const list = (values: readonly string[]) => `[${values.map(scalar).join(', ')}]`

function chartText(chart: ChartSpec): string {
  const parts = [`id: ${scalar(chart.id)}`]
  if (chart.title) parts.push(`title: ${scalar(chart.title)}`)
  parts.push(`kind: ${chart.kind}`)
  if (chart.metrics?.length) parts.push(`metrics: ${list(chart.metrics)}`)
  if (chart.by?.length) parts.push(`by: ${list(chart.by)}`)
  for (const name of ['grain', 'width', 'order', 'limit', 'currency', 'text'] as const) {
    const value = chart[name]
    if (value !== undefined) parts.push(`${name}: ${scalar(value)}`)
  }
  if (chart.filters?.length) parts.push(`filters: [${chart.filters.map(filterText).join(', ')}]`)
  return `      - {${parts.join(', ')}}`
}

export function yamlOf(definition: BoardDefinition): string {
  const lines = [`version: ${definition.version}`, `id: ${scalar(definition.id)}`, `title: ${scalar(definition.title)}`]
  if (definition.description) lines.push(`description: ${scalar(definition.description)}`)
  if (definition.range) lines.push(`range: ${scalar(definition.range).replaceAll('"', '')}`)
  if (definition.compare) lines.push(`compare: ${definition.compare}`)
  if (definition.filters?.length) lines.push(`filters: ${list(definition.filters)}`)
  lines.push(definition.rows.length > 0 ? 'rows:' : 'rows: []')
  for (const row of definition.rows) {
    lines.push(row.title ? `  - title: ${scalar(row.title)}\n    charts:` : '  - charts:')
    lines.push(...row.charts.map(chartText))
  }
  return `${lines.join('\n')}\n`
}
