// What the mock says of checks, scores, rules and profiles.
import type {
  Check,
  CheckDetail,
  CheckList,
  CheckResult,
  CheckRun,
  Profile,
  ProfileColumn,
  ProfileList,
  RuleList,
  ScoreList,
  Suggestion,
} from '../../src/api/types.ts'

type Answer = CheckDetail | CheckList | CheckRun | Profile | ProfileList | RuleList | ScoreList | Suggestion

const AT = '2011-12-09T12:50:00Z'

function result(name: string, number: number, failing: number): CheckResult {
  return {
    number,
    name,
    assertion: 'range',
    success: failing === 0,
    status: failing === 0 ? 'passed' : 'failed',
    severity: 'warn',
    expected: 'at most 0 of the rows outside of 0.01 and more',
    actual: `${failing} of 1000`,
    time: AT,
    revision: 0,
    duration_ms: 12,
    rows: 1000,
    failing,
    approximate: false,
    version: '1a2b3c4d',
    samples: failing === 0 ? [] : [{ partition: 0, offset: 42, value: '0.00', passport: '/api/v1/coordinates/0/42' }],
  }
}

function check(name: string, failing: number): Check {
  return {
    name,
    owner: 'finance',
    severity: 'warn',
    kind: 'range',
    assertion: 'range',
    table: 'order_lines',
    column: 'unit_price',
    expected: 'at most 0 of the rows outside of 0.01 and more',
    schedule: 'every 10m',
    streams: false,
    version: '1a2b3c4d',
    file: 'checks.yaml',
    line: 3,
    last: result(name, 9, failing),
  }
}

const CHECKS = [check('customers_known', 0), check('prices_positive', 3)]

function column(name: string, more: Partial<ProfileColumn>): ProfileColumn {
  return {
    name,
    kind: 'text',
    values: 500,
    missing: 0,
    null_share: 0,
    other: 0,
    distinct: 2,
    exact: true,
    min: '',
    max: '',
    quantiles: [],
    top: [],
    shapes: [],
    ...more,
  }
}

const PROFILE: Profile = {
  source: 'till',
  type: 'order_line',
  day: '2011-12-09',
  rows: 541909,
  sampled: 500,
  incomplete: false,
  columns: [
    column('currency', {
      min: 'EUR',
      max: 'GBP',
      quantiles: [{ share: 0.5, value: '3' }],
      top: [{ value: 'GBP', count: 480, error: 0, share: 0.96 }],
      shapes: [{ value: 'A{3}', count: 500, error: 0, share: 1 }],
    }),
    column('amount', { kind: 'money', distinct: 311, exact: false, min: '0.10', max: '99.00' }),
  ],
}

const SUGGESTION: Suggestion = {
  source: 'till',
  type: 'order_line',
  day: '2011-12-09',
  sampled: 500,
  rules:
    '# Proposed from 500 of 541909 accepted events.\nversion: 1\nrules:\n  - {name: amount_range, field: amount, severity: warn, check: {min: "0", max: "110"}}\n',
  checks: '',
}

function checkAnswer(name: string): CheckDetail | null {
  const found = CHECKS.find(one => one.name === name)
  const failing = found?.last?.failing ?? 0
  return found
    ? { check: found, history: [9, 8, 7].map(number => result(name, number, number === 7 ? 0 : failing)) }
    : null
}

/** The answer to a request about quality; null when it is about something else. */
export function quality(path: string, method: string, empty: boolean): Answer | null {
  if (path === '/checks') return { checks: empty ? [] : CHECKS }
  if (path === '/checks/run' && method === 'POST') return { passed: 1, failed: 0, warned: 0, results: [] }
  if (path.startsWith('/checks/')) return checkAnswer(decodeURIComponent(path.slice('/checks/'.length)))
  if (path === '/quality/scores') {
    const scores: ScoreList['scores'] = [
      { of: 'all', name: '', score: 0.92, checks: 2, runs: 24, passed: 22 },
      { of: 'owner', name: 'finance', score: 0.92, checks: 2, runs: 24, passed: 22 },
    ]
    return { scores: empty ? [] : scores }
  }
  if (path === '/rules') {
    const rules: RuleList['sources'][number]['rules'] = [
      {
        name: 'price_not_positive',
        kind: 'rule',
        types: [],
        field: 'item.price',
        does: 'must be greater than 0',
        severity: 'quarantine',
        category: 'out_of_range',
        count: 2517,
        unmade: 0,
      },
    ]
    return { sources: empty ? [] : [{ source: 'till', version: '5e6f7a8b', rules, tables: [] }] }
  }
  if (path === '/profiles') {
    const { source, type, rows, sampled, columns, day } = PROFILE
    return { profiles: empty ? [] : [{ source, type, rows, sampled, columns: columns.length, days: [day] }] }
  }
  if (path === '/profiles/till/order_line') return PROFILE
  return path === '/profiles/till/order_line/suggestion' ? SUGGESTION : null
}
