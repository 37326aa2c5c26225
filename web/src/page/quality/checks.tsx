import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import type { Check, CheckResult, QualityScore, Standing } from '../../api/types.ts'
import { count, NONE, percent } from '../../format.ts'
import { patched, usePlace } from '../../router.ts'
import { Button, Frame, Link, Panel } from '../../ui/control.tsx'
import { Empty, Time } from '../../ui/state.tsx'
import { VerdictMark } from '../../ui/verdict.tsx'
import { groupDigits } from '../sql/shape.ts'
import { Course } from './course.tsx'
import { Await } from './state.tsx'

const REFRESH_MS = 5000

export function ChecksTab() {
  const { params } = usePlace()
  const checks = useQuery({
    queryKey: ['checks'],
    queryFn: ({ signal }) => api.checks(signal),
    refetchInterval: REFRESH_MS,
  })
  const scores = useQuery({
    queryKey: ['scores'],
    queryFn: ({ signal }) => api.qualityScores(signal),
    refetchInterval: REFRESH_MS,
  })
  const all = checks.data?.checks ?? []
  const chosen = all.find(check => check.name === params.get('check'))
  return (
    <Await query={checks} what="checks">
      {all.length === 0 ? (
        <Empty title="No checks are declared">
          <p>
            Name files of checks under <code>quality.checks</code>. The tab Profiles proposes some from what was seen.
          </p>
        </Empty>
      ) : (
        <>
          <Scores scores={scores.data?.scores ?? []} />
          {chosen && <OneCheck check={chosen} />}
          <CheckTable checks={all} />
        </>
      )}
    </Await>
  )
}

const GROUPS = { all: 'All checks', source: 'Sources', table: 'Tables', owner: 'Owners' } as const

function Scores({ scores }: { scores: readonly QualityScore[] }) {
  if (scores.length === 0) return null
  return (
    <Panel title="Scores" note="the share of runs that passed in 24 hours, by severity">
      <Frame label="Scores">
        <table className="table roomy">
          <thead>
            <tr>
              <th>Of</th>
              <th>Name</th>
              <th className="num">Score</th>
              <th className="num">Passed</th>
              <th className="num">Checks</th>
            </tr>
          </thead>
          <tbody>
            {scores.map(score => (
              <tr key={`${score.of} ${score.name}`}>
                <td className="quiet">{GROUPS[score.of]}</td>
                <td>{score.name || 'all'}</td>
                <td className="num">{percent(score.score, 1)}</td>
                <td className="num">
                  {count(score.passed)} of {count(score.runs)}
                </td>
                <td className="num">{count(score.checks)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

function stateOf(last: CheckResult | undefined): [Standing, string] {
  if (!last) return ['pending', 'Not run']
  if (last.status === 'passed') return ['accepted', 'Passed']
  if (last.status === 'unknown') return ['rejected', 'Could not run']
  return last.severity === 'error' ? ['rejected', 'Failed'] : ['quarantined', 'Failed']
}

function State({ last }: { last: CheckResult | undefined }) {
  const [mark, says] = stateOf(last)
  return (
    <span className="verdict">
      <VerdictMark verdict={mark} />
      {says}
    </span>
  )
}

const badFirst = (check: Check) => (check.last && !check.last.success ? 0 : 1)

function CheckTable({ checks }: { checks: readonly Check[] }) {
  const place = usePlace()
  const sorted = [...checks].sort((a, b) => badFirst(a) - badFirst(b) || a.name.localeCompare(b.name))
  const failed = checks.filter(check => check.last?.status === 'failed').length
  return (
    <Panel title="Checks" note={`${count(failed)} of ${count(checks.length)} fail`}>
      <Frame label="Checks">
        <table className="table roomy">
          <thead>
            <tr>
              <th>Check</th>
              <th>State</th>
              <th>Table</th>
              <th>Severity</th>
              <th>Owner</th>
              <th>Actual</th>
              <th>Expected</th>
              <th>When</th>
              <th>Last run</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map(check => (
              <tr key={check.name}>
                <td>
                  <Link href={patched(place, { check: check.name })} className="link">
                    {check.name}
                  </Link>
                </td>
                <td>
                  <State last={check.last} />
                </td>
                <td>{check.column ? `${check.table}.${check.column}` : check.table}</td>
                <td>{check.severity}</td>
                <td>{check.owner}</td>
                <td className="wraps">{check.last ? groupDigits(check.last.actual, 4) : NONE}</td>
                <td className="quiet wraps">{check.expected}</td>
                <td className="quiet">{check.schedule}</td>
                <td>{check.last ? <Time at={check.last.time} /> : NONE}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

/** Why a check could not be run; else what it measured. */
const said = (result: CheckResult) => result.message || groupDigits(result.actual, 4)

function OneCheck({ check }: { check: Check }) {
  const place = usePlace()
  const client = useQueryClient()
  const detail = useQuery({
    queryKey: ['check', check.name],
    queryFn: ({ signal }) => api.check(check.name, signal),
    refetchInterval: REFRESH_MS,
  })
  const run = useMutation({
    mutationFn: () => api.runCheck(check.name),
    onSettled: () =>
      Promise.all(['check', 'checks', 'scores'].map(key => client.invalidateQueries({ queryKey: [key] }))),
  })
  const history = detail.data?.history ?? []
  return (
    <Panel
      title={check.name}
      note={check.description}
      actions={
        <>
          <Button icon="play" disabled={run.isPending} onClick={() => run.mutate()}>
            Run now
          </Button>
          <Link href={patched(place, { check: null })} className="button ghost">
            Close
          </Link>
        </>
      }
    >
      {run.error && (
        <p className="panel-empty" role="alert">
          {run.error.message}
        </p>
      )}
      <Course history={history} />
      <Await query={detail} what="history">
        {history.length === 0 ? <p className="panel-empty">It has not run yet.</p> : <History history={history} />}
      </Await>
    </Panel>
  )
}

const SHOWN = 20

function History({ history }: { history: readonly CheckResult[] }) {
  const samples = history[0]?.samples ?? []
  return (
    <>
      {samples.length > 0 && (
        <div className="panel-sub">
          <h3>Rows that fail</h3>
          <ul className="chips">
            {samples.map(sample => (
              <li key={`${sample.partition}/${sample.offset}`}>
                <SampleLink {...sample} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <Frame label="History">
        <table className="table roomy">
          <thead>
            <tr>
              <th>Run</th>
              <th>State</th>
              <th>Actual</th>
              <th className="num">Failing</th>
              <th className="num">Rows</th>
            </tr>
          </thead>
          <tbody>
            {history.slice(0, SHOWN).map(result => (
              <tr key={result.number}>
                <td>
                  <Time at={result.time} />
                </td>
                <td>
                  <State last={result} />
                </td>
                <td className="wraps">{said(result)}</td>
                <td className="num">{count(result.failing)}</td>
                <td className="num">{count(result.rows)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </>
  )
}

type Sample = CheckResult['samples'][number]

/** A row with coordinates has a passport. */
function SampleLink({ partition, offset, event_id, value }: Sample) {
  const text = value || event_id || `${partition}/${offset}`
  if (partition < 0) return <span>{text}</span>
  return (
    <Link href={`/coordinates/${partition}/${offset}`} className="link">
      {text}
    </Link>
  )
}
