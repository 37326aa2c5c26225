import { type ReactNode, useEffect } from 'react'
import type { LivePhase } from '../api/live.ts'
import { age, count, freshness } from '../format.ts'
import { usePatch, usePlace } from '../router.ts'
import { Link, Popover } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { LedgerSum } from '../ui/ledger.tsx'
import { Time, useNow } from '../ui/state.tsx'
import { healthOf, useStatus } from './health.ts'
import { openPalette } from './palette-state.ts'

/** How the palette is opened here. */
const KEYS = navigator.platform.startsWith('Mac') ? '⌘ K' : 'Ctrl K'

export function TopBar({ title, trail, children }: { title: string; trail?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Millrace`
  }, [title])
  return (
    <header className="topbar">
      <div className="topbar-title">
        {trail}
        <h1 className="clip">{title}</h1>
      </div>
      <div className="topbar-tools">{children}</div>
      <button type="button" className="search-button" onClick={openPalette} aria-label={`Search ${KEYS}`}>
        <Icon name="search" />
        <span className="search-text">Search</span> <kbd>{KEYS}</kbd>
      </button>
      <HealthDot />
    </header>
  )
}

export function HealthDot() {
  const { data, error } = useStatus()
  const health = healthOf(data, error)
  return (
    <Popover
      triggerClass={`health ${health.level}`}
      triggerLabel={`Platform: ${health.label}`}
      title="Platform"
      align="end"
      className="health-pop"
      trigger={
        <>
          <span className="dot" />
          <span className="health-text">{health.label}</span>
        </>
      }
    >
      <p className="pop-title">{health.label}</p>
      <p className="quiet">{health.detail}</p>
      {data && (
        <>
          <dl className="facts three">
            <div>
              <dt>Events per second</dt>
              <dd>{count(data.events_per_second)}</dd>
            </div>
            <div>
              <dt>Freshness p50, p99</dt>
              <dd>
                {freshness(data.freshness_ms.p50)}, {freshness(data.freshness_ms.p99)}
              </dd>
            </div>
            <div>
              <dt>Lag</dt>
              <dd>{count(data.lag)} events</dd>
            </div>
          </dl>
          <LedgerSum ledger={data.ledger} />
          <p className="quiet small pop-foot">
            Newest event <Time at={data.event_time} />
            <span className="spacer" />
            <Link href="/system" className="link">
              System
            </Link>
          </p>
        </>
      )}
    </Popover>
  )
}

/** The live switch: says whether the numbers move, and since when they do not. The address remembers a pause. */
export function LiveSwitch({ phase, receivedAt }: { phase: LivePhase; receivedAt: number | null }) {
  const { params } = usePlace()
  const patch = usePatch()
  const now = useNow()
  const paused = params.get('live') === 'off'
  const old = receivedAt === null ? '' : age(now - receivedAt)
  const says = paused
    ? `Paused ${old}`
    : phase === 'live'
      ? 'Live'
      : phase === 'lost'
        ? `Reconnecting${old ? `, ${old} old` : ''}`
        : 'Connecting'
  return (
    <button
      type="button"
      className={`live ${paused ? 'paused' : phase}`}
      aria-label={`${says}. ${paused ? 'Resume' : 'Pause'} live updates`}
      title={paused ? 'Resume live updates' : 'Pause live updates'}
      onClick={() => patch({ live: paused ? null : 'off' }, { replace: true })}
    >
      <Icon name={paused ? 'play' : 'pause'} size={14} />
      {says}
    </button>
  )
}
