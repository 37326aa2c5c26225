import { count, moneyExact } from '../../format.ts'
import { patched, usePatch, usePlace } from '../../router.ts'
import { Link, Panel, Segments } from '../../ui/control.tsx'
import { VerdictMark } from '../../ui/verdict.tsx'
import type { GroupBy, Heap, View } from './view.ts'

const BY = [
  { value: 'rule', label: 'Rule' },
  { value: 'source', label: 'Source' },
  { value: 'field', label: 'Field' },
  { value: 'category', label: 'Kind' },
] as const

/** The groups, the largest first; one is picked. */
export function Groups({ heaps, view, currency }: { heaps: readonly Heap[]; view: View; currency: string }) {
  const place = usePlace()
  const patch = usePatch()
  const top = Math.max(...heaps.map(heap => heap.count), 1)
  return (
    <Panel
      title="Groups"
      note={count(heaps.length)}
      actions={
        <Segments<GroupBy>
          label="Group by"
          value={view.by}
          choices={BY}
          onChange={by => patch({ by: by === 'rule' ? null : by, pick: null })}
        />
      }
    >
      <ul className="groups">
        {heaps.map(heap => (
          <li key={heap.key}>
            <Link
              href={patched(place, { pick: heap.key })}
              className="group"
              aria-current={heap.key === view.pick ? 'true' : undefined}
            >
              <VerdictMark verdict="quarantined" />
              <b className="clip">{heap.title}</b>
              <b className="num">{count(heap.count)}</b>
              <span className="group-sub small quiet clip">
                {heap.sub}
                {heap.group?.triage.assignee ? `, ${heap.group.triage.assignee} sees to it` : ''}
              </span>
              <span className="num small quiet">{moneyExact(String(heap.amount), currency)}</span>
              <span className="group-bar">
                <span style={{ width: `${(heap.count / top) * 100}%` }} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
