const STEPS = 24

/** The score at equal steps of time: a row stands until the next one of its product. */
export function courseOf(points: readonly { until: number; score: number }[], from: number, to: number): number[] {
  const all: number[] = []
  let i = 0
  let score = points[0]?.score ?? 0
  for (let step = 1; step <= STEPS; step += 1) {
    const at = from + ((to - from) * step) / STEPS
    for (let point = points[i]; point && point.until <= at; point = points[i]) {
      score = point.score
      i += 1
    }
    all.push(score)
  }
  return all
}
