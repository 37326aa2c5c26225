import type { UseQueryResult } from '@tanstack/react-query'
import { type FormEvent, useId } from 'react'
import type { Impact, ImpactThing, LineageNode, LineagePath } from '../../api/lineage.ts'
import { Button, CopyButton, Link, Segments } from '../../ui/control.tsx'
import { Failure, Skeleton, useNow } from '../../ui/state.tsx'
import { Counted, Fresh, StateLabel } from './badge.tsx'
import { byKind, split, sumOf } from './trace.ts'

export type Direction = 'both' | 'up' | 'down'

const DIRECTIONS: { value: Direction; label: string }[] = [
  { value: 'both', label: 'Both' },
  { value: 'up', label: 'Upstream' },
  { value: 'down', label: 'Downstream' },
]

type Origin = Pick<ImpactThing, 'id' | 'kind' | 'name' | 'columns'>

interface Props {
  pick: string
  node: LineageNode
  nodes: readonly LineageNode[]
  direction: Direction
  impact: UseQueryResult<Impact>
  origins: Origin[] | undefined
  to: string
  path: UseQueryResult<LineagePath>
  onPick: (ref: string) => void
  onDirection: (direction: Direction) => void
  onPath: (to: string) => void
}

/** What was selected: what it is, what it comes from, and what a change of it would touch. */
export function Selection(props: Props) {
  const { pick, node, direction, impact, origins, onPick, onDirection } = props
  const { column } = split(pick)
  return (
    <section className="panel lin-panel" aria-label="Selection">
      <header className="panel-head">
        <h2 className="clip">{column || node.name}</h2>
        <CopyButton text={pick} what="name" />
        <span className="spacer" />
        <Button icon="close" tone="ghost" label="Clear the selection" onClick={() => onPick('')} />
      </header>
      <Facts node={node} column={column} onPick={onPick} />
      <div className="lin-part">
        <Segments<Direction> label="Highlight" value={direction} choices={DIRECTIONS} onChange={onDirection} />
      </div>
      {direction !== 'up' && (
        <div className="lin-part">
          <h3>Blast radius</h3>
          {impact.data ? (
            <>
              <p className="quiet">{sumOf(impact.data)}</p>
              <Things things={impact.data.things} onPick={onPick} />
            </>
          ) : impact.error ? (
            <Failure
              what="The blast radius could not be read"
              error={impact.error}
              onRetry={() => void impact.refetch()}
            />
          ) : (
            <Skeleton lines={4} />
          )}
        </div>
      )}
      {direction !== 'down' && (
        <div className="lin-part">
          <h3>Comes from</h3>
          {!origins ? (
            <Skeleton lines={3} />
          ) : origins.length === 0 ? (
            <p className="quiet">Nothing: data enter here, or nobody says what it is made of.</p>
          ) : (
            <Things things={origins} onPick={onPick} />
          )}
        </div>
      )}
      <PathPart {...props} />
    </section>
  )
}

function hrefOf(node: LineageNode): { href: string; label: string } | null {
  switch (node.kind) {
    case 'source':
      return { href: '/sources', label: 'Sources' }
    case 'job':
      return { href: `/jobs/${encodeURIComponent(node.name)}`, label: 'Open the job' }
    case 'table': {
      const sql = `SELECT *\nFROM ${node.name}\nLIMIT 100`
      return { href: `/sql?q=${encodeURIComponent(sql)}&run=1`, label: 'Rows by SQL' }
    }
    case 'rules':
      return { href: '/quality?tab=rules', label: 'Rules' }
    case 'dashboard':
      return { href: `/dashboards/${encodeURIComponent(node.name)}`, label: 'Open the dashboard' }
    case 'metric':
      return { href: '/', label: 'Overview' }
    default:
      return null
  }
}

