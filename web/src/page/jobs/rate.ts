// How much jobs do per second, seen from here: the server counts since its start, and the page asks each second.
import type { Job } from '../../api/types.ts'

export interface Sample {
  at: number
  values: number
  outputs: number
}

/** The newest samples of each job, oldest first. */
export type Samples = ReadonlyMap<string, readonly Sample[]>

const KEEP = 60
/** A rate is over this many milliseconds, so that one slow answer does not make it jump. */
const OVER_MS = 10_000

/** Adds what an answer says. Counts that fell began again: the process was restarted. */
export function addSamples(old: Samples, jobs: readonly Job[], at: number): Samples {
  return new Map(
    jobs.map(job => {
      const before = old.get(job.name) ?? []
      const last = before.at(-1)
      const begun = last !== undefined && (job.values < last.values || job.outputs < last.outputs)
      const kept = begun ? [] : before
      return [job.name, [...kept, { at, values: job.values, outputs: job.outputs }].slice(-KEEP)]
    }),
  )
}

/** Per second over the newest samples, or null while there are too few to tell. */
export function rateOf(samples: readonly Sample[] | undefined, of: 'values' | 'outputs'): number | null {
  const last = samples?.at(-1)
  if (!samples || !last) return null
  const first = samples.find(sample => last.at - sample.at <= OVER_MS) ?? last
  if (last.at - first.at < 500) return null
  return ((last[of] - first[of]) * 1000) / (last.at - first.at)
}

/** Fewer make no course. */
const LEAST = 6

/** The course of a rate, one number for each step between samples; nothing while there are too few. */
export function courseOf(samples: readonly Sample[] | undefined, of: 'values' | 'outputs'): number[] {
  const all = samples ?? []
  if (all.length < LEAST) return []
  return all.slice(1).map((sample, i) => {
    const before = all[i] as Sample
    return sample.at > before.at ? ((sample[of] - before[of]) * 1000) / (sample.at - before.at) : 0
  })
}
