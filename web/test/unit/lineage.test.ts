import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LineageKind, LineageNode } from '../../src/api/lineage.ts'
import { layOut } from '../../src/page/lineage/layout.ts'
import { columnsOf, fold } from '../../src/page/lineage/shown.ts'
import { byKind, connected, litBy, matching, split, sumOf } from '../../src/page/lineage/trace.ts'

const node = (id: string, columns: string[] = []): LineageNode => ({
  id,
  kind: id.slice(0, id.indexOf(':')) as LineageKind,
  name: id.slice(id.indexOf(':') + 1),
  columns: columns.map(name => ({ name })),
})
const edge = (from: string, to: string, via = '') => ({ from, to, ...(via ? { via } : {}) })
const shape = (id: string, height = 48) => ({ id, kind: node(id).kind, height })

const EDGES = [
  edge('source:shop', 'topic:raw'),
  edge('topic:raw', 'pass:events'),
  edge('pass:events', 'job:a'),
  edge('pass:events', 'job:b'),
  edge('job:a', 'table:x'),
  edge('job:b', 'table:y'),
  edge('job:b', 'topic:alerts'),
  edge('pass:events', 'table:lines'),
  edge('table:lines', 'metric:revenue'),
]
const IDS = [...new Set(EDGES.flatMap(e => [e.from, e.to]))]

test('a reference is a node, or a node and a column that may contain a slash', () => {
  assert.deepEqual(split('table:x'), { node: 'table:x', column: '' })
  assert.deepEqual(split('source:shop/a/b'), { node: 'source:shop', column: 'a/b' })
})

test('stages follow the data; a topic that a job writes stands with the outputs', () => {
  const { order, boxes, stages } = layOut(
    IDS.map(id => shape(id)),
    EDGES,
  )
  assert.deepEqual(order[1], ['topic:raw'])
  assert.deepEqual(new Set(order[4]), new Set(['table:x', 'table:y', 'topic:alerts', 'table:lines']))
  assert.equal(stages.length, 6, 'a stage without members is left out')
  for (const e of EDGES) {
    const [from, to] = [boxes.get(e.from), boxes.get(e.to)]
    assert.ok(from && to && from.x < to.x, `${e.from} stands before ${e.to}`)
  }
})

test('boxes of a stage do not overlap, and outputs stand in the order of their jobs', () => {
  const { order, boxes, height } = layOut(
    IDS.map(id => shape(id, id === 'table:x' ? 200 : 48)),
    EDGES,
  )
  for (const stage of order) {
    let end = 0
    for (const id of stage) {
      const box = boxes.get(id)
      assert.ok(box && box.y >= end && box.y + box.height <= height, id)
      end = box.y + box.height
    }
  }
  const jobs = order[3] ?? []
  const tables = (order[4] ?? []).filter(id => id === 'table:x' || id === 'table:y')
  assert.deepEqual(tables, jobs[0] === 'job:a' ? ['table:x', 'table:y'] : ['table:y', 'table:x'])
  assert.equal(order[4]?.[0], 'table:lines', 'a line that skips the jobs goes above them')
})

test('edges between columns light nodes, columns, and the lines through what does it', () => {
  const lit = litBy([edge('source:shop/price', 'pass:events/item.price', 'topic:raw')], 'source:shop/price')
  assert.deepEqual([...lit.nodes].sort(), ['pass:events', 'source:shop', 'topic:raw'])
  assert.deepEqual([...(lit.columns.get('pass:events') ?? [])], ['item.price'])
  assert.deepEqual([...lit.pairs], ['source:shop→topic:raw', 'topic:raw→pass:events'])
  const contract = litBy([edge('pass:events/currency', 'contract:order/currency')], '')
  assert.ok(contract.pairs.has('contract:order→pass:events'), 'contracts read what they lead to')
})

