import type { ReactNode } from 'react'
import type { Platform } from '../../api/types.ts'
import { Spark } from '../../chart/spark.tsx'
import { count, freshness, NONE } from '../../format.ts'
import { Link, Popover } from '../../ui/control.tsx'
import { LedgerSum } from '../../ui/ledger.tsx'
import { Skeleton, Time } from '../../ui/state.tsx'

interface PlatformProps {
  platform: Platform | null
  asOf: string | null
  rates: readonly number[]
}

/** How the platform itself does: quick, fresh, and nothing lost. */
export function PlatformStrip({ platform, asOf, rates }: PlatformProps) {
  return (
    <section className="panel platform" aria-label="Platform">
      <div className="platform-facts">
        <Fact
          name="Events per second"
          meaning="Events judged in the last second, over all partitions. The line is the last minute."
          asOf={asOf}
          value={platform && count(platform.events_per_second)}
          extra={<Spark values={rates} width={64} height={18} />}
        />
        <Fact
          name="Freshness p50"
          meaning="From the log’s append to rows that a query sees: half of the events are at least this quick."
          asOf={asOf}
          value={platform && freshness(platform.freshness_ms.p50)}
        />
        <Fact
          name="Freshness p99"
          meaning="From the log’s append to rows that a query sees: 99 of 100 events are at least this quick."
          asOf={asOf}
          value={platform && freshness(platform.freshness_ms.p99)}
        />
        <Fact
          name="Lag"
          meaning="Records in the log that the pass has not committed yet."
          asOf={asOf}
          value={platform && count(platform.lag)}
        />
        <Fact
          name="Event time reached"
          meaning="The time of the newest event that was judged, in UTC."
          asOf={asOf}
          value={platform && (platform.event_time ? <Time at={platform.event_time} /> : NONE)}
        />
      </div>
      {platform ? <LedgerSum ledger={platform.ledger} /> : <Skeleton height={16} width="100%" lines={2} />}
    </section>
  )
}

function Fact({
  name,
  meaning,
  asOf,
  value,
  extra,
}: {
  name: string
  meaning: string
  asOf: string | null
  value: ReactNode
  extra?: ReactNode
}) {
  return (
    <div className="fact">
      <span className="small faint">{name}</span>
      {value === null ? (
        <Skeleton width={56} />
      ) : (
        <span className="fact-line">
          <Popover triggerClass="fact-value" title={name} className="explain" trigger={value}>
            <p className="pop-title">{name}</p>
            <p>{meaning}</p>
            <p className="quiet small">
              As of <Time at={asOf} />
            </p>
            <div className="pop-links">
              <Link href="/system" className="link">
                Partitions and ledger
              </Link>
            </div>
          </Popover>
          {extra}
        </span>
      )}
    </div>
  )
}
