import type { Passport } from '../../api/types.ts'
import { duration } from '../../format.ts'
import { Panel } from '../../ui/control.tsx'
import { Time } from '../../ui/state.tsx'

/** The event's way through the platform, with the time between its steps. */
export function Timeline({ passport }: { passport: Passport }) {
  const steps = passport.timeline ?? []
  return (
    <Panel title="Way through">
      {steps.length === 0 ? (
        <p className="panel-empty">The steps of this event were not kept.</p>
      ) : (
        <ol className="timeline">
          {steps.map((step, i) => {
            const before = steps[i - 1]?.at
            const gap = step.at && before && i > 1 ? Date.parse(step.at) - Date.parse(before) : null
            return (
              <li key={`${step.step}${step.at}`} className={i === steps.length - 1 ? passport.verdict : ''}>
                <p>
                  <b>{step.step}</b>
                  {gap !== null && gap >= 0 && <span className="faint small"> +{duration(gap)}</span>}
                </p>
                <p className="quiet">{step.detail}</p>
                {step.at && (
                  <p className="faint small">
                    <Time at={step.at} />
                  </p>
                )}
              </li>
            )
          })}
        </ol>
      )}
    </Panel>
  )
}
