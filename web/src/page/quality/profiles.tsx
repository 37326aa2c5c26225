import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api } from '../../api/client.ts'
import type { Profile, ProfileColumn, ProfileSummary } from '../../api/types.ts'
import { count, NONE, percent } from '../../format.ts'
import { patched, usePatch, usePlace } from '../../router.ts'
import { Button, CopyButton, Frame, Link, Panel } from '../../ui/control.tsx'
import { Empty, Time } from '../../ui/state.tsx'
import { groupDigits } from '../sql/shape.ts'
import { Await } from './state.tsx'

export function ProfilesTab() {
  const { params } = usePlace()
  const query = useQuery({
    queryKey: ['profiles'],
    queryFn: ({ signal }) => api.profiles(signal),
    refetchInterval: 10_000,
  })
  const all = query.data?.profiles ?? []
  const chosen = all.find(p => p.source === params.get('source') && p.type === params.get('type')) ?? all[0]
  return (
    <Await query={query} what="profiles">
      {chosen ? (
        <>
          <Pairs all={all} chosen={chosen} />
          <OneProfile summary={chosen} key={`${chosen.source} ${chosen.type}`} />
        </>
      ) : (
        <Empty title="Nothing has been profiled yet">
          <p>The first accepted event begins a profile of its source and type.</p>
        </Empty>
      )}
    </Await>
  )
}

function Pairs({ all, chosen }: { all: readonly ProfileSummary[]; chosen: ProfileSummary }) {
  const place = usePlace()
  return (
    <Panel title="Sources and types" note={count(all.length)}>
      <Frame label="Sources and types">
        <table className="table roomy">
          <thead>
            <tr>
              <th>Source</th>
              <th>Type</th>
              <th className="num">Accepted</th>
              <th className="num">Sampled</th>
              <th className="num">Columns</th>
              <th>Newest day</th>
            </tr>
          </thead>
          <tbody>
            {all.map(one => (
              <tr key={`${one.source} ${one.type}`}>
                <td>{one.source}</td>
                <td>
                  <Link
                    href={patched(place, { source: one.source, type: one.type, day: null, suggest: null })}
                    className="link"
                    aria-current={one === chosen ? 'true' : undefined}
                  >
                    {one.type}
                  </Link>
                </td>
                <td className="num">{count(one.rows)}</td>
                <td className="num">{count(one.sampled)}</td>
                <td className="num">{count(one.columns)}</td>
                <td>{one.days[0]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

function OneProfile({ summary }: { summary: ProfileSummary }) {
  const { params } = usePlace()
  const patch = usePatch()
  const day = params.get('day') ?? ''
  const suggesting = params.get('suggest') === '1'
  const { source, type } = summary
  const query = useQuery({
    queryKey: ['profile', source, type, day],
    queryFn: ({ signal }) => api.profile(source, type, day, signal),
    refetchInterval: 10_000,
  })
  return (
    <Await query={query} what="profile">
      <Panel
        title={type}
        note={`${count(query.data?.sampled ?? 0)} of ${count(query.data?.rows ?? 0)} events sampled`}
        actions={
          <>
            <select
              className="select"
              aria-label="Day"
              value={day}
              onChange={event => patch({ day: event.target.value || null })}
            >
              <option value="">Newest day</option>
              {summary.days.map(one => (
                <option key={one}>{one}</option>
              ))}
            </select>
            <Button aria-expanded={suggesting} onClick={() => patch({ suggest: suggesting ? null : '1' })}>
              Suggest rules
            </Button>
          </>
        }
      >
        {suggesting && <Suggested source={source} type={type} day={day} />}
        {query.data && <Columns profile={query.data} />}
      </Panel>
    </Await>
  )
}

function Suggested({ source, type, day }: { source: string; type: string; day: string }) {
  const query = useQuery({
    queryKey: ['suggestion', source, type, day],
    queryFn: ({ signal }) => api.suggestion(source, type, day, signal),
  })
  return (
    <Await query={query} what="proposal">
      <Yaml title="Rules" text={query.data?.rules ?? ''} />
      <Yaml title="Checks" text={query.data?.checks ?? ''} />
    </Await>
  )
}

function Yaml({ title, text }: { title: string; text: string }) {
  if (!text) {
    return <p className="panel-empty">{title}: nothing can be proposed yet. A column needs a hundred values.</p>
  }
  return (
    <div className="panel-sub">
      <h3>
        {title} <CopyButton text={text} what={title.toLowerCase()} />
      </h3>
      <div className="command">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard */}
        <pre tabIndex={0}>{text}</pre>
      </div>
    </div>
  )
}

function Columns({ profile }: { profile: Profile }) {
  return (
    <Frame label="Columns">
      <table className="table roomy">
        <thead>
          <tr>
            <th>Column</th>
            <th>Kind</th>
            <th className="num">Missing</th>
            <th className="num">Different</th>
            <th className="num">Smallest</th>
            <th className="num">5 %</th>
            <th className="num">Median</th>
            <th className="num">95 %</th>
            <th className="num">Greatest</th>
            <th>Most frequent</th>
            <th>Shapes</th>
          </tr>
        </thead>
        <tbody>
          {profile.columns.map(column => (
            <tr key={column.name}>
              <td>{column.name}</td>
              <td className="quiet">{column.format || column.kind}</td>
              <td className="num">{percent(column.null_share, 1)}</td>
              <td className="num">
                {column.exact ? '' : '≈ '}
                {count(column.distinct)}
              </td>
              <td className="num">{written(column, column.min)}</td>
              <td className="num">{quantile(column, 0.05)}</td>
              <td className="num">{quantile(column, 0.5)}</td>
              <td className="num">{quantile(column, 0.95)}</td>
              <td className="num">{written(column, column.max)}</td>
              <td>{most(column.top)}</td>
              <td className="quiet">{most(column.shapes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}

/** A value of a column as the other pages write it; what a text says is left alone. */
function written(column: ProfileColumn, value: string | undefined): ReactNode {
  if (!value) return NONE
  if (column.kind === 'time') return <Time at={value} />
  return column.kind === 'text' ? value : groupDigits(value, 4)
}

/** Of texts it is one of their lengths. */
function quantile(column: ProfileColumn, share: number): ReactNode {
  const found = column.quantiles.find(q => q.share === share)
  return found && column.kind === 'text' ? `${found.value} chars` : written(column, found?.value)
}

const SHOWN = 3

function most(counts: ProfileColumn['top']): string {
  return counts.length === 0
    ? NONE
    : counts
        .slice(0, SHOWN)
        .map(c => `${c.value} ${percent(c.share, 1)}`)
        .join(', ')
}
