// The course of a check: what is drawn of its runs, and on which scale.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckResult } from '../../src/api/types.ts'
import { measuredOf, scaleOf } from '../../src/page/quality/measured.ts'

const run = (actual: string, of: Partial<CheckResult> = {}) =>
  ({ actual, status: 'passed', rows: 1000, failing: 20, ...of }) as CheckResult

test('numbers that were measured are drawn, oldest first', () => {
  const { values, what } = measuredOf([run('0.0163'), run('0.0161'), run('1,016')])
  assert.deepEqual(values, [1016, 0.0161, 0.0163])
  assert.equal(what, 'measured')
})

test('where a run said more than a number, the share of rows that failed is drawn', () => {
  const { values, what } = measuredOf([run('20 of 1000'), run('0.5'), run('', { rows: 0, failing: 0 })])
  assert.deepEqual(values, [0, 0.02, 0.02])
  assert.equal(what, 'share of rows that fail')
})

test('a run that could not be made measured nothing', () => {
  assert.deepEqual(measuredOf([run('', { status: 'unknown' }), run('3')]).values, [3])
})

test('the scale is the extent of the values, so that small changes are seen', () => {
  assert.deepEqual(scaleOf([0.0161, 0.0163, 0.0162]), { low: 0.0161, high: 0.0163 })
  const { low, high } = scaleOf([4, 4])
  assert.ok(low < 4 && high > 4)
  const zero = scaleOf([0, 0])
  assert.ok(zero.low < 0 && zero.high > 0)
})
