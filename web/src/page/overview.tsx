import { useEffect, useState } from 'react'
import { type Live, useOverviewStream } from '../api/live.ts'
import type { Grain, Overview } from '../api/types.ts'
import { metricOf, type SeriesMetric } from '../metric.ts'
import { usePlace } from '../router.ts'
import { useStatus } from '../shell/health.ts'
import { RangePicker } from '../shell/rangepicker.tsx'
import { LiveSwitch, TopBar } from '../shell/topbar.tsx'
import { type Extent, useExtent } from '../state/extent.ts'
import { GRAINS, queryOf, rangeOf } from '../state/range.ts'
import { INGEST, POST } from '../ui/connect.ts'
import { Command } from '../ui/control.tsx'
import { Empty, Failure, Loading, Stale } from '../ui/state.tsx'
import { KpiStrip } from './overview/kpis.tsx'
import { PlatformStrip } from './overview/platform.tsx'
import { TopCountries, TopProducts } from './overview/tops.tsx'
import { Trend } from './overview/trend.tsx'

export const DEFAULT_RANGE = '90d'
function grainOf(text: string | null): Grain | null {
  return text !== null && text in GRAINS ? (text as Grain) : null
}

export function OverviewPage() {
  const { params } = usePlace()
  const paused = params.get('live') === 'off'
  const range = rangeOf(params, DEFAULT_RANGE)
  const extent = useExtent(paused)
  const grain = grainOf(params.get('grain'))
  const compare = params.get('compare') !== 'off'
  const known = extent.overview !== undefined
  const query = known ? { ...queryOf(range, extent.newest, extent.oldest, grain), compare } : null
  const live = useOverviewStream(query, paused)
  const metric = metricOf(params.get('metric') ?? 'revenue')?.series ?? 'revenue'
  return (
    <>
      <TopBar title="Overview">
        <LiveSwitch phase={live.phase} receivedAt={live.receivedAt} />
        <RangePicker
          range={range}
          fallback={DEFAULT_RANGE}
          oldest={extent.oldest}
          newest={extent.newest}
          compare={compare}
        />
      </TopBar>
      <div className="page">
        <OverviewBody live={live} extent={extent} metric={metric} compare={compare} />
      </div>
    </>
  )
}

interface BodyProps {
  live: Live
  extent: Extent
  metric: SeriesMetric
  compare: boolean
}

function OverviewBody({ live, extent, metric, compare }: BodyProps) {
  const { params } = usePlace()
  const range = rangeOf(params, DEFAULT_RANGE)
  const { data, phase, error } = live
  const rates = useRates(data)
  const status = useStatus()
  const failed = error ?? extent.error
  if (!data && failed) {
    return (
      <Failure
        what="The overview could not be computed"
        error={failed}
        holds="What was sent and acknowledged is safe in the log. Events, quarantine and SQL may still answer."
        onRetry={() => {
          extent.retry()
          live.retry()
        }}
      />
    )
  }
  if (data && data.data_from === null) return <NoData overview={data} rates={rates} />
  return (
    <>
      {!data && <Loading what="the overview" />}
      {data && phase === 'lost' && !status.error && live.receivedAt !== null && (
        <Stale since={live.receivedAt}>{error?.message ?? 'The live stream was cut.'} Reconnecting.</Stale>
      )}
      <KpiStrip overview={data} range={range} metric={metric} />
      <Trend overview={data} extent={extent} range={range} metric={metric} compare={compare} />
      <PlatformStrip platform={data?.platform ?? null} asOf={data?.as_of ?? null} rates={rates} />
      <div className="tops">
        <TopProducts overview={data} />
        <TopCountries overview={data} />
      </div>
    </>
  )
}

const KEEP = 60

/** The last minute of events per second, as seen from here. */
function useRates(data: Overview | null): readonly number[] {
  const [rates, setRates] = useState<readonly number[]>([])
  useEffect(() => {
    if (data) setRates(old => [...old, data.platform.events_per_second].slice(-KEEP))
  }, [data])
  return rates
}

function NoData({ overview, rates }: { overview: Overview; rates: readonly number[] }) {
  return (
    <>
      <Empty title="No orders yet">
        <p>The platform is up and waits for its first event. Send it something, and this page fills by itself.</p>
        <h4>A file of orders</h4>
        <Command text={INGEST} />
        <h4>One event by HTTP</h4>
        <Command text={POST} />
        <p className="quiet">
          WRITE_KEY is one of a source’s <code>write_keys</code> in millrace.yaml. <code>millrace demo</code> replays a
          year of a real shop.
        </p>
      </Empty>
      <PlatformStrip platform={overview.platform} asOf={overview.as_of} rates={rates} />
    </>
  )
}
