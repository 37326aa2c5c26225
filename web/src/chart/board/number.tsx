import { NONE } from '../../format.ts'
import type { NumberShape } from '../../page/board/shape.ts'
import { changeOf, writtenAs } from '../../page/board/shape.ts'
import { Icon } from '../../ui/icon.tsx'
import { Spark } from '../spark.tsx'

interface BigNumberProps {
  number: NumberShape
  currency: string | undefined
  beforeLabel: string
  compared: boolean
  title: string
  onPick?: (() => void) | undefined
}

/** A number, how it changed, and its course. */
export function BigNumber({ number, currency, beforeLabel, compared, title, onPick }: BigNumberProps) {
  const written = writtenAs(number.metric.format, currency)
  const shown = number.value === null ? NONE : written.short(Number(number.value))
  const exact = number.value === null ? 'no value' : written.exact(number.value)
  return (
    <div className="big">
      {onPick && number.value !== null ? (
        <button
          type="button"
          className="big-value"
          title={exact}
          aria-label={`${title}: ${shown}. Rows behind it`}
          onClick={onPick}
        >
          {shown}
        </button>
      ) : (
        <span className="big-value" title={exact}>
          {shown}
        </span>
      )}
      {compared && <Delta number={number} beforeLabel={beforeLabel} show={text => written.short(Number(text))} />}
      <Spark values={number.course} height={28} />
    </div>
  )
}

function Delta({
  number,
  beforeLabel,
  show,
}: {
  number: NumberShape
  beforeLabel: string
  show: (text: string) => string
}) {
  const [value, before] = [number.value, number.before].map(text => (text === null ? null : Number(text)))
  if (value === null || value === undefined)
    return <span className="delta faint">no event tells of it in this range</span>
  const change = changeOf(number.metric, value, before ?? null)
  if (!change || before === 0 || number.before === null)
    return (
      <span className="delta faint">
        {before === 0 ? 'none' : 'nothing known'}
        <span className="delta-period">{`${before === 0 ? 'in' : 'of'} the ${beforeLabel}`}</span>
      </span>
    )
  return (
    <span className={`delta ${change.tone}`} title={`${show(number.before)} in the ${beforeLabel}`}>
      {change.rises !== null && <Icon name={change.rises ? 'up' : 'fall'} size={12} />}
      <b>{change.text}</b>
      <span className="faint delta-period">vs {beforeLabel}</span>
    </span>
  )
}
