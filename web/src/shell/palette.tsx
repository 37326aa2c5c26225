import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useState } from 'react'
import { boards } from '../api/boards.ts'
import { api } from '../api/client.ts'
import { literal, METRICS, productSql, sqlHref } from '../metric.ts'
import { navigate, patched } from '../router.ts'
import { setTheme } from '../state/theme.ts'
import { copyText } from '../ui/control.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { PAGES } from './pages.ts'
import { onOpenPalette } from './palette-state.ts'

interface Entry {
  key: string
  group: string
  icon: IconName
  title: string
  note?: string
  keys?: string
  run: () => void
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const COORDINATES = /^(\d{1,4})\s*[/:]\s*(\d{1,18})$/

function go(group: string, icon: IconName, title: string, href: string, note?: string): Entry {
  return { key: `${group}:${href}`, group, icon, title, ...(note ? { note } : {}), run: () => navigate(href) }
}

function place() {
  return { path: window.location.pathname, params: new URLSearchParams(window.location.search) }
}

function actions(): Entry[] {
  const act = (key: string, icon: IconName, title: string, run: () => void): Entry => ({
    key: `action:${key}`,
    group: 'Actions',
    icon,
    title,
    run,
  })
  const paused = place().params.get('live') === 'off'
  return [
    act('link', 'link', 'Copy a link to this view', () => void copyText(window.location.href)),
    act('live', paused ? 'play' : 'pause', paused ? 'Resume live updates' : 'Pause live updates', () =>
      navigate(patched(place(), { live: paused ? null : 'off' }), { replace: true }),
    ),
    act('audit', 'check', 'Check the ledger against the stores', () => navigate('/system?check=1')),
    act('light', 'sun', 'Light theme', () => setTheme('light')),
    act('dark', 'moon', 'Dark theme', () => setTheme('dark')),
    act('system', 'contrast', 'Theme as the system', () => setTheme('system')),
  ]
}

/** Where a text that looks like an id can lead. */
export function idEntries(text: string): Entry[] {
  const enc = encodeURIComponent(text)
  if (UUID.test(text)) return [go('Go to', 'events', `Passport of event ${text}`, `/events/${enc}`)]
  const at = COORDINATES.exec(text)
  if (at)
    return [go('Go to', 'events', `Event at partition ${at[1]}, offset ${at[2]}`, `/coordinates/${at[1]}/${at[2]}`)]
  const entries: Entry[] = []
  if (/^[AC]?\d{4,}$/i.test(text)) {
    entries.push(
      go('Go to', 'events', `Order ${text.toUpperCase()}`, `/events?order_id=${enc.toUpperCase()}`, 'its events'),
    )
    entries.push(go('Go to', 'events', `Customer ${text}`, `/events?customer_id=${enc}`, 'their events'))
  }
  return entries
}

function matches(entry: Entry, text: string): boolean {
  const hay = `${entry.title} ${entry.note ?? ''}`.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every(word => hay.includes(word))
}

function useProducts(text: string) {
  const wanted = text.trim()
  const pattern = literal(`%${wanted.replaceAll(/[%_\\]/g, '')}%`)
  return useQuery({
    queryKey: ['palette-products', wanted],
    enabled: wanted.length >= 3 && !UUID.test(wanted),
    staleTime: 60_000,
    retry: false,
    queryFn: ({ signal }) =>
      api.sql(
        `SELECT product_id, any_value(product_name) AS name, sum(amount) AS revenue\nFROM order_lines\nWHERE product_name ILIKE ${pattern} OR product_id ILIKE ${pattern}\nGROUP BY product_id\nORDER BY revenue DESC\nLIMIT 6`,
        signal,
      ),
  })
}

/** The streaming jobs; asked for when the palette opens, so that they are there before a name is typed. */
function useJobEntries(): Entry[] {
  const { data } = useQuery({
    queryKey: ['jobs'],
    queryFn: ({ signal }) => api.jobs(signal),
    staleTime: 30_000,
    retry: false,
    refetchInterval: false,
  })
  return (data?.jobs ?? []).map(job =>
    go('Jobs', 'jobs', job.name, `/jobs/${encodeURIComponent(job.name)}`, job.description),
  )
}

/** Dashboards, and the metrics of the catalogue: a metric leads to what it is made of. */
function useBoardEntries(): Entry[] {
  const asked = { staleTime: 60_000, retry: false, refetchInterval: false } as const
  const list = useQuery({ queryKey: ['dashboards'], queryFn: ({ signal }) => boards.list(signal), ...asked })
  const catalogue = useQuery({ queryKey: ['metrics'], queryFn: ({ signal }) => boards.metrics(signal), ...asked })
  return [
    ...(list.data?.dashboards ?? []).map(board =>
      go('Dashboards', 'dashboards', board.title, `/dashboards/${encodeURIComponent(board.id)}`, board.description),
    ),
    ...(catalogue.data?.metrics ?? []).map(metric =>
      go(
        'Metrics',
        'chart',
        metric.label,
        `/lineage?pick=${encodeURIComponent(`metric:${metric.name}`)}`,
        metric.description,
      ),
    ),
  ]
}

function useEntries(text: string): Entry[] {
  const products = useProducts(text)
  const jobs = useJobEntries()
  const dashboards = useBoardEntries()
  const wanted = text.trim()
  const pages = PAGES.map(page => ({
    ...go('Pages', page.icon, page.title, page.path, page.says),
    keys: `g ${page.key}`,
  }))
  const metrics = METRICS.flatMap(m =>
    m.series ? [go('Metrics', 'chart', m.label, `/?metric=${m.key}`, 'over event time')] : [],
  )
  if (wanted === '') return [...pages, ...actions()]
  const found = (products.data?.rows ?? []).map(row =>
    go('Products', 'table', String(row[1] ?? row[0]), sqlHref(productSql(String(row[0]), {})), String(row[0])),
  )
  const search = go('Search', 'search', `Search events for “${wanted}”`, `/events?q=${encodeURIComponent(wanted)}`)
  const listed = [...pages, ...jobs, ...dashboards, ...metrics, ...actions()].filter(e => matches(e, wanted))
  // What has just that name comes before what only speaks of it.
  const named = (e: Entry) => e.title.toLowerCase() === wanted.toLowerCase()
  return [...idEntries(wanted), ...listed.filter(named), ...listed.filter(e => !named(e)), ...found, search]
}

export function Palette() {
  const [open, setOpen] = useState(false)
  useEffect(() => onOpenPalette(() => setOpen(true)), [])
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="palette">
          <Dialog.Title className="sr">Search and commands</Dialog.Title>
          <PaletteBody close={() => setOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** Neighbours of one group, under its name. */
interface Group {
  name: string
  first: number
  entries: Entry[]
}

function grouped(entries: Entry[]): Group[] {
  const groups: Group[] = []
  for (const [i, entry] of entries.entries()) {
    const last = groups.at(-1)
    if (last?.name === entry.group) last.entries.push(entry)
    else groups.push({ name: entry.group, first: i, entries: [entry] })
  }
  return groups
}

/** The entry that was chosen by arrow or pointer. It is known by its key: entries that come later do not push another under it. */
interface Chosen {
  key: string
  /** An arrow's choice is kept in sight; the list must not move under a pointer. */
  reveal: boolean
}

function PaletteBody({ close }: { close: () => void }) {
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const id = useId()
  const entries = useEntries(text)
  const at = Math.max(
    entries.findIndex(entry => entry.key === chosen?.key),
    0,
  )
  const reveal = chosen?.reveal ?? true
  useLayoutEffect(() => {
    if (reveal) document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [id, at, reveal])
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    close()
    entry.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      const next = entries[(at + step + entries.length) % entries.length]
      if (next) setChosen({ key: next.key, reveal: true })
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      run(entries[at])
    }
  }
  return (
    <>
      <div className="palette-input">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={entries.length > 0 ? `${id}-${at}` : undefined}
          aria-label="Search pages, products, orders, customers, events and actions"
          placeholder="Page, product, order, customer, event id, action"
          value={text}
          onChange={event => {
            setText(event.target.value)
            setChosen(null)
          }}
          onKeyDown={onKeyDown}
          spellCheck={false}
          autoComplete="off"
        />
        <kbd>Esc</kbd>
      </div>
      <div className="palette-list" role="listbox" id={`${id}-list`} aria-label="Results">
        {grouped(entries).map(group => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset groups fields, not the options of a list
          <div key={group.entries[0]?.key} role="group" aria-label={group.name}>
            <p className="palette-group" role="presentation">
              {group.name}
            </p>
            {group.entries.map((entry, i) => (
              <Option
                key={entry.key}
                id={`${id}-${group.first + i}`}
                entry={entry}
                selected={group.first + i === at}
                run={() => run(entry)}
                choose={() => setChosen({ key: entry.key, reveal: false })}
              />
            ))}
          </div>
        ))}
      </div>
    </>
  )
}

interface OptionProps {
  id: string
  entry: Entry
  selected: boolean
  run: () => void
  choose: () => void
}

function Option({ id, entry, selected, run, choose }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the input that owns the list
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      className="palette-item"
      onClick={run}
      onPointerMove={choose}
    >
      <Icon name={entry.icon} />
      <span className="clip">{entry.title}</span>
      {entry.note && <span className="faint clip">{entry.note}</span>}
      <span className="spacer" />
      {entry.keys && <kbd>{entry.keys}</kbd>}
    </div>
  )
}
