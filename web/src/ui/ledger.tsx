import type { Ledger, Verdict } from '../api/types.ts'
import { count, percent } from '../format.ts'
import { sqlHref } from '../metric.ts'
import { Link } from './control.tsx'
import { Icon } from './icon.tsx'
import { shares } from './shares.ts'
import { judged, VERDICTS, VerdictMark } from './verdict.tsx'

/**
 * Two bars of one scale: what came in, and the verdicts it got. They end at the same place when the
 * ledger balances; what is missing or too much stands out as a hatched end.
 */
export function LedgerBar({ ledger, slim = false }: { ledger: Ledger; slim?: boolean }) {
  const total = judged(ledger)
  const whole = Math.max(ledger.received, total)
  const widths = shares(
    VERDICTS.map(v => ledger[v.key]),
    whole,
  )
  const received = whole === 0 ? 0 : (ledger.received / whole) * 100
  const text = `${count(ledger.received)} received; ${VERDICTS.map(v => `${count(ledger[v.key])} ${v.key}`).join(', ')}`
  return (
    <div className={`ledger-bar${slim ? ' slim' : ''}${whole === 0 ? ' none' : ''}`} role="img" aria-label={text}>
      {!slim && (
        <div className="ledger-row">
          <span className="received" style={{ width: `${received}%` }} />
        </div>
      )}
      <div className="ledger-row">
        {VERDICTS.map((v, i) => (
          <span
            key={v.key}
            className={`part ${v.key}`}
            style={{ width: `${widths[i]}%` }}
            title={`${v.label}: ${count(ledger[v.key])}`}
          />
        ))}
      </div>
    </div>
  )
}

export function Balance({ ledger }: { ledger: Ledger }) {
  const missing = ledger.received - judged(ledger)
  if (ledger.balanced && missing === 0) {
    return (
      <span className="balance good">
        <Icon name="check" size={14} />
        Balanced
      </span>
    )
  }
  return (
    <span className="balance bad">
      <Icon name="quarantine" size={14} />
      {missing === 0
        ? 'Does not balance'
        : `${count(Math.abs(missing))} ${missing > 0 ? 'without a verdict' : 'too many verdicts'}`}
    </span>
  )
}

/** Where the rows behind each verdict are. */
const BEHIND: Record<Verdict, string> = {
  accepted: '/events',
  duplicate: sqlHref('SELECT *\nFROM duplicates\nORDER BY received_at DESC\nLIMIT 1000'),
  quarantined: '/quarantine',
  rejected: sqlHref('SELECT *\nFROM rejections\nORDER BY received_at DESC\nLIMIT 1000'),
}

/** The bar, and below it the sum it stands for. */
export function LedgerSum({
  ledger,
  opens,
  children,
}: {
  ledger: Ledger
  /** Where a number opens, where that is not the newest of its rows. */
  opens?: ((column: 'received' | Verdict) => string) | undefined
  children?: React.ReactNode
}) {
  return (
    <div className="ledger">
      <LedgerBar ledger={ledger} />
      <ul className="ledger-sum">
        <li>
          <span className="swatch" />
          {opens ? (
            <Link href={opens('received')}>
              <b>{count(ledger.received)}</b> received
            </Link>
          ) : (
            <>
              <b>{count(ledger.received)}</b> received
            </>
          )}
        </li>
        {VERDICTS.map((v, i) => (
          <li key={v.key} title={`${v.meaning}; ${percent(ledger.received ? ledger[v.key] / ledger.received : 0)}`}>
            <span className="sign">{i === 0 ? '=' : '+'}</span>
            <Link href={opens?.(v.key) ?? BEHIND[v.key]}>
              <VerdictMark verdict={v.key} />
              <b>{count(ledger[v.key])}</b> {v.key}
            </Link>
          </li>
        ))}
        <li className="ledger-end">
          <Balance ledger={ledger} />
          {children}
        </li>
      </ul>
    </div>
  )
}
