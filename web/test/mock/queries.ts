// Saved queries of the stand-in: one with parameters and a schedule.
import type { QueryDefinition, QueryRun, SavedQuery } from '../../src/api/queries.ts'
import type { Problem, SqlAnswer } from '../../src/api/types.ts'

const weekly: QueryDefinition = {
  version: 1,
  id: 'weekly-revenue',
  title: 'Revenue by country',
  description: 'What the sales team reads on Mondays.',
  owner: 'ann',
  sql: 'SELECT country, sum(amount) AS revenue\nFROM order_lines\nWHERE event_time >= $from AND ($country IS NULL OR country = $country)\nGROUP BY ALL',
  parameters: [
    { name: 'from', type: 'date', title: 'From', default: 'week-1w' },
    { name: 'country', type: 'text', title: 'Country', optional: true, options: ['GB', 'DE', 'FR'] },
  ],
  schedule: { cron: '0 8 * * 1', zone: 'Europe/London', when: 'rows', to: ['sales-team'], format: 'csv' },
}

const runs: QueryRun[] = [
  {
    due: '2026-11-16T08:00:00Z',
    started: '2026-11-16T08:00:00Z',
    elapsed_ms: 31,
    outcome: 'sent',
    rows: 37,
    missed: 2,
  },
  {
    due: '2026-11-09T08:00:00Z',
    started: '2026-11-09T08:00:00Z',
    elapsed_ms: 30_000,
    outcome: 'failed',
    rows: 0,
    error: 'the query took longer than 30s: filter more rows, or ask for less',
  },
]

/** The saved queries of one console under test. */
export class Queries {
  private readonly saved = new Map<string, SavedQuery>([
    [weekly.id, { definition: weekly, origin: 'saved', version: 'a1', number: 3 }],
  ])

  answer(method: string, path: string, body: Record<string, unknown>, empty: boolean): unknown {
    if (path === '/sql/slow') return { queries: empty ? [] : [SLOW] }
    const [, , id = '', what = ''] = path.split('/')
    if (id === '') {
      const all = empty ? [] : [...this.saved.values()]
      return {
        targets: ['sales-team', 'finance-slack'],
        queries: all.map(q => ({
          id: q.definition.id,
          title: q.definition.title,
          owner: q.definition.owner,
          origin: q.origin,
          schedule: q.definition.schedule?.cron,
          zone: q.definition.schedule?.zone,
          last_run: q.definition.schedule ? runs[0] : undefined,
        })),
      }
    }
    if (method === 'PUT') {
      const definition = body.definition as QueryDefinition
      const before = this.saved.get(id)
      const after: SavedQuery = { definition, origin: 'saved', version: 'b2', number: (before?.number ?? 0) + 1 }
      this.saved.set(id, after)
      return after
    }
    const found = this.saved.get(id)
    if (!found) return { status: 404, title: 'Not Found', detail: `There is no such saved query: "${id}".` } as Problem
    if (what === 'runs') return { runs: found.definition.schedule ? runs : [], next: '2026-11-23T08:00:00Z' }
    if (what === 'run') return rows(body.arguments as Record<string, string>)
    if (what === 'send') return runs[0]
    return found
  }
}

const SLOW = {
  at: '2026-11-22T06:00:00Z',
  user: 'ann',
  sql: 'SELECT count(*) FROM events a, events b',
  elapsed_ms: 30_001,
  rows: 0,
  error: 'timeout',
}

function rows(args: Record<string, string>): SqlAnswer {
  const all = [
    ['GB', '8187806.364'],
    ['DE', '221698.21'],
    ['FR', '197403.9'],
  ].filter(row => !args.country || row[0] === args.country)
  return {
    columns: [
      { name: 'country', type: 'VARCHAR' },
      { name: 'revenue', type: 'DECIMAL(38,6)' },
    ],
    rows: all,
    row_count: all.length,
    truncated: false,
    elapsed_ms: 4.2,
  }
}
