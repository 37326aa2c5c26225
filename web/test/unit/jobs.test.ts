import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withResults } from '../../src/api/results.ts'
import type { Job, JobOutput, ResultEvent, SourceWatermark, SqlAnswer } from '../../src/api/types.ts'
import { axisLabels, axisStarts } from '../../src/chart/axis.ts'
import { behindText, brief, leastOf, progress, reasonOf, referenceOf } from '../../src/page/jobs/behind.ts'
import { boundOf, newest } from '../../src/page/jobs/bound.ts'
import { answerOf } from '../../src/page/jobs/published.ts'
import { addSamples, rateOf, courseOf as ratesOf } from '../../src/page/jobs/rate.ts'
import { jsonOf } from '../../src/page/jobs/read.ts'
import { resultsSql, tableSql } from '../../src/page/jobs/statement.ts'
import { inTurn } from '../../src/page/jobs/turn.ts'
import { courseOf } from '../../src/page/jobs/view/course.ts'
import { FIGURES, MINUTE_MS, minutesOf, readMinute } from '../../src/page/jobs/view/series.ts'
import { conversionOf, HOUR_MS, stepsOf } from '../../src/page/jobs/view/steps.ts'
import { sumsBy } from '../../src/page/jobs/view/sums.ts'

const NOW = Date.parse('2026-11-21T16:30:00Z')
const iso = (ms: number) => new Date(ms).toISOString()

function job(values: number, outputs: number): Job {
  return {
    name: 'kpis',
    version: 1,
    description: '',
    state: 'running',
    values,
    outputs,
    late: 0,
    entries: 0,
    memory_bytes: 0,
    out: [],
  }
}

const source = (behind: (number | null)[], idle = false): SourceWatermark => ({
  source: 'web',
  watermark: iso(NOW - Math.max(...behind.map(ms => ms ?? 0)) - 5000),
  idle,
  ...(idle ? {} : { holder: behind.indexOf(Math.max(...behind.map(ms => ms ?? 0))) }),
  partitions: behind.map((ms, partition) => ({ partition, idle: ms === null, newest: iso(NOW - (ms ?? 9_000_000)) })),
})

test('a rate is over the last ten seconds, and begins again when counts fall', () => {
  let samples = addSamples(new Map(), [job(0, 0)], 0)
  assert.equal(rateOf(samples.get('kpis'), 'outputs'), null)
  for (let at = 1; at <= 20; at += 1)
    samples = addSamples(samples, [job(100 * at, at <= 10 ? 0 : 5 * (at - 10))], at * 1000)
  assert.equal(rateOf(samples.get('kpis'), 'values'), 100)
  assert.equal(rateOf(samples.get('kpis'), 'outputs'), 5)
  assert.equal(ratesOf(samples.get('kpis'), 'outputs').at(0), 0)
  assert.equal(ratesOf(samples.get('kpis'), 'outputs').at(-1), 5)
  samples = addSamples(samples, [job(3, 0)], 21_000)
  assert.equal(samples.get('kpis')?.length, 1)
  assert.equal(addSamples(samples, [], 22_000).size, 0)
})

test('watermarks are behind the clock while events are of now, and behind the newest event in a replay', () => {
  assert.equal(referenceOf([], NOW), null)
  const live = [source([2000, 400])]
  assert.deepEqual(referenceOf(live, NOW), { at: NOW, name: 'now' })
  assert.equal(behindText(live[0]?.watermark, referenceOf(live, NOW)), '7 s behind now')
  const years = NOW + 15 * 365 * 86_400_000
  const replay = referenceOf(live, years)
  assert.deepEqual(replay, { at: NOW - 400, name: 'the newest event' })
  assert.equal(behindText(live[0]?.watermark, replay), '6.6 s behind the newest event')
  assert.equal(behindText(iso(NOW + 5000), replay), 'at the newest event')
  assert.equal(behindText(undefined, replay), '')
})

