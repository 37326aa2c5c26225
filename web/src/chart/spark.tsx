const MOST_POINTS = 30

/** Means of equal stretches, so that a small line shows the course and not the noise. */
export function condense(values: readonly (number | null)[], most = MOST_POINTS): readonly (number | null)[] {
  if (values.length <= most) return values
  const size = values.length / most
  return Array.from({ length: most }, (_, i) => {
    const part = values.slice(Math.floor(i * size), Math.max(Math.floor((i + 1) * size), Math.floor(i * size) + 1))
    const known = part.filter(value => value !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
  })
}

/** A line without axes, scaled from zero; its numbers are beside it. Where a value is missing the line has a gap. */
export function Spark({
  values,
  width = 96,
  height = 24,
  quiet = false,
}: {
  values: readonly (number | null)[]
  width?: number
  height?: number
  quiet?: boolean
}) {
  const known = values.filter(value => value !== null)
  if (known.length < 2) return <svg className="spark" width={width} height={height} aria-hidden="true" />
  const top = Math.max(...known, 1e-9)
  const bottom = Math.min(...known, 0)
  const y = (value: number) => height - 1.5 - ((value - bottom) / (top - bottom)) * (height - 3)
  const x = (i: number) => ((i / (values.length - 1)) * width).toFixed(1)
  const path = values.map((value, i) => {
    if (value === null) return ''
    const begins = (values[i - 1] ?? null) === null
    return `${begins ? 'M' : 'L'}${x(i)} ${y(value).toFixed(1)}${begins ? 'h0' : ''}`
  })
  return (
    <svg
      className={quiet ? 'spark quiet-line' : 'spark'}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      height={height}
      aria-hidden="true"
    >
      <path d={path.join('')} />
    </svg>
  )
}
