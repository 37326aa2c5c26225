/** Widths in percent; a verdict that occurred at all is never thinner than can be seen. */
export function shares(parts: readonly number[], whole: number, least = 0.6): number[] {
  if (whole <= 0) return parts.map(() => 0)
  const raw = parts.map(part => (part <= 0 ? 0 : Math.max((part / whole) * 100, least)))
  const excess = raw.reduce((a, b) => a + b, 0) - (parts.reduce((a, b) => a + b, 0) / whole) * 100
  const largest = raw.indexOf(Math.max(...raw))
  return raw.map((share, i) => (i === largest ? share - excess : share))
}
