import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as f from '../../src/format.ts'

test('money keeps every digit the server sent', () => {
  const cases: [string, string, string][] = [
    ['9769872.054', 'GBP', '£9,769,872.054'],
    ['9769872.054000', 'GBP', '£9,769,872.054'],
    ['-22124.120', 'GBP', '−£22,124.12'],
    ['0', 'EUR', '€0.00'],
    ['12345678901234567890.000001', 'GBP', '£12,345,678,901,234,567,890.000001'],
    ['5', '', '5.00'],
    ['not a number', 'GBP', 'not a number'],
  ]
  for (const [value, currency, want] of cases) assert.equal(f.moneyExact(value, currency), want)
})

test('money is short where space is', () => {
  assert.equal(f.moneyWhole('9769872.054', 'GBP'), '£9,769,872')
  assert.equal(f.moneyCompact('9769872.054', 'GBP'), '£9.77M')
  assert.equal(f.moneyCents('-0.5', 'USD'), '−$0.50')
  assert.equal(f.axisText(50_000, 'GBP'), '£50k')
  assert.equal(f.axisText(1_500_000), '1.5M')
})

test('a change has a sign, and none where there is nothing to compare with', () => {
  assert.equal(f.change(150, 100), 0.5)
  assert.equal(f.change(-50, -100), 0.5)
  assert.equal(f.change(1, 0), null)
  assert.equal(f.change(1, undefined), null)
  assert.equal(f.signedPercent(0.817), '+81.7 %')
  assert.equal(f.signedPercent(-0.0314), '−3.1 %')
  assert.equal(f.signedPercent(12.5), '+1250 %')
})

test('durations and ages are in one readable unit', () => {
  const durations: [number, string][] = [
    [0.2, '<1 ms'],
    [38.4, '38 ms'],
    [1234, '1.23 s'],
    [65_000, '1 min 5 s'],
    [3_660_000, '1 h 1 min'],
    [200_000_000, '2 d 7 h'],
  ]
  for (const [ms, want] of durations) assert.equal(f.duration(ms), want)
  assert.equal(f.age(59_999), '59 s')
  assert.equal(f.age(-5), '0 s')
  assert.equal(f.age(15 * 365.25 * 86_400_000), '15 years')
  assert.equal(f.bytes(641_728_512), '612 MiB')
})

test('times are in UTC, and every month is three letters long', () => {
  assert.equal(f.timeOf('2011-09-09T12:50:00Z'), '9 Sep 2011 12:50:00')
  assert.equal(f.bucketOf(Date.parse('2011-11-14'), 'day'), 'Mon, 14 Nov 2011')
  assert.equal(f.bucketOf(Date.parse('2011-11-14'), 'week'), 'Week of 14 Nov 2011')
  assert.equal(f.bucketOf(Date.parse('2011-11-01'), 'month'), 'November 2011')
})

test('a country without a code or a name is said to be unspecified', () => {
  assert.equal(f.countryName('IE'), 'Ireland')
  assert.equal(f.countryName(''), 'Unspecified')
  assert.equal(f.countryName('ZZ'), 'Unspecified')
  assert.equal(f.countryName('Channel Islands'), 'Channel Islands')
})
