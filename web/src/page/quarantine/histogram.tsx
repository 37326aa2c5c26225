import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import type { Grain, HeldQuery } from '../../api/types.ts'
import { bucketOf, count } from '../../format.ts'
import { patched, usePlace } from '../../router.ts'
import { bucketStep, bucketsOf } from '../../state/bucket.ts'
import { DAY_MS } from '../../state/range.ts'
import { Link } from '../../ui/control.tsx'

const MOST_BARS = 130
const GRAIN_MS: Record<Grain, number> = { hour: DAY_MS / 24, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS }

/** The finest buckets that a span has not too many of. */
function bucketFor(span: number): Grain {
  const all = ['hour', 'day', 'week'] as const
  return all.find(grain => span / GRAIN_MS[grain] <= MOST_BARS) ?? 'month'
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z')

interface Bar {
  start: number
  count: number
  open: number
}

/** When the events happened. A bar is a link to its time. */
export function Histogram({ query, from, to }: { query: HeldQuery; from: number | null; to: number | null }) {
  const place = usePlace()
  const start = query.from ? Date.parse(query.from) : from
  const end = query.to ? Date.parse(query.to) : to
  const grain = bucketFor(start !== null && end !== null ? end - start : 365 * DAY_MS)
  const { data } = useQuery({
    queryKey: ['held', 'times', query, grain],
    queryFn: ({ signal }) => api.heldGroups({ ...query, bucket: grain, samples: 0 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  })
  const bars = barsOf(data?.groups ?? [], grain)
  const top = Math.max(...bars.map(bar => bar.count), 1)
  const total = bars.reduce((sum, bar) => sum + bar.count, 0)
  return (
    <figure className="held-times" aria-label={`${count(total)} events by ${grain}`}>
      <div className="held-bars">
        {bars.map(bar => {
          const label = `${bucketOf(bar.start, grain)}: ${count(bar.count)}, ${count(bar.open)} open`
          const href = patched(place, {
            from: iso(bar.start),
            to: iso(bucketStep(bar.start, grain, 1)),
            range: null,
          })
          return (
            <Link key={bar.start} href={href} className="held-bar" aria-label={label} title={label} tabIndex={-1}>
              <span style={{ height: `${(bar.count / top) * 100}%` }}>
                <span style={{ height: `${bar.count > 0 ? (bar.open / bar.count) * 100 : 0}%` }} />
              </span>
            </Link>
          )
        })}
      </div>
      <figcaption className="held-axis small faint">
        <span>{bars[0] ? bucketOf(bars[0].start, grain) : ''}</span>
        <span>
          by {grain}, {count(top)} at most
        </span>
        <span>{bars.length > 1 ? bucketOf(bars.at(-1)?.start ?? 0, grain) : ''}</span>
      </figcaption>
    </figure>
  )
}

function barsOf(groups: readonly { bucket?: string | null; count: number; open: number }[], grain: Grain): Bar[] {
  const found = new Map<number, Bar>()
  for (const group of groups) {
    if (!group.bucket) continue
    const start = Date.parse(group.bucket)
    const bar = found.get(start) ?? { start, count: 0, open: 0 }
    bar.count += group.count
    bar.open += group.open
    found.set(start, bar)
  }
  const starts = [...found.keys()]
  if (starts.length === 0) return []
  const first = Math.min(...starts)
  const last = Math.max(...starts)
  const all = bucketsOf(first, last + 1, grain)
  if (all.length > 10 * MOST_BARS) return [...found.values()].sort((a, b) => a.start - b.start)
  return all.map(start => found.get(start) ?? { start, count: 0, open: 0 })
}
