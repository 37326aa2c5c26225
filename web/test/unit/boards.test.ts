import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BoardDefinition } from '../../src/api/boards.ts'
import { spread } from '../../src/chart/board/draw.ts'
import { added, moved, removed, resized, stepped } from '../../src/page/board/editor/draft.ts'
import { scalar, yamlOf } from '../../src/page/board/editor/yaml.ts'
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
