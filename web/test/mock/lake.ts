// What the mock says of the lake.
import type { Lake, LakeDetail, LakeTable, LakeTiers } from '../../src/api/lake.ts'
import type { Problem } from '../../src/api/types.ts'

const AT = Date.parse('2011-12-09T12:50:00Z')
const MIB = 1024 * 1024
const NAMES = ['events', 'order_lines', 'duplicates', 'rejections', 'corrections', 'kpis_revisions']
const OFFSETS = { 0: 135_477, 1: 135_478, 2: 135_477, 3: 135_477 }

function table(name: string): LakeTable {
  const main = name === 'events' || name === 'order_lines'
  return {
    name,
    comment: `The table ${name}`,
    rows: main ? 539_392 : 5268,
    bytes: main ? 41 * MIB : 190_000,
    files: main ? 14 : 1,
    ...(main ? { partition: 'month(event_time)' } : {}),
    snapshot: '3776004512210441027',
    kept: 3,
    changed: new Date(AT).toISOString(),
    metadata: `/data/lake/millrace/${name}/metadata/00003-5f0c6f51-0c8e-4d5d-9a35-9a9f0f0f8c11.metadata.json`,
    offsets: name.endsWith('_revisions') ? {} : OFFSETS,
    ...(name.endsWith('_revisions') ? { results: 12_004 } : {}),
  }
}

function detail(name: string): LakeDetail {
  const months = Array.from({ length: 13 }, (_, i) => new Date(Date.UTC(2010, 11 + i, 1)).toISOString())
  const snapshot = (id: string, hours: number, summary: Record<string, string>, operation = 'append') => ({
    id,
    at: new Date(AT - hours * 3_600_000).toISOString(),
    operation,
    offsets: hours > 2 ? { 0: 100_000, 1: 100_000, 2: 100_000, 3: 100_000 } : OFFSETS,
    summary,
  })
  return {
    ...table(name),
    columns: [{ name: 'event_id', type: 'uuid', id: 1 }],
    file_list: [...months, months[12] ?? ''].map((from, i) => ({
      path: `/data/lake/millrace/${name}/data/${from.slice(0, 7)}-${i}.parquet`,
      rows: 38_000 + i * 800,
      bytes: i === 13 ? 400_000 : (2 + i) * MIB,
      from,
    })),
    snapshots: [
      snapshot('1189400912210441001', 3, { 'total-records': '401000' }),
      snapshot('2200112233445566778', 2, { 'total-records': '539400', 'total-position-deletes': '8' }, 'delete'),
      snapshot('3776004512210441027', 0, { 'total-records': '539392', 'millrace.reason': 'compaction' }, 'replace'),
    ],
    refs: [
      { name: 'main', branch: true, snapshot: '3776004512210441027' },
      { name: 'closing-2011-11', branch: false, snapshot: '1189400912210441001' },
    ],
  }
}

function list(empty: boolean): Lake {
  const steps = ['flush', 'expire_rows', 'compact', 'tier', 'clean_up'] as const
  return {
    tables: empty ? [] : NAMES.map(table),
    written: empty ? 0 : 1_083_000,
    ...(empty ? {} : { flushed: new Date(Date.now() - 600_000).toISOString() }),
    next: new Date(Date.now() + 3_000_000).toISOString(),
    work: steps.map(step => ({
      step,
      took_ms: empty ? 0 : 840,
      total_ms: empty ? 0 : 5100,
      ...(empty ? {} : { at: new Date(Date.now() - 600_000).toISOString() }),
      ...(step === 'compact' && !empty
        ? { files: 40, bytes: 61 * MIB, failed: 'cannot compact events: no space left on device' }
        : {}),
      ...(step === 'flush' && !empty ? { rows: 1_083_000 } : {}),
    })),
    policy: {
      flush_seconds: 3600,
      flush_rows: 1_000_000,
      hot_days: 120,
      keep_days: { events: 330 },
      file_bytes: 128 * MIB,
      snapshot_seconds: 604_800,
      orphan_seconds: 86_400,
    },
  }
}

const TIERS: LakeTiers = {
  waiting: 1200,
  hot: 240_112,
  cold: 299_280,
  oldest: '2010-12-01T00:00:00Z',
  first: '2011-08-10T00:00:00Z',
  below: '2011-08-10T00:00:00Z',
  newest: '2011-12-09T12:50:00Z',
  next: '2011-08-11T00:00:00Z',
  expires: '2011-01-13T12:50:00Z',
}

const NO_LAKE = {
  status: 404,
  title: 'Not Found',
  detail: 'This process writes no lake; set lake.enabled, or ask one that runs the pass.',
}

/** The answer to a question about the lake; null for another question. */
export function lake(path: string, mood: string): Lake | LakeDetail | LakeTiers | Problem | null {
  if (!/^\/lake(\/|$)/.test(path) || path === '/lake/sql') return null
  if (mood === 'off') return NO_LAKE
  if (path === '/lake') return list(mood === 'empty')
  if (path === '/lake/tiers') return mood === 'empty' ? { waiting: 0, hot: 0, cold: 0 } : TIERS
  const name = path.split('/')[3] ?? ''
  return NAMES.includes(name) ? detail(name) : { ...NO_LAKE, detail: `the lake has no such table: "${name}".` }
}
