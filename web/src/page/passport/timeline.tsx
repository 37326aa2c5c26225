import type { Passport, Step } from '../../api/types.ts'
import { duration } from '../../format.ts'
import { Panel } from '../../ui/control.tsx'
import { Time } from '../../ui/state.tsx'

const STEPS: Record<Step['step'], string> = {
  happened: 'Happened',
  received: 'Received',
  logged: 'Durable in the log',
  decoded: 'Decoded',
  corrected: 'Corrected',
  enriched: 'Enriched',
  warned: 'Warned',
  accepted: 'Accepted',
  quarantined: 'Quarantined',
  rejected: 'Rejected',
  duplicate: 'Came again',
  pending: 'Waits for its verdict',
  stored: 'In every view',
}

/** The event's way through the platform, with the time between its steps where it is known. */
export function Timeline({ passport }: { passport: Passport }) {
  const steps = passport.timeline
  return (
    <Panel title="Way through">
      {steps.length === 0 ? (
        <p className="panel-empty">The steps of this event were not kept.</p>
      ) : (
        <ol className="timeline">
          {steps.map((step, i) => {
            const before = steps[i - 1]
            const known = step.at && before?.at && before.step !== 'happened'
            const gap = known ? Date.parse(step.at as string) - Date.parse(before.at as string) : -1
            return (
              <li key={`${step.step}${step.detail}`} className={step.step === passport.verdict ? passport.verdict : ''}>
                <p>
                  <b>{STEPS[step.step] ?? step.step}</b>
                  {gap >= 1 && <span className="faint small"> +{duration(gap)}</span>}
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
