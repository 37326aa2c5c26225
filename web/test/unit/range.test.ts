import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axisLabels, axisStarts } from '../../src/chart/axis.ts'
import { bucketStart, bucketStep, bucketsOf } from '../../src/state/bucket.ts'
import { boundsOf, DAY_MS, grainFor, previousLabel, queryOf, rangeLabel, rangeOf } from '../../src/state/range.ts'

const NEWEST = Date.parse('2011-12-09T12:50:00Z')
const OLDEST = Date.parse('2010-12-01T08:26:00Z')
const range = (text: string) => rangeOf(new URLSearchParams(text), '90d')

test('the address names the range; what it cannot mean falls back', () => {
  assert.equal(rangeLabel(range('')), 'Last 90 days')
  assert.equal(rangeLabel(range('range=7d')), 'Last 7 days')
  assert.equal(rangeLabel(range('range=nonsense')), 'Last 90 days')
  assert.equal(rangeLabel(range('from=2011-11-01&to=2011-12-01')), '1 Nov 2011 to 30 Nov 2011')
  assert.equal(rangeLabel(range('from=2011-11-14&to=2011-11-15')), '14 Nov 2011')
  assert.equal(rangeLabel(range('from=2011-12-01&to=2011-11-01')), 'Last 90 days')
  assert.equal(rangeLabel(range("from=1';DROP&to=2")), 'Last 90 days')
})

test('a preset counts whole days back from the newest event', () => {
  assert.deepEqual(boundsOf(range('range=1d'), NEWEST), { from: '2011-12-09T00:00:00Z' })
  assert.deepEqual(boundsOf(range('range=90d'), NEWEST), { from: '2011-09-11T00:00:00Z' })
  assert.deepEqual(boundsOf(range('range=all'), NEWEST), {})
  assert.deepEqual(boundsOf(range('range=7d'), null), {})
})

test('the grain fits the span, and one that does not is not asked for', () => {
  assert.equal(grainFor(2 * DAY_MS), 'hour')
  assert.equal(grainFor(90 * DAY_MS), 'day')
  assert.equal(grainFor(374 * DAY_MS), 'week')
  assert.equal(grainFor(4000 * DAY_MS), 'month')
  assert.equal(queryOf(range('range=7d'), NEWEST, OLDEST, 'hour').grain, 'hour')
  assert.equal(queryOf(range('range=all'), NEWEST, OLDEST, 'hour').grain, 'week')
  assert.equal(queryOf(range('range=1d'), NEWEST, OLDEST, 'month').grain, 'hour')
})

test('a delta says what it compares with', () => {
  assert.equal(previousLabel(range('')), 'previous 90 days')
  assert.equal(previousLabel(range('from=2011-11-01&to=2011-12-01')), 'previous period')
})

test('buckets are cut as SQL cuts them', () => {
  assert.equal(bucketStart(NEWEST, 'week'), Date.parse('2011-12-05'))
  assert.equal(bucketStart(NEWEST, 'month'), Date.parse('2011-12-01'))
  assert.equal(bucketStep(Date.parse('2011-12-01'), 'month', -13), Date.parse('2010-11-01'))
  assert.equal(bucketsOf(Date.parse('2011-11-01'), Date.parse('2011-12-01'), 'day').length, 30)
  assert.equal(bucketsOf(OLDEST, NEWEST, 'month').length, 13)
})

test('an axis is labelled at round times, with the year where it changes', () => {
  const seconds = (from: string, to: string, grain: 'day' | 'month' | 'hour') =>
    bucketsOf(Date.parse(from), Date.parse(to), grain).map(ms => ms / 1000)
  const days = seconds('2011-09-11', '2011-12-10', 'day')
  const shown = axisStarts(days, 86_400, 1100, 76)
  assert.ok(shown.length <= 14)
  assert.ok(shown.every(s => new Date(s * 1000).getUTCDay() === 1))
  assert.equal(axisLabels(shown, 86_400)[0], '12 Sep\n2011')
  const months = axisStarts(seconds('2010-12-01', '2011-12-10', 'month'), 30 * 86_400, 1100, 76)
  assert.deepEqual(axisLabels(months, 30 * 86_400).slice(0, 3), ['Dec\n2010', 'Jan\n2011', 'Feb'])
  const hours = axisStarts(seconds('2011-12-08', '2011-12-10', 'hour'), 3600, 900, 76)
  assert.deepEqual(axisLabels(hours, 3600).slice(0, 2), ['00:00\n8 Dec', '06:00'])
})
