import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readerText } from '../../src/page/sql/reader.ts'

const everything = {
  rows: 100_000,
  result_bytes: 1,
  seconds: 30,
  query_bytes: 1,
  memory_bytes: 1,
  queries_at_once: 3,
  tables: [],
  unseen_tables: 0,
  hidden_columns: [],
}

test('what bounds a reader is said, and nothing that does not', () => {
  assert.deepEqual(readerText(everything), [
    'An answer takes at most 100,000 rows and 30 s.',
    'You may run 3 queries at once.',
  ])
  assert.deepEqual(
    readerText({ ...everything, role: 'shop', unseen_tables: 1, rows: 1, seconds: 0, queries_at_once: 1 }),
    ['You read as shop, which does not see 1 table.', 'An answer takes at most 1 row.', 'You may run 1 query at once.'],
  )
  assert.deepEqual(readerText({ ...everything, hidden_columns: ['a.b'], role: 'shop', seconds: 1.5 }), [
    'You read as shop, which does not see 1 column.',
    'An answer takes at most 100,000 rows and 1.50 s.',
    'You may run 3 queries at once.',
  ])
})
