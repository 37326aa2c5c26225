import { change, count, NONE, signedPercent } from '../../format.ts'
import type { NumberShape } from '../../page/board/shape.ts'
import { writtenAs } from '../../page/board/shape.ts'
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

const FLAT = 0.0005
/** From here on a factor says more than per cent. */
const MANYFOLD = 9.5

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
  const { value, before } = number
  const ratio = number.change ?? (value === null || before === null ? null : change(Number(value), Number(before)))
  if (value === null) return <span className="delta faint">no event tells of it in this range</span>
  if (ratio === null || before === null || Number(before) === 0)
    return <span className="delta faint">nothing in the {beforeLabel}</span>
  const { better } = number.metric
  const flat = Math.abs(ratio) < FLAT
  const tone = flat || !better ? '' : ratio > 0 === (better === 'higher') ? 'good' : 'bad'
  return (
    <span className={`delta ${tone}`} title={`${show(before)} in the ${beforeLabel}`}>
      {!flat && <Icon name={ratio > 0 ? 'up' : 'fall'} size={12} />}
      <b>{ratio >= MANYFOLD ? `× ${count(Math.round(ratio + 1))}` : signedPercent(ratio)}</b>
      <span className="faint delta-period">vs {beforeLabel}</span>
    </span>
  )
}