test('the filter looks at names and columns; connected is what is above and below, not beside', () => {
  const nodes = [node('table:x', ['Price']), node('table:lines'), node('job:a')]
  assert.deepEqual(
    matching(nodes, ' price ').map(n => n.id),
    ['table:x'],
  )
  assert.equal(matching(nodes, '').length, 3)
  assert.deepEqual(
    [...connected(['table:x'], EDGES)].sort(),
    ['job:a', 'pass:events', 'source:shop', 'table:x', 'topic:raw'].sort(),
  )
})

test('an open node shows the columns that matter to the selection, else all up to a limit', () => {
  const many = node(
    'table:x',
    [...Array(30).keys()].map(i => `c${i}`),
  )
  const base = { pick: '', q: '', open: new Set(['table:x']), lit: null }
  assert.equal(columnsOf(many, base).shown.length, 20)
  assert.equal(columnsOf(many, base).rest, 10)
  assert.equal(columnsOf(many, { ...base, open: new Set(['table:x*']) }).shown.length, 30)
  const lit = litBy([edge('pass:events/a', 'table:x/c29')], 'pass:events/a')
  assert.deepEqual(
    columnsOf(many, { ...base, pick: 'pass:events/a', lit }).shown.map(c => c.name),
    ['c29'],
  )
  assert.deepEqual(
    columnsOf(many, { ...base, open: new Set(), q: 'c28' }).shown.map(c => c.name),
    ['c28'],
  )
})

test('contracts fold into one box when they are many, not when the filter asks for them', () => {
  const contracts = [...Array(8).keys()].map(i => node(`contract:c${i}`))
  const edges = contracts.map(c => edge(c.id, 'pass:events'))
  const base = { pick: '', q: '', open: new Set<string>(), lit: null }
  const folded = fold([node('pass:events'), ...contracts], edges, base)
  assert.deepEqual(
    folded.nodes.map(n => n.name),
    ['events', '8 contracts'],
  )
  assert.deepEqual(folded.edges, [edge('contract:*', 'pass:events')])
  assert.equal(fold(contracts, edges, { ...base, q: 'c' }).nodes.length, 8)
  assert.equal(fold(contracts.slice(0, 6), edges, base).nodes.length, 6)
})

test('metrics fold between tables and dashboards, but for those on the way of what was chosen', () => {
  const metrics = [...Array(8).keys()].map(i => node(`metric:m${i}`))
  const ends = [node('table:lines'), node('dashboard:sales')]
  const edges = metrics.flatMap(m => [edge('table:lines', m.id), edge(m.id, 'dashboard:sales')])
  const base = { pick: '', q: '', open: new Set<string>(), lit: null }
  const folded = fold([...ends, ...metrics], edges, base)
  assert.deepEqual(
    folded.nodes.map(each => each.name),
    ['lines', 'sales', '8 metrics'],
  )
  assert.deepEqual(folded.edges, [edge('table:lines', 'metric:*'), edge('metric:*', 'dashboard:sales')])
  const lit = litBy([edge('table:lines/amount', 'metric:m3/m3')], 'table:lines/amount')
  const chosen = fold([...ends, ...metrics], edges, { ...base, pick: 'table:lines/amount', lit })
  assert.deepEqual(
    chosen.nodes.map(each => each.name),
    ['lines', 'sales', 'm3', '7 metrics'],
  )
})

test('things are counted by kind, in the order of the data’s path', () => {
  const thing = (id: string) => ({ ...node(id), columns: [], distance: 1, direct: true, how: [] })
  const things = ['metric:revenue', 'table:x', 'metric:orders'].map(thing)
  assert.deepEqual(
    byKind(things).map(group => group.title),
    ['1 table', '2 metrics'],
  )
  assert.equal(sumOf({ column: 'c', things }), 'A change touches 3 things: 1 table, 2 metrics.')
  assert.equal(sumOf({ column: 'c', things: [] }), 'A change touches nothing else.')
})
