import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BoardDefinition } from '../../src/api/boards.ts'
import type { MetricHead, MetricRow, MetricsResult } from '../../src/api/types.ts'
import { spread } from '../../src/chart/board/draw.ts'
import { added, moved, removed, resized, stepped } from '../../src/page/board/editor/draft.ts'
import { scalar, yamlOf } from '../../src/page/board/editor/yaml.ts'
import { barsOf, changeOf, changesOf, courseOf, nothingIn } from '../../src/page/board/shape.ts'
import { filtersOf, viewOf, withFilter } from '../../src/page/board/view.ts'

const board: BoardDefinition = {
  version: 1,
  id: 'a',
  title: 'A',
  rows: [
    {
      charts: [
        { id: 'x', kind: 'line', metrics: ['revenue'] },
        { id: 'y', kind: 'bar' },
      ],
    },
    { charts: [{ id: 'z', kind: 'text' }] },
  ],
}
const ids = (d: BoardDefinition) => d.rows.map(row => row.charts.map(c => c.id).join(' ')).join(' | ')

test('charts move within rows and between them, and an empty row goes', () => {
  assert.equal(ids(stepped(board, 'x', 'ArrowRight')), 'y x | z')
  assert.equal(ids(stepped(board, 'z', 'ArrowUp')), 'z x y')
  assert.equal(ids(moved(board, 'y', { row: 2, at: 0 })), 'x | z | y')
  assert.equal(ids(removed(board, 'z')), 'x y')
  assert.equal(resized(board, 'x', 40).rows[0]?.charts[0]?.width, 12)
  assert.equal(added(added(board, 'bar', ['x']).definition, 'bar', ['x']).id, 'x-3')
})

test('filters and range are in the address; what is wrong there is not asked for', () => {
  const params = withFilter(new URLSearchParams('filter=country:GB&filter=country:FR'), 'channel', ['a:b'])
  assert.deepEqual(filtersOf(params), [
    { dimension: 'country', values: ['GB', 'FR'] },
    { dimension: 'channel', values: ['a:b'] },
  ])
  assert.equal(viewOf(board, new URLSearchParams('range=nine')).range, '28d')
  assert.equal(viewOf(board, new URLSearchParams('from=2011-01-01&to=2011-02-01')).from, '2011-01-01T00:00:00Z')
})

test('a definition is a file with a chart a line, and texts stay texts', () => {
  assert.equal(scalar('no'), '"no"')
  assert.equal(scalar('a: b'), '"a: b"')
  assert.match(yamlOf(board), /^ {6}- \{id: x, kind: line, metrics: \[revenue\]\}$/m)
})

test('labels at the ends of lines do not touch', () => {
  const label = (y: number) => ({ text: '', y, color: '', strong: true })
  const ys = spread([label(98), label(50), label(99)], 0, 100, 10).map(l => l.y)
  ys.sort((a, b) => a - b)
  assert.deepEqual(ys, [50, 90, 100])
})

const head = (name: string, format = 'count', better = 'higher'): MetricHead => ({
  name,
  label: name,
  format,
  better,
  kind: 'simple',
  computed: name,
  version: '1',
})

const answer = (metric: MetricHead, dimensions: string[], rows: MetricRow[], rest: Partial<MetricsResult> = {}) =>
  ({ metrics: [metric], dimensions, rows, open: [], ...rest }) as unknown as MetricsResult

test('a day on which nothing happened is a point of the course, and the day that goes on is open', () => {
  const days = { grain: 'day', from: '2011-12-01T00:00:00Z', to: '2011-12-05T13:00:00Z' }
  const row = (time: string, orders: string) => ({ time, dimensions: { country: 'GB' }, values: { orders } })
  const rows = [row('2011-12-02T00:00:00Z', '3'), row('2011-12-05T00:00:00Z', '1')]
  const course = courseOf(answer(head('orders'), ['country'], rows, days), 6)
  assert.deepEqual(
    course.times.map(t => new Date(t).getUTCDate()),
    [1, 2, 3, 4, 5],
  )
  assert.deepEqual(course.plots[0]?.series[0]?.values, [0, 3, 0, 0, 1])
  assert.ok(course.open)
  const rate = courseOf(
    answer(head('orders', 'percent'), ['country'], rows, { ...days, to: '2011-12-06T00:00:00Z' }),
    6,
  )
  assert.deepEqual(rate.plots[0]?.series[0]?.values, [null, 3, null, null, 1])
  assert.ok(!rate.open)
  const months = { grain: 'month', from: '2010-12-01T00:00:00Z', to: '2011-03-01T00:00:00Z' }
  assert.equal(courseOf(answer(head('orders'), [], [row('2011-02-01T00:00:00Z', '1')], months), 6).times.length, 3)
})

test('numbers change by per cent, shares by points, and what is below zero by what it is', () => {
  const text = (format: string, value: number, before: number) => changeOf(head('x', format), value, before)?.text
  assert.equal(text('money', 122, 100), '+22.0 %')
  assert.equal(text('percent', 0.22, 0.2), '+2.0 pp')
  assert.equal(text('count', 1200, 100), '× 12')
  assert.equal(text('count', -74, -59), '−15')
  assert.equal(text('count', 3, 0), 'new')
  assert.equal(text('count', 3, 3), 'unchanged')
  assert.equal(changeOf(head('x'), 3, null), null)
  assert.equal(changeOf(head('x', 'percent', 'lower'), 0.3, 0.2)?.tone, 'bad')
})

test('bars over time have names, and tables say how numbers changed', () => {
  const timed = answer(head('orders'), [], [{ time: '2011-12-02T00:00:00Z', values: { orders: '3' } }], {
    grain: 'day',
  })
  assert.deepEqual(
    barsOf(timed).map(b => b.label),
    ['Fri, 2 Dec 2011'],
  )
  const rows = [{ dimensions: { country: 'DE' }, values: { value: '5.678901' }, previous: { value: '4' } }]
  const table = changesOf(answer(head('value', 'money'), ['country'], rows, { currency: 'EUR' }))
  assert.deepEqual(
    table.titles.map(t => t.short ?? t.title),
    ['Country', 'value', 'Change'],
  )
  assert.deepEqual(
    [table.rows[0], table.exact[0]],
    [
      ['Germany', '€5.68', ''],
      ['Germany', '€5.678901', '€4.00'],
    ],
  )
  assert.equal(table.changes[0]?.[2]?.text, '+42.0 %')
  const none = answer(head('found'), ['query'], [{ dimensions: { query: 'lamp' }, values: { found: '0' } }])
  assert.equal(
    nothingIn({ id: 't', kind: 'table', metrics: ['found'], order: '-found' }, none),
    'found: none in this range.',
  )
})
