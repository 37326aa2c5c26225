import type { Ledger, Standing, Verdict } from '../api/types.ts'

export const VERDICTS: readonly { key: Verdict; label: string; meaning: string }[] = [
  { key: 'accepted', label: 'Accepted', meaning: 'valid, new, and in every view' },
  { key: 'duplicate', label: 'Duplicate', meaning: 'seen before; counted once' },
  { key: 'quarantined', label: 'Quarantined', meaning: 'broke a rule; kept aside with the reason' },
  { key: 'rejected', label: 'Rejected', meaning: 'not readable as an event; a sample is kept' },
]

/** A shape of its own for each verdict, so that colour is never the only sign. */
export function VerdictMark({ verdict }: { verdict: Standing }) {
  return (
    <svg className={`verdict-mark ${verdict}`} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
      {verdict === 'accepted' && <circle cx="5" cy="5" r="4" />}
      {verdict === 'pending' && <circle cx="5" cy="5" r="3.5" />}
      {verdict === 'duplicate' && <path d="M1 1h5.500v5.500H1ZM3.500 3.500H9V9H3.500Z" className="hollow" />}
      {verdict === 'quarantined' && <path d="M5 .8 9.600 9H.4Z" />}
      {verdict === 'rejected' && <path d="M1.500 1.500l7 7M8.500 1.500l-7 7" className="stroke" />}
    </svg>
  )
}

export function VerdictLabel({ verdict, badge = false }: { verdict: Standing; badge?: boolean }) {
  const label = VERDICTS.find(v => v.key === verdict)?.label ?? 'No verdict yet'
  return (
    <span className={badge ? `verdict badge ${verdict}` : 'verdict'}>
      <VerdictMark verdict={verdict} />
      {label}
    </span>
  )
}

export function judged(ledger: Ledger): number {
  return ledger.accepted + ledger.duplicate + ledger.quarantined + ledger.rejected
}
