const MOST_POINTS = 30

/** Means of equal stretches, so that a small line shows the course and not the noise. */
export function condense(values: readonly number[], most = MOST_POINTS): readonly number[] {
  if (values.length <= most) return values
  const size = values.length / most
  return Array.from({ length: most }, (_, i) => {
    const part = values.slice(Math.floor(i * size), Math.max(Math.floor((i + 1) * size), Math.floor(i * size) + 1))
    return part.reduce((a, b) => a + b, 0) / part.length
  })
}

/** A line without axes, scaled from zero; its numbers are beside it. */
export function Spark({
  values,
  width = 96,
  height = 24,
  quiet = false,
}: {
  values: readonly number[]
  width?: number
  height?: number
  quiet?: boolean
}) {
  if (values.length < 2) return <svg className="spark" width={width} height={height} aria-hidden="true" />
  const top = Math.max(...values, 1e-9)
  const bottom = Math.min(...values, 0)
  const y = (value: number) => height - 1.5 - ((value - bottom) / (top - bottom)) * (height - 3)
  const points = values.map((value, i) => `${((i / (values.length - 1)) * width).toFixed(1)},${y(value).toFixed(1)}`)
  return (
    <svg
      className={quiet ? 'spark quiet-line' : 'spark'}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      height={height}
      aria-hidden="true"
    >
      <polyline points={points.join(' ')} />
    </svg>
  )
}