test('a source says who holds it and why', () => {
  assert.equal(reasonOf(source([700, 2400])), 'held by partition 1: its newest event, less 5 s for events out of order')
  assert.match(reasonOf(source([null], true)), /^sends nothing/)
  assert.equal(
    reasonOf({ source: 'x', idle: false, holder: 0, partitions: [{ partition: 0, idle: false }] }),
    'no event yet',
  )
})

test('bars of partitions reach from the slowest that is not idle to now', () => {
  const sources = [source([8000, 0, null])]
  const least = leastOf(sources, NOW)
  assert.equal(least, NOW - 8000)
  const [slow, fast, idle] = sources[0]?.partitions ?? []
  assert.ok(slow && fast && idle)
  assert.equal(progress(slow, least, NOW), 0)
  assert.equal(progress(fast, least, NOW), 1)
  assert.equal(progress(idle, least, NOW), 0)
})

test('short times have no more digits than they need', () => {
  assert.deepEqual([400, 5000, 7430, 600_000, 605_000, 7_200_000].map(brief), [
    '400 ms',
    '5 s',
    '7.4 s',
    '10 min',
    '10 min 5 s',
    '2 h',
  ])
})

test('rows of tomorrow stay out of what is now', () => {
  assert.equal(boundOf({ watermark: '2026-11-21T16:29:55.2Z' }), "TIMESTAMP '2026-11-21 16:30:00'")
  assert.equal(boundOf({}), '')
  assert.match(
    newest('kpis', 'minute', '60 MINUTE', "TIMESTAMP 'x'"),
    /^minute <= TIMESTAMP 'x'\n {2}AND minute > \(SELECT max/,
  )
  assert.match(newest('kpis', 'minute', '60 MINUTE', ''), /^true/)
})

const OUTPUT: JobOutput = {
  kind: 'table',
  name: 'orders',
  description: '',
  key: ['group', 'since'],
  columns: [
    { name: 'group', type: 'VARCHAR', comment: '' },
    { name: 'since', type: 'TIMESTAMP', comment: '' },
    { name: 'until', type: 'TIMESTAMP', comment: '' },
  ],
}

test('an output’s queries quote what may be a word of SQL, and show the newest first', () => {
  assert.equal(resultsSql(OUTPUT), 'SELECT *\nFROM orders_revisions\nORDER BY revision_no DESC\nLIMIT 100')
  assert.equal(tableSql(OUTPUT), 'SELECT *\nFROM "orders"\nORDER BY "since" DESC, "group"\nLIMIT 100')
  assert.equal(tableSql({ ...OUTPUT, key: [] }), 'SELECT *\nFROM "orders"\nLIMIT 100')
})

const result = (number: number, row: Record<string, unknown>): ResultEvent => ({
  number,
  job: 'a',
  output: 'orders',
  kind: 'table',
  time: iso(NOW),
  row,
})

test('what the table has and what came since are one list, each result once', () => {
  const base: SqlAnswer = {
    columns: ['revision_no', 'since', 'group', 'until'].map(name => ({ name, type: 'VARCHAR' })),
    rows: [
      [7, 's7', 'g7', null],
      [5, 's5', 'g5', 'u5'],
    ],
    row_count: 2,
    truncated: false,
    elapsed_ms: 1,
  }
  const live = withResults(withResults([], [result(7, { group: 'g7', since: 's7' })]), [
    result(9, { group: '', since: 's9', until: '1970-01-01T00:00:00Z' }),
    result(7, { group: 'g7', since: 's7' }),
  ])
  assert.deepEqual(
    live.map(r => r.number),
    [9, 7],
  )
  const answer = answerOf(OUTPUT, live, base, 2)
  assert.deepEqual(
    answer.columns.map(c => c.name),
    ['revision_no', 'group', 'since', 'until'],
  )
  assert.deepEqual(answer.rows, [
    [9, null, 's9', null],
    [7, 'g7', 's7', null],
  ])
  assert.equal(answerOf(OUTPUT, [], base, 9).rows.length, 2)
})

test('a table’s queries take turns, two at a time, in order, whether they fail or not', async () => {
  let running = 0
  let most = 0
  const done: number[] = []
  const work = (n: number) =>
    inTurn(async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise(resolve => setImmediate(resolve))
      running -= 1
      done.push(n)
      if (n % 2 === 0) throw new Error(String(n))
    })
  await Promise.allSettled([1, 2, 3, 4, 5].map(work))
  assert.equal(most, 2)
  assert.deepEqual(done, [1, 2, 3, 4, 5])
})

