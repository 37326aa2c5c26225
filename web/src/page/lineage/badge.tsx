import type { LineageBadge, LineageNode } from '../../api/lineage.ts'
import { age, axisText, count, timeOf } from '../../format.ts'
import { VerdictMark } from '../../ui/verdict.tsx'

const STATES = {
  ok: { mark: 'accepted', label: 'Well' },
  warn: { mark: 'quarantined', label: 'Look at it' },
  bad: { mark: 'rejected', label: 'Not well' },
} as const

export function StateLabel({ badge }: { badge: LineageBadge | undefined }) {
  if (!badge) return <span className="faint">unknown</span>
  const { mark, label } = STATES[badge.state]
  return (
    <span className="verdict">
      <VerdictMark verdict={mark} />
      {label}
    </span>
  )
}

/** A shape only where it says something: what is well is quiet. */
export function StateMark({ badge }: { badge: LineageBadge | undefined }) {
  if (!badge || badge.state === 'ok') return null
  const { mark, label } = STATES[badge.state]
  return (
    <span title={badge.messages.join('\n')} className="lin-mark">
      <VerdictMark verdict={mark} />
      <span className="sr">{label}</span>
    </span>
  )
}

/** Jobs and the pass tell the event time that they have reached, which has no age worth telling. */
export const tellsEventTime = (node: LineageNode) => node.kind === 'job' || node.kind === 'pass'

/** One short line: "542k events, 3 s ago". */
export function brief(node: LineageNode, now: number): string {
  const badge = node.badge
  const parts: string[] = []
  if (badge?.count !== undefined) parts.push(`${axisText(badge.count)} ${badge.unit ?? ''}`.trim())
  if (badge?.fresh && !tellsEventTime(node)) parts.push(`${age(now - Date.parse(badge.fresh))} ago`)
  if (parts.length === 0 && node.columns.length > 1) parts.push(`${node.columns.length} columns`)
  return parts.join(', ')
}

export function Fresh({ node, now }: { node: LineageNode; now: number }) {
  const at = node.badge?.fresh
  if (!at) return <span className="faint">–</span>
  return <time dateTime={at}>{tellsEventTime(node) ? `up to ${timeOf(at)}` : `${age(now - Date.parse(at))} ago`}</time>
}

export function Counted({ badge }: { badge: LineageBadge | undefined }) {
  if (badge?.count === undefined) return <span className="faint">–</span>
  return (
    <>
      {count(badge.count)} {badge.unit}
    </>
  )
}
