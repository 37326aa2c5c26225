// How far watermarks are behind, and what of.
import type { PartitionWatermark, SourceWatermark } from '../../api/types.ts'
import { duration } from '../../format.ts'

/** A time without more digits than it needs: "5 s", "7.4 s", "10 min". */
export function brief(ms: number): string {
  if (ms >= 1000 && ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`
  return duration(ms).replace(/( min| h| d) 0 (s|min|h)$/, '$1')
}

/** Event time this near to the clock is of today; older is a replay, and is measured against its own newest event. */
const TODAY_MS = 3_600_000

export interface Reference {
  at: number
  /** As in "4 s behind now". */
  name: 'now' | 'the newest event'
}

const instant = (text: string | undefined) => (text ? Date.parse(text) : Number.NEGATIVE_INFINITY)

export function newestOf(sources: readonly SourceWatermark[]): number | null {
  const newest = Math.max(...sources.flatMap(s => s.partitions.map(p => instant(p.newest))))
  return Number.isFinite(newest) ? newest : null
}

/** What watermarks are compared with, or null before the first event. */
export function referenceOf(sources: readonly SourceWatermark[], now: number): Reference | null {
  const newest = newestOf(sources)
  if (newest === null) return null
  return now - newest < TODAY_MS ? { at: now, name: 'now' } : { at: newest, name: 'the newest event' }
}

export function behind(watermark: string | undefined, reference: Reference | null): number | null {
  return watermark && reference ? Math.max(reference.at - Date.parse(watermark), 0) : null
}

/** "4.2 s behind now". */
export function behindText(watermark: string | undefined, reference: Reference | null): string {
  const ms = behind(watermark, reference)
  if (ms === null || !reference) return ''
  return ms < 1 ? `at ${reference.name}` : `${brief(ms)} behind ${reference.name}`
}

export function holderOf(source: SourceWatermark): PartitionWatermark | undefined {
  return source.partitions.find(p => p.partition === source.holder)
}

/** Why a source's watermark stands where it does. */
export function reasonOf(source: SourceWatermark): string {
  if (source.idle) return 'sends nothing: its time goes on with the clock, and it holds nobody'
  const holder = holderOf(source)
  if (!holder?.newest || !source.watermark) return 'no event yet'
  const kept = Date.parse(holder.newest) - Date.parse(source.watermark)
  const why = kept > 0 ? `, less ${brief(kept)} for events out of order` : ''
  return `held by partition ${holder.partition}: its newest event${why}`
}

/** How far along a partition is, from 0 for the one farthest behind to 1 for the reference. */
export function progress(source: PartitionWatermark, least: number, reference: number): number {
  if (!source.newest || reference <= least) return source.newest ? 1 : 0
  return Math.min(Math.max((Date.parse(source.newest) - least) / (reference - least), 0), 1)
}

/** The oldest newest event among partitions that hold somebody; idle ones do not stretch the scale. */
export function leastOf(sources: readonly SourceWatermark[], reference: number): number {
  const active = sources.flatMap(s => s.partitions.filter(p => !p.idle && p.newest).map(p => instant(p.newest)))
  return Math.min(reference - 1000, ...active)
}