test('minutes without events count as zero, and keep the carts that are open', () => {
  const row = (minutesAgo: number, orders: number, carts: number) =>
    readMinute({
      minute: iso(NOW - minutesAgo * MINUTE_MS),
      revenue: (orders * 10.5).toFixed(6),
      orders,
      units: 0,
      sessions_with_view: 40,
      open_carts: carts,
      cancellations: 0,
    })
  const minutes = minutesOf([row(0, 2, 9), row(3, 4, 7), row(90, 50, 1)], 60)
  assert.equal(minutes.length, 60)
  assert.deepEqual(
    minutes.slice(-4).map(m => [m.orders, m.carts]),
    [
      [4, 7],
      [0, 7],
      [0, 7],
      [2, 9],
    ],
  )
  const over = Object.fromEntries(FIGURES.map(f => [f.key, f.over(minutes)]))
  assert.deepEqual(over, { revenue: 63, orders: 6, aov: 10.5, conversion: 6 / 80, carts: 9, cancellations: 0 })
  assert.equal(minutesOf([row(0, 2, 9)], 60).length, 1)
})

test('the funnel adds hours up, and an hour without visits has no share', () => {
  const step = (hour: number, no: number, visits: number) => ({
    hour: hour * HOUR_MS,
    no,
    step: ['visit', 'order'][no] ?? '',
    visits,
  })
  const rows = [step(0, 0, 100), step(0, 1, 5), step(2, 0, 50), step(2, 1, 10)]
  assert.deepEqual(
    stepsOf(rows).map(s => s.visits),
    [150, 15],
  )
  assert.deepEqual(conversionOf(rows), { times: [0, HOUR_MS, 2 * HOUR_MS], values: [0.05, null, 0.2] })
})

test('a course holds each score until the next', () => {
  const course = courseOf(
    [
      { until: 0, score: 4 },
      { until: 12, score: 8 },
    ],
    0,
    24,
  )
  assert.deepEqual([course[0], course[10], course[11], course[23]], [4, 4, 8, 8])
  assert.equal(courseOf([], 0, 24)[0], 0)
})

test('segments are added up, the most valuable first', () => {
  const cell = (segment: string, value: number) => ({
    segment,
    recency: 1,
    frequency: 1,
    customers: 2,
    value,
    orders: 3,
  })
  assert.deepEqual(
    sumsBy([cell('new', 5), cell('lost', 8), cell('new', 6)], c => c.segment),
    [
      ['new', { customers: 4, value: 11, orders: 6 }],
      ['lost', { customers: 2, value: 8, orders: 3 }],
    ],
  )
})

test('lists of a table are read, whatever is in them', () => {
  assert.deepEqual(jsonOf('["a"]', []), ['a'])
  assert.deepEqual(jsonOf('no json', []), [])
  assert.deepEqual(jsonOf(null, []), [])
  assert.deepEqual(jsonOf(['a'], []), ['a'])
})

test('an axis of minutes has labels at round minutes, whatever the bucket', () => {
  const minutes = Array.from({ length: 60 }, (_, i) => NOW / 1000 + (i - 59) * 60)
  const starts = axisStarts(minutes, 60, 800, 66)
  assert.deepEqual(axisLabels(starts.slice(0, 2), 60), ['15:35\n21 Nov', '15:40'])
  const tens = Array.from({ length: 360 }, (_, i) => NOW / 1000 + i * 10)
  assert.equal(axisStarts(tens, 10, 800, 66).length, 12)
})
