import type { LineageEdge, LineageNode } from '../../api/lineage.ts'
import { Frame, Panel } from '../../ui/control.tsx'
import { useNow } from '../../ui/state.tsx'
import { brief, Counted, Fresh, StateLabel, StateMark } from './badge.tsx'
import { byKind, type Lit, split } from './trace.ts'

interface Props {
  nodes: readonly LineageNode[]
  edges: readonly LineageEdge[]
  pick: string
  lit: Lit | null
  onPick: (ref: string) => void
}

const nameOf = (id: string) => id.slice(id.indexOf(':') + 1)

function ends(edges: readonly LineageEdge[], id: string, near: 'from' | 'to'): string {
  const far = near === 'from' ? 'to' : 'from'
  const names = edges.filter(edge => edge[near] === id).map(edge => nameOf(edge[far]))
  const shown = names.slice(0, 3).join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown || '–'
}

/** The graph as a table: what a screen reader reads, and what is there at a glance. */
export function NodeTable({ nodes, edges, pick, lit, onPick }: Props) {
  const now = useNow(5000)
  const picked = split(pick).node
  return (
    <Panel title="Everything that holds or makes data" note={`${nodes.length}`}>
      <Frame label="Lineage">
        <table className="table lin-table">
          <thead>
            <tr>
              <th>Name</th>
              <th>Kind</th>
              <th className="num">Holds</th>
              <th>Newest</th>
              <th>State</th>
              <th>Comes from</th>
              <th>Leads to</th>
              <th className="num">Columns</th>
            </tr>
          </thead>
          <tbody>
            {nodes.map(node => (
              <tr key={node.id} className={lit?.nodes.has(node.id) ? 'lit' : undefined}>
                <td>
                  <button
                    type="button"
                    className="cell-link"
                    aria-pressed={picked === node.id}
                    onClick={() => onPick(picked === node.id ? '' : node.id)}
                  >
                    {node.name}
                  </button>
                </td>
                <td className="quiet">{node.kind}</td>
                <td className="num">
                  <Counted badge={node.badge} />
                </td>
                <td>
                  <Fresh node={node} now={now} />
                </td>
                <td>
                  <StateLabel badge={node.badge} />
                </td>
                <td className="quiet wraps">{ends(edges, node.id, 'to')}</td>
                <td className="quiet wraps">{ends(edges, node.id, 'from')}</td>
                <td className="num">{node.columns.length}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

/** The same on a phone, by kind. */
export function NodeCards({ nodes, pick, lit, onPick }: Props) {
  const now = useNow(5000)
  const picked = split(pick).node
  return byKind(nodes).map(group => (
    <Panel key={group.kind} title={group.title}>
      <ul className="lin-cards">
        {group.members.map(node => (
          <li key={node.id} className={lit?.nodes.has(node.id) ? 'lit' : undefined}>
            <button
              type="button"
              aria-pressed={picked === node.id}
              onClick={() => onPick(picked === node.id ? '' : node.id)}
            >
              <span className="lin-name">
                <span className="clip">{node.name}</span>
                <StateMark badge={node.badge} />
              </span>
              <span className="quiet small">{brief(node, now)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  ))
}
