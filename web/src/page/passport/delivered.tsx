import type { Passport } from '../../api/types.ts'
import { count } from '../../format.ts'
import { Frame, Panel } from '../../ui/control.tsx'
import { Time } from '../../ui/state.tsx'

type Sink = NonNullable<Passport['sinks']>[number]

const STATES: Record<Sink['state'], { tone: string; says: string; means: string }> = {
  delivered: {
    tone: 'good',
    says: 'Delivered',
    means: 'The sink is past this event. What a destination refuses is in its topic of dead letters.',
  },
  waiting: { tone: 'warn', says: 'Not yet', means: 'The sink has not come to this event.' },
  before: {
    tone: '',
    says: 'Before it began',
    means: 'The event was there before the sink began, or retention removed it before it was delivered.',
  },
  current: { tone: 'good', says: 'All delivered', means: 'Everything that is in the topic now has been delivered.' },
  behind: {
    tone: 'warn',
    says: 'Behind',
    means: 'Some messages of the topic are not delivered; these may be among them.',
  },
  unknown: { tone: 'bad', says: 'Not reached', means: 'The sink has not reached its destination since the start.' },
}

/** The sinks that have the event, or the results that it is a part of, and how far they are. */
export function Delivered({ passport }: { passport: Passport }) {
  const sinks = passport.sinks ?? []
  if (sinks.length === 0) return null
  return (
    <Panel title="Delivered to" note={count(sinks.length)}>
      <Frame label="Delivered to">
        <table className="table">
          <thead>
            <tr>
              <th>Sink</th>
              <th>What</th>
              <th>State</th>
              <th className="num">Position</th>
              <th className="num">Waiting</th>
              <th>Last delivery</th>
            </tr>
          </thead>
          <tbody>
            {sinks.map(sink => (
              <tr key={sink.name}>
                <td>
                  {sink.name} <span className="quiet">{sink.kind}</span>
                </td>
                <td>{sink.of === 'event' ? 'the event itself' : (sink.results ?? []).join(', ')}</td>
                <td title={sink.last_error || STATES[sink.state].means}>
                  <State sink={sink} />
                </td>
                <td className="num">
                  {sink.position ? (
                    <span title={`partition ${sink.position.partition}, delivered from offset ${sink.position.from}`}>
                      {count(sink.position.next)} <span className="quiet">of {count(sink.position.end)}</span>
                    </span>
                  ) : (
                    <span className="faint">whole topic</span>
                  )}
                </td>
                <td className="num">{count(sink.lag)}</td>
                <td>{sink.last_delivered ? <Time at={sink.last_delivered} /> : <span className="faint">none</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

function State({ sink }: { sink: Sink }) {
  const state = STATES[sink.state]
  return (
    <span className={`sink-state ${state.tone}`}>
      <span className="dot" />
      {state.says}
      {sink.last_error && <span className="quiet">it fails</span>}
    </span>
  )
}