function Facts({ node, column, onPick }: { node: LineageNode; column: string; onPick: (ref: string) => void }) {
  const now = useNow(5000)
  const link = hrefOf(node)
  const type = node.columns.find(each => each.name === column)?.type
  return (
    <div className="lin-part">
      {column && (
        <p>
          {type ? `${type}, column` : 'Column'} of {node.kind}{' '}
          <button type="button" className="link" onClick={() => onPick(node.id)}>
            {node.name}
          </button>
        </p>
      )}
      {node.text && <p className="quiet">{node.text}</p>}
      <dl className="facts rows lin-facts">
        <Fact term="Kind">{node.kind}</Fact>
        {node.badge && (
          <>
            <Fact term="Holds">
              <Counted badge={node.badge} />
            </Fact>
            <Fact term="Newest">
              <Fresh node={node} now={now} />
            </Fact>
            <Fact term="State">
              <StateLabel badge={node.badge} />
              {node.badge.messages.map(message => (
                <span key={message} className="quiet small lin-message">
                  {message}
                </span>
              ))}
            </Fact>
          </>
        )}
        {node.version && (
          <Fact term="Version">
            <code>{node.version}</code>
          </Fact>
        )}
        {node.file && (
          <Fact term="File">
            <code>{node.file}</code>
          </Fact>
        )}
      </dl>
      {node.columns.length > 0 && (
        <details>
          <summary>
            {node.columns.length} {node.columns.length === 1 ? 'column' : 'columns'}
          </summary>
          <ul className="lin-columns">
            {node.columns.map(each => (
              <li key={each.name}>
                <button
                  type="button"
                  className="cell-link"
                  aria-pressed={each.name === column}
                  onClick={() => onPick(`${node.id}/${each.name}`)}
                >
                  {each.name}
                </button>
                {each.type && <span className="faint small">{each.type}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
      {link && (
        <p>
          <Link href={link.href} className="link">
            {link.label}
          </Link>
        </p>
      )}
    </div>
  )
}

function Fact({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Things by kind, with how many there are of each. */
function Things({
  things,
  onPick,
}: {
  things: readonly (Origin & { direct?: boolean })[]
  onPick: (r: string) => void
}) {
  return byKind(things).map(group => (
    <div key={group.kind} className="lin-group">
      <h4>{group.title}</h4>
      <ul>
        {group.members.map(thing => (
          <li key={thing.id}>
            <button type="button" className="cell-link" onClick={() => onPick(thing.id)}>
              {thing.name}
            </button>
            {thing.direct === false && <span className="faint small"> rows only</span>}
            {thing.columns.length > 0 && thing.columns.join() !== thing.name && (
              <span className="quiet small lin-names">{thing.columns.join(', ')}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  ))
}

function PathPart({ pick, nodes, to, path, onPick, onPath }: Props) {
  const list = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onPath(String(new FormData(event.currentTarget).get('to') ?? '').trim())
  }
  return (
    <div className="lin-part">
      <h3>Way to</h3>
      <form className="lin-path" onSubmit={submit}>
        <input
          key={to}
          className="searchbox"
          name="to"
          list={list}
          defaultValue={to}
          aria-label="Way to a dataset or column"
          placeholder="metric:revenue, order_lines.amount"
          autoComplete="off"
        />
        <datalist id={list}>
          {nodes.map(node => (
            <option key={node.id} value={node.id} />
          ))}
        </datalist>
        <Button type="submit">Find</Button>
        {to !== '' && <Button icon="close" tone="ghost" label="Clear the way" onClick={() => onPath('')} />}
      </form>
      {path.error ? (
        <p className="error-text" role="alert">
          {path.error.message}
        </p>
      ) : path.data?.edges.length === 0 ? (
        <p className="quiet" role="status">
          Nothing leads from {pick} to {to}.
        </p>
      ) : (
        path.data && (
          <ol className="lin-steps" aria-label="Way">
            {path.data.edges.map(edge => (
              <li key={`${edge.from} ${edge.to}`}>
                <button type="button" className="cell-link" onClick={() => onPick(edge.from)}>
                  {edge.from}
                </button>
                <span className="quiet small">
                  {[edge.subtype?.toLowerCase(), edge.how].filter(Boolean).join(', ')}
                </span>
              </li>
            ))}
            <li>
              <button type="button" className="cell-link" onClick={() => onPick(path.data.edges.at(-1)?.to ?? '')}>
                {path.data.edges.at(-1)?.to}
              </button>
            </li>
          </ol>
        )
      )}
    </div>
  )
}
