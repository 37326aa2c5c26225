import type { Lake, LakeWork } from '../../api/lake.ts'
import { age, bytes, count, duration } from '../../format.ts'
import { Frame, Panel } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Time, useNow } from '../../ui/state.tsx'

const STEPS: Record<LakeWork['step'], { title: string; says: string }> = {
  flush: { title: 'Flush', says: 'writes what waits' },
  expire_rows: { title: 'Expiry', says: 'lets go of partitions that are too old' },
  compact: { title: 'Compaction', says: 'writes small files again as large ones' },
  tier: { title: 'Tiering', says: 'lets go of old rows in the analytics store' },
  clean_up: { title: 'Clean-up', says: 'forgets replaced snapshots, removes files that nobody needs' },
}

function did(work: LakeWork): string {
  const parts = [
    work.rows ? `${count(work.rows)} rows` : '',
    work.files ? `${count(work.files)} files, ${bytes(work.bytes ?? 0)}` : '',
    work.snapshots ? `${count(work.snapshots)} snapshots` : '',
  ].filter(part => part !== '')
  return parts.length > 0 ? parts.join(', ') : 'nothing to do so far'
}

/** What is done in the background: when last, how long it takes, and what went wrong. */
export function Work({ data }: { data: Lake }) {
  const now = useNow(5000)
  const due = data.next ? Date.parse(data.next) - now : null
  const note =
    due === null
      ? 'not planned'
      : due <= 0
        ? 'a round is due now'
        : `next round in ${age(due)}, or when ${count(data.policy.flush_rows)} records wait`
  return (
    <Panel title="Background work" note={note}>
      {data.failed && (
        <p className="error-text lake-failed" role="alert">
          The last round failed, and is tried again: {data.failed}
        </p>
      )}
      <Frame label="Background work">
        <table className="table">
          <thead>
            <tr>
              <th>Step</th>
              <th>State</th>
              <th>Last</th>
              <th className="num">Took</th>
              <th className="num">In all</th>
              <th>Since the start</th>
            </tr>
          </thead>
          <tbody>
            {data.work.map(work => (
              <tr key={work.step}>
                <td title={STEPS[work.step].says}>{STEPS[work.step].title}</td>
                <td title={work.failed}>
                  <State work={work} />
                </td>
                <td>{work.at ? <Time at={work.at} /> : <span className="faint">not yet</span>}</td>
                <td className="num">{work.at ? duration(work.took_ms) : ''}</td>
                <td className="num">{work.at ? duration(work.total_ms) : ''}</td>
                <td className="quiet">{work.step === 'tier' && work.at ? 'see Tiers' : did(work)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

function State({ work }: { work: LakeWork }) {
  if (work.failed) {
    return (
      <span className="balance bad">
        <Icon name="quarantine" size={14} /> failed
      </span>
    )
  }
  if (!work.at) return <span className="faint">waits</span>
  return (
    <span className="balance good">
      <Icon name="check" size={14} /> done
    </span>
  )
}
