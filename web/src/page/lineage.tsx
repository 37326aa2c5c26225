import { useMemo } from 'react'
import type { LineageEdge, LineageNode } from '../api/lineage.ts'
import { usePatch, usePlace } from '../router.ts'
import { LiveSwitch, TopBar } from '../shell/topbar.tsx'
import { INGEST } from '../ui/connect.ts'
import { Command, Segments } from '../ui/control.tsx'
import { useNarrow } from '../ui/screen.ts'
import { Empty, Failure, Loading, Skeleton, Stale } from '../ui/state.tsx'
import { Graph } from './lineage/graph.tsx'
import { NodeCards, NodeTable } from './lineage/list.tsx'
import { type Direction, Selection } from './lineage/panel.tsx'
import { useGraph, useImpact, usePath, useTrace } from './lineage/query.ts'
import type { Choice } from './lineage/shown.ts'
import { connected, type Lit, litBy, matching, origins, split } from './lineage/trace.ts'

type View = 'graph' | 'table'

/** What the address says. */
interface Address {
  pick: string
  to: string
  q: string
  view: View
  direction: Direction
  open: ReadonlySet<string>
}

function useAddress(): Address {
  const { params } = usePlace()
  return useMemo(() => {
    const dir = params.get('dir')
    return {
      pick: params.get('pick') ?? '',
      to: params.get('to') ?? '',
      q: params.get('q') ?? '',
      view: params.get('view') === 'table' ? 'table' : 'graph',
      direction: dir === 'up' || dir === 'down' ? dir : 'both',
      open: new Set((params.get('open') ?? '').split(',').filter(id => id !== '')),
    }
  }, [params])
}

/** Where data come from and where they go, and what a change would touch. */
export default function LineagePage() {
  const live = usePlace().params.get('live') !== 'off'
  const graph = useGraph(live)
  return (
    <>
      <TopBar title="Lineage">
        <LiveSwitch
          phase={!live ? 'paused' : graph.error ? 'lost' : graph.data ? 'live' : 'connecting'}
          receivedAt={graph.dataUpdatedAt || null}
        />
      </TopBar>
      <div className="page">
        {graph.data ? (
          <>
            {graph.error && <Stale since={graph.dataUpdatedAt}>{graph.error.message} Trying again.</Stale>}
            {graph.data.nodes.length === 0 ? <Nothing /> : <Body nodes={graph.data.nodes} edges={graph.data.edges} />}
          </>
        ) : graph.error ? (
          <Failure
            what="The lineage could not be read"
            error={graph.error}
            holds="Lineage is derived from what is declared: nothing is lost, and events are judged without it."
            onRetry={() => void graph.refetch()}
          />
        ) : (
          <>
            <Loading what="the lineage" />
            <div className="panel waiting lin-waiting">
              <Skeleton lines={12} />
            </div>
          </>
        )}
      </div>
    </>
  )
}

/** What is highlighted because of the selection; null without one. */
function useLit({ pick, to, direction }: Address) {
  const up = useTrace(pick, 'up')
  const down = useTrace(pick, 'down')
  const impact = useImpact(pick)
  const path = usePath(pick, to)
  const above = useMemo(() => (up.data ? litBy(up.data.edges, pick) : undefined), [up.data, pick])
  const lit = useMemo((): Lit | null => {
    if (pick === '') return null
    if (to !== '') return litBy(path.data?.edges ?? [], pick)
    const edges = [
      ...(direction !== 'down' ? (up.data?.edges ?? []) : []),
      ...(direction !== 'up' ? (down.data?.edges ?? []) : []),
    ]
    return litBy(edges, pick)
  }, [pick, to, direction, up.data, down.data, path.data])
  return { lit, above, impact, path }
}

function Body({ nodes, edges }: { nodes: readonly LineageNode[]; edges: readonly LineageEdge[] }) {
  const address = useAddress()
  const { pick, to, q, view, direction, open } = address
  const patch = usePatch()
  const narrow = useNarrow()
  const { lit, above, impact, path } = useLit(address)
  const found = useMemo(() => matching(nodes, q), [nodes, q])
  const picked = nodes.find(node => node.id === split(pick).node)
  const choice = useMemo((): Choice => ({ pick, q, open, lit }), [pick, q, open, lit])
  const near = useMemo(() => {
    if (q.trim() === '') return { nodes, edges }
    const ids = connected(
      found.map(node => node.id),
      edges,
    )
    return {
      nodes: nodes.filter(node => ids.has(node.id)),
      edges: edges.filter(edge => ids.has(edge.from) && ids.has(edge.to)),
    }
  }, [nodes, edges, found, q])
  const onPick = (ref: string) => {
    patch({ pick: ref, to: null })
    // On a phone the selection stands above the list.
    if (narrow && ref !== '') window.scrollTo(0, 0)
  }
  const onOpen = (id: string) => patch({ open: toggled(open, id) }, { replace: true })
  const list = { nodes: found, edges, pick, lit, onPick }
  return (
    <>
      <div className="lin-tools">
        <input
          className="searchbox"
          type="search"
          aria-label="Filter by name or column"
          placeholder="Filter by name or column"
          value={q}
          onChange={event => patch({ q: event.target.value }, { replace: true })}
        />
        <span className="quiet small" role="status">
          {q.trim() === '' ? `${nodes.length} in all` : `${found.length} of ${nodes.length}`}
        </span>
        <span className="spacer" />
        {!narrow && (
          <Segments<View>
            label="Show as"
            value={view}
            choices={[
              { value: 'graph', label: 'Graph', icon: 'lineage' },
              { value: 'table', label: 'Table', icon: 'table' },
            ]}
            onChange={next => patch({ view: next === 'graph' ? null : next })}
          />
        )}
      </div>
      {pick !== '' && !picked && (
        <p className="stale" role="status">
          There is no {split(pick).node} any more, or it has another name now.
        </p>
      )}
      <div className={picked ? 'lin-split' : 'lin-whole'}>
        {found.length === 0 ? (
          <Empty title={`Nothing is called “${q}”`}>
            <p>The filter looks at names of datasets, jobs and metrics, and at their columns.</p>
          </Empty>
        ) : narrow ? (
          <div className="lin-stack">
            <NodeCards {...list} />
          </div>
        ) : view === 'table' ? (
          <NodeTable {...list} />
        ) : (
          <Graph {...near} found={q.trim() === '' ? null : found} choice={choice} onPick={onPick} onOpen={onOpen} />
        )}
        {picked && (
          <Selection
            pick={pick}
            node={picked}
            nodes={nodes}
            direction={direction}
            impact={impact}
            origins={above && origins(nodes, above, pick)}
            to={to}
            path={path}
            onPick={onPick}
            onDirection={next => patch({ dir: next === 'both' ? null : next })}
            onPath={next => patch({ to: next })}
          />
        )}
      </div>
    </>
  )
}

/** The ids that are open once this one was pressed; one with a star shows all columns of its node. */
function toggled(open: ReadonlySet<string>, id: string): string {
  const next = new Set(open)
  const plain = id.replace(/\*$/, '')
  const all = `${plain}*`
  if (id === plain && (next.has(id) || next.has(all))) {
    next.delete(id)
    next.delete(all)
  } else if (!next.delete(id)) next.add(id)
  return [...next].join(',')
}

function Nothing() {
  return (
    <Empty title="Nothing is declared yet">
      <p>Lineage follows from sources, rules, jobs and metrics. Name a source in millrace.yaml, or send a file:</p>
      <Command text={INGEST} />
    </Empty>
  )
}
