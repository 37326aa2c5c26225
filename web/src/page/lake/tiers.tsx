import { useQuery } from '@tanstack/react-query'
import { type LakePolicy, type LakeTiers, lake } from '../../api/lake.ts'
import { count, dayOf, percent } from '../../format.ts'
import { Panel } from '../../ui/control.tsx'
import { Failure, Loading, Skeleton } from '../../ui/state.tsx'

const DAY = 86_400_000

/** Where events rest by their age, and what the policy does with them next. */
export function Tiers({ policy }: { policy: LakePolicy }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['lake', 'tiers'],
    queryFn: ({ signal }) => lake.tiers(signal),
    refetchInterval: 15_000,
  })
  return (
    <Panel title="Tiers" note="events, by when they happened; ages count from the newest">
      {data ? (
        <>
          <Ages tiers={data} />
          <Next tiers={data} policy={policy} />
        </>
      ) : error ? (
        <Failure what="Where events rest is not known" error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="waiting">
          <Loading what="where events rest" />
          <Skeleton lines={4} />
        </div>
      )}
    </Panel>
  )
}

const span = (from: string | undefined, to: string | undefined) =>
  from && to ? `${dayOf(from)} to ${dayOf(to)}` : 'none yet'

const dayBefore = (time: string) => new Date(Date.parse(time) - DAY).toISOString()

function Ages({ tiers }: { tiers: LakeTiers }) {
  const all = Math.max(tiers.hot + tiers.cold, 1)
  return (
    <dl className="lake-tiers">
      <div className="cold">
        <dt>Cold: read from the lake</dt>
        <dd className="total-value">{count(tiers.cold)}</dd>
        <dd className="small quiet">
          {tiers.below && tiers.cold > 0
            ? `${span(tiers.oldest, dayBefore(tiers.below))}, ${percent(tiers.cold / all, 0)} of all`
            : 'none yet'}
        </dd>
      </div>
      <div className="hot">
        <dt>Hot: in the analytics store</dt>
        <dd className="total-value">{count(tiers.hot)}</dd>
        <dd className="small quiet">
          {tiers.hot > 0
            ? `${span(tiers.first, tiers.newest)}, ${percent(tiers.hot / all, 0)} of all; in the lake, too, once flushed`
            : 'none yet'}
        </dd>
      </div>
      <div className="waits">
        <dt>Waiting for the lake</dt>
        <dd className="total-value">{count(tiers.waiting)}</dd>
        <dd className="small quiet">records of the log since the newest flush</dd>
      </div>
    </dl>
  )
}

function Next({ tiers, policy }: { tiers: LakeTiers; policy: LakePolicy }) {
  const moves = tiers.next && tiers.first && Date.parse(tiers.first) < Date.parse(tiers.next)
  const goes = tiers.expires && tiers.oldest && Date.parse(tiers.oldest) < Date.parse(tiers.expires)
  const keep = policy.keep_days['events'] ?? 0
  return (
    <ul className="lake-next">
      <li>
        {policy.hot_days === 0
          ? 'All events stay in the analytics store (lake.hot_days is 0).'
          : moves && tiers.next
            ? `The next round moves events of before ${dayOf(tiers.next)} to the lake (lake.hot_days is ${count(policy.hot_days)}).`
            : `Nothing moves in the next round: no event in the analytics store is older than ${count(policy.hot_days)} days (lake.hot_days).`}
      </li>
      <li>
        {keep === 0
          ? 'Events are kept for ever (lake.keep_days.events is 0).'
          : goes && tiers.expires
            ? `Partitions that end before ${dayOf(tiers.expires)} are removed (lake.keep_days.events is ${count(keep)}).`
            : `No partition is older than ${count(keep)} days, so none is removed (lake.keep_days.events).`}
      </li>
    </ul>
  )
}
