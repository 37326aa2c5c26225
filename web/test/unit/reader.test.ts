import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readerText } from '../../src/page/sql/reader.ts'

const everything = { role: '', unseen: 0, hidden_columns: 0, max_rows: 100_000, timeout_ms: 30_000, max_concurrent: 0 }

test('what bounds a reader is said, and nothing that does not', () => {
  assert.deepEqual(readerText(everything), ['An answer takes at most 100,000 rows and 30 s.'])
  assert.deepEqual(
    readerText({ ...everything, role: 'shop', unseen: 1, max_rows: 1, timeout_ms: 0, max_concurrent: 1 }),
    ['You read as shop, which does not see 1 table.', 'An answer takes at most 1 row.', 'You may run 1 query at once.'],
  )
})
