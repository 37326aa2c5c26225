import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useId, useState } from 'react'
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

/** The streaming jobs, as far as a page has listed them lately. */
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

function useEntries(text: string): Entry[] {
  const products = useProducts(text)
  const jobs = useJobEntries()
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
  return [
    ...idEntries(wanted),
    ...[...pages, ...jobs, ...metrics, ...actions()].filter(e => matches(e, wanted)),
    ...found,
    search,
  ]
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

function PaletteBody({ close }: { close: () => void }) {
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const id = useId()
  const entries = useEntries(text)
  const at = Math.min(active, Math.max(entries.length - 1, 0))
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    close()
    entry.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && entries.length > 0) {
      event.preventDefault()
      const next = (at + step + entries.length) % entries.length
      setActive(next)
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' })
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
            setActive(0)
          }}
          onKeyDown={onKeyDown}
          spellCheck={false}
          autoComplete="off"
        />
        <kbd>Esc</kbd>
      </div>
      <div className="palette-list" role="listbox" id={`${id}-list`} aria-label="Results">
        {entries.map((entry, i) => (
          <div key={entry.key} role="presentation">
            {entry.group !== entries[i - 1]?.group && (
              <p className="palette-group" role="presentation">
                {entry.group}
              </p>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the input that owns the list */}
            <div
              id={`${id}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === at}
              className="palette-item"
              onClick={() => run(entry)}
              onPointerMove={() => setActive(i)}
            >
              <Icon name={entry.icon} />
              <span className="clip">{entry.title}</span>
              {entry.note && <span className="faint clip">{entry.note}</span>}
              <span className="spacer" />
              {entry.keys && <kbd>{entry.keys}</kbd>}
            </div>
          </div>
        ))}
      </div>
    </>
  )
}
