import type { DryRun, HeldPreview } from '../../api/types.ts'
import { change, count, moneyExact, percent, signedPercent } from '../../format.ts'
import { Frame } from '../../ui/control.tsx'
import { VerdictMark } from '../../ui/verdict.tsx'

/** What a run would do: how many events heal, what breaks again, what the numbers become. */
export function DryRunResult({ result }: { result: DryRun }) {
  return (
    <section className="dry" aria-label="Dry run">
      <p className="dry-head" role="status">
        <b>{headline(result)}</b>{' '}
        <span className="quiet">
          {result.sampled
            ? `tried on an even sample of ${count(result.tried)} of ${count(result.total)}`
            : `of ${count(result.total)}; nothing has been done yet`}
        </span>
      </p>
      {result.kind === 'redrive' && (
        <>
          <Outcomes result={result} />
          <Metrics result={result} />
          <Reasons result={result} />
          {result.samples.length > 0 && (
            <>
              <h3 className="panel-sub">
                Before and after <span className="faint">{count(result.samples.length)} samples</span>
              </h3>
              <ul className="samples">
                {result.samples.map(sample => (
                  <Preview key={sample.item} sample={sample} />
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </section>
  )
}

function headline(result: DryRun): string {
  if (result.kind !== 'redrive') return `${count(result.total)} events would change`
  const about = result.estimated ? 'About ' : ''
  return `${about}${count(result.estimated?.heal ?? result.heal)} would heal`
}

const OUTCOMES = [
  { key: 'heal', label: 'heal', tone: 'accepted' },
  { key: 'duplicate', label: 'are known already', tone: 'duplicate' },
  { key: 'broken', label: 'stay broken', tone: 'quarantined' },
  { key: 'failed', label: 'cannot be tried', tone: 'rejected' },
] as const

function Outcomes({ result }: { result: DryRun }) {
  const tried = Math.max(result.tried, 1)
  return (
    <div className="dry-outcomes">
      <div className="ledger-row">
        {OUTCOMES.filter(({ key }) => result[key] > 0).map(({ key, tone }) => (
          <span key={key} className={`part ${tone}`} style={{ width: `${(result[key] / tried) * 100}%` }} />
        ))}
      </div>
      <ul className="ledger-sum">
        {OUTCOMES.map(({ key, label, tone }) => (
          <li key={key}>
            <VerdictMark verdict={tone} /> <b>{count(result[key])}</b> {label}
            {result[key] > 0 && <span className="faint">{percent(result[key] / tried)}</span>}
          </li>
        ))}
        {result.unchanged > 0 && (
          <li>
            <b>{count(result.unchanged)}</b> the patch leaves as they are
          </li>
        )}
      </ul>
    </div>
  )
}

function Metrics({ result }: { result: DryRun }) {
  if (result.metrics.length === 0) return null
  return (
    <Frame label="What the numbers would become">
      <table className="table">
        <thead>
          <tr>
            <th>Number</th>
            <th className="num">Now</th>
            <th className="num">After</th>
            <th className="num">Change</th>
          </tr>
        </thead>
        <tbody>
          {result.metrics.flatMap(({ currency, before, after }) =>
            (['revenue', 'orders', 'units'] as const).map(key => {
              const money = key === 'revenue'
              const text = (value: string | number) =>
                money ? moneyExact(String(value), currency) : count(Number(value))
              const ratio = change(Number(after[key]), Number(before[key]))
              return (
                <tr key={`${currency} ${key}`}>
                  <td>
                    {money ? 'Revenue' : key === 'orders' ? 'Orders' : 'Units'}{' '}
                    <span className="faint">{currency}</span>
                  </td>
                  <td className="num">{text(before[key])}</td>
                  <td className="num">
                    <b>{text(after[key])}</b>
                  </td>
                  <td className="num quiet">{ratio === null ? '' : signedPercent(ratio)}</td>
                </tr>
              )
            }),
          )}
        </tbody>
      </table>
    </Frame>
  )
}

function Reasons({ result }: { result: DryRun }) {
  if (result.rules.length + result.failures.length === 0) return null
  return (
    <ul className="dry-reasons">
      {result.rules.map(rule => (
        <li key={`${rule.rule} ${rule.field}`}>
          <VerdictMark verdict="quarantined" /> {count(rule.count)} break <code>{rule.rule}</code>
          {rule.message && <span className="quiet">: {rule.message}</span>}
        </li>
      ))}
      {result.failures.slice(0, 5).map(failure => (
        <li key={failure.item}>
          <VerdictMark verdict="rejected" /> {failure.item} <span className="quiet">{failure.reason}</span>
        </li>
      ))}
    </ul>
  )
}

const SAYS: Record<
  HeldPreview['outcome'],
  { text: string; mark: 'accepted' | 'duplicate' | 'quarantined' | 'rejected' }
> = {
  heals: { text: 'heals', mark: 'accepted' },
  duplicate: { text: 'is known already', mark: 'duplicate' },
  broken: { text: 'stays broken', mark: 'quarantined' },
  failed: { text: 'cannot be tried', mark: 'rejected' },
}

interface Difference {
  name: string
  before: string
  after: string
}

/** The columns that differ; of payloads that are no lines of equal columns, the whole. */
export function differences({ before, after }: HeldPreview): Difference[] {
  if (!after) return []
  const same = before.columns.length > 0 && before.columns.length === after.columns.length
  if (!same)
    return before.payload === after.payload ? [] : [{ name: 'payload', before: before.payload, after: after.payload }]
  return before.columns.flatMap((column, i) => {
    const to = after.columns[i]?.value ?? ''
    return to === column.value ? [] : [{ name: column.name, before: column.value, after: to }]
  })
}

function Preview({ sample }: { sample: HeldPreview }) {
  const { text, mark } = SAYS[sample.outcome]
  const changed = differences(sample)
  const problem = sample.reason || sample.after?.decoded?.problems[0]?.message
  return (
    <li className="sample">
      <div className="sample-facts">
        <VerdictMark verdict={mark} />
        <span>{text}</span>
        {problem && <span className="quiet clip">{problem}</span>}
        <span className="spacer" />
        <span className="faint">{sample.item}</span>
      </div>
      {changed.length === 0 ? (
        <div className="sample-payload">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard */}
          <pre tabIndex={0}>{sample.before.payload}</pre>
        </div>
      ) : (
        changed.map(({ name, before, after }) => (
          <div key={name} className="difference">
            <span className="faint">{name}</span>
            <del>{before || 'empty'}</del>
            <ins>{after || 'empty'}</ins>
          </div>
        ))
      )}
    </li>
  )
}
