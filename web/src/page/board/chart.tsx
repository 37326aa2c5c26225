import { Menu } from '@base-ui/react/menu'
import { Popover } from '@base-ui/react/popover'
import { memo, type ReactNode, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Annotation, ChartSpec } from '../../api/boards.ts'
import type { MetricHead } from '../../api/types.ts'
import { usePatch } from '../../router.ts'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/state.tsx'
import { ChartBody } from './body.tsx'
import { saveCsv, savePicture } from './export.ts'
import { tableOf, titleOf } from './shape.ts'
import type { ChartStore } from './store.ts'

export interface ChartContext {
  store: ChartStore
  annotations: readonly Annotation[]
  beforeLabel: string
  compared: boolean
  /** Under the title of a picture: what range it is of. */
  note: string
  opens: boolean
  /** Charts that are shown as tables. */
  tables: readonly string[]
}

/** Says whether something is on the screen, or nearly. */
function useOnScreen(store: ChartStore, id: string) {
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new IntersectionObserver(
      entries =>
        store.setVisible(
          id,
          entries.some(entry => entry.isIntersecting),
        ),
      { rootMargin: '120px' },
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      store.setVisible(id, false)
    }
  }, [store, id])
  return box
}

interface ChartPanelProps {
  chart: ChartSpec
  width: number
  context: ChartContext
  /** The editor's handles. */
  tools?: ReactNode
  chosen?: boolean
}

export const ChartPanel = memo(function ChartPanel({ chart, width, context, tools, chosen }: ChartPanelProps) {
  const { store } = context
  const box = useOnScreen(store, chart.id)
  const body = useRef<HTMLDivElement>(null)
  const readout = useRef<HTMLParagraphElement>(null)
  const given = useSyncExternalStore(
    useCallback(listener => store.subscribe(chart.id, listener), [store, chart.id]),
    () => store.get(chart.id),
  )
  const title = titleOf(chart, given?.answer?.metrics)
  const asTable = context.tables.includes(chart.id)
  const className = `chart panel k-${chart.kind} w-${width}${asTable ? ' as-table' : ''}${chosen ? ' chosen' : ''}`
  if (chart.kind === 'text') {
    return (
      <section ref={box} className={className} aria-label={title} data-chart={chart.id}>
        {tools}
        {chart.title && <h3>{chart.title}</h3>}
        <p className="chart-text">{chart.text}</p>
      </section>
    )
  }
  return (
    <section ref={box} className={className} aria-label={title} data-chart={chart.id}>
      <header className="chart-head">
        {tools}
        <Title title={title} heads={given?.answer?.metrics} />
        {(given?.unfiltered?.length || given?.cut) && (
          <span className="chart-note small faint clip">
            {given.unfiltered?.length ? `not by ${given.unfiltered.join(', ')}` : 'the largest'}
          </span>
        )}
        <p className="chart-readout small" ref={readout} aria-hidden="true" />
        <MoreButton chart={chart} title={title} context={context} body={body} asTable={asTable} />
      </header>
      <div className="chart-body" ref={body}>
        {given?.problem ? (
          <Problem problem={given.problem} />
        ) : given ? (
          <ChartBody
            chart={chart}
            given={given}
            title={title}
            asTable={asTable}
            annotations={context.annotations}
            beforeLabel={context.beforeLabel}
            compared={context.compared}
            opens={context.opens}
            readout={readout}
          />
        ) : (
          <span className="chart-wait">
            <Skeleton height={chart.kind === 'number' ? 28 : 12} lines={chart.kind === 'number' ? 1 : 4} />
          </span>
        )}
      </div>
    </section>
  )
})

function Problem({
  problem,
}: {
  problem: { title?: string; detail?: string; errors?: { message?: string }[] | null }
}) {
  return (
    <div className="chart-problem">
      <Icon name="quarantine" />
      <p>
        {problem.detail ?? problem.title}
        {problem.errors?.map(e => (
          <span key={e.message} className="quiet">
            {' '}
            {e.message !== problem.detail && e.message}
          </span>
        ))}
      </p>
    </div>
  )
}

/** The title opens what the numbers mean. The popover is made when it is asked for: a page has many charts. */
function Title({ title, heads }: { title: string; heads: readonly MetricHead[] | undefined }) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  return (
    <h3 className="clip">
      <button
        type="button"
        ref={anchor}
        className="chart-title clip"
        title="What it means"
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {title}
      </button>
      {open && (
        <Popover.Root open onOpenChange={setOpen}>
          <Popover.Portal>
            <Popover.Positioner
              className="positioner"
              anchor={anchor}
              align="start"
              sideOffset={6}
              collisionPadding={8}
            >
              <Popover.Popup className="popover explain" finalFocus={anchor}>
                <Popover.Title className="pop-title">{title}</Popover.Title>
                <dl className="facts meaning">
                  {(heads ?? []).map(head => (
                    <div key={head.name}>
                      <dt>{head.label}</dt>
                      <dd>
                        {head.computed}
                        <span className="faint small meaning-version">
                          <code>{head.name}</code> version {head.version.slice(0, 8)}
                        </span>
                      </dd>
                    </div>
                  ))}
                </dl>
              </Popover.Popup>
            </Popover.Positioner>
          </Popover.Portal>
        </Popover.Root>
      )}
    </h3>
  )
}

interface MoreProps {
  chart: ChartSpec
  title: string
  context: ChartContext
  body: React.RefObject<HTMLDivElement | null>
  asTable: boolean
}

function MoreButton({ chart, title, context, body, asTable }: MoreProps) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  return (
    <>
      <button
        type="button"
        ref={anchor}
        className="chart-more"
        aria-label={`${title}: actions`}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(true)}
      >
        <Icon name="more" />
      </button>
      {open && (
        <MoreMenu
          chart={chart}
          title={title}
          context={context}
          body={body}
          asTable={asTable}
          anchor={anchor}
          close={() => setOpen(false)}
        />
      )}
    </>
  )
}

function MoreMenu({
  chart,
  title,
  context,
  body,
  asTable,
  anchor,
  close,
}: MoreProps & { anchor: React.RefObject<HTMLButtonElement | null>; close: () => void }) {
  const patch = usePatch()
  const { tables, store, note } = context
  const toggle = () => {
    const next = asTable ? tables.filter(id => id !== chart.id) : [...tables, chart.id]
    patch({ table: next.join(',') }, { replace: true })
  }
  const csv = () => {
    const answer = store.newest(chart.id)?.answer
    if (answer) saveCsv(title, tableOf(answer))
  }
  return (
    <Menu.Root open onOpenChange={next => !next && close()} modal={false}>
      <Menu.Portal>
        <Menu.Positioner className="positioner" anchor={anchor} side="bottom" align="end" sideOffset={4}>
          <Menu.Popup className="menu" finalFocus={anchor}>
            {chart.kind !== 'table' && (
              <Menu.Item className="menu-item" onClick={toggle}>
                <Icon name={asTable ? 'chart' : 'table'} /> {asTable ? 'Show as chart' : 'Show as table'}
              </Menu.Item>
            )}
            <Menu.Item className="menu-item" onClick={csv}>
              <Icon name="download" /> Save as CSV
            </Menu.Item>
            <Menu.Item
              className="menu-item"
              onClick={() => body.current && void savePicture(body.current, title, note)}
            >
              <Icon name="download" /> Save as PNG
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
