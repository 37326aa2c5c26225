import type { ReactNode } from 'react'
import type { Passport, Row } from '../../api/types.ts'
import { NONE, plain as text } from '../../format.ts'
import { literal, sqlHref } from '../../metric.ts'
import { CopyButton, Frame, Link, Panel } from '../../ui/control.tsx'

/** Names and values; empty values are shown as such, so that the layout tells what is not known. */
export function Facts({ facts, rows = false }: { facts: readonly (readonly [string, ReactNode])[]; rows?: boolean }) {
  return (
    <dl className={rows ? 'facts rows' : 'facts'}>
      {facts.map(([name, value], i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: facts keep their places, and two may have one name
        <div key={i}>
          <dt>{name}</dt>
          <dd>{value || <span className="faint">{NONE}</span>}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Who, what, how much, then where it came from; a field that is not known here comes last. */
const ORDER =
  'event_id event_time received_at type source rule category field value message line_no kind order_id customer_id anonymous_id session_id product_id product_name category quantity unit_price amount currency country channel properties context late corrected warned versions stream line partition offset'.split(
    ' ',
  )

function ordered(names: string[]): string[] {
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  return names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

/** One row stands upright, name beside value; several lie as a table. */
export function RowTable({ title, table, rows }: { title: string; table: string; rows: readonly Row[] }) {
  const id = text(rows[0]?.['event_id'])
  const columns = ordered(Object.keys(rows[0] ?? {}))
  const sql = (
    <Link className="link small" href={sqlHref(`SELECT *\nFROM ${table}\nWHERE event_id = ${literal(id)}`)}>
      Open in SQL
    </Link>
  )
  return (
    <Panel title={title} actions={sql}>
      {rows.length === 1 ? (
        <dl className="columns">
          {columns.map(name => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="clip" title={text(rows[0]?.[name])}>
                {text(rows[0]?.[name]) || <span className="faint">empty</span>}
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <Frame label={title}>
          <table className="table">
            <thead>
              <tr>
                {columns.map(name => (
                  <th key={name}>{name}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(row => (
                <tr key={`${text(row['event_id'])}${text(row['line_no'])}`}>
                  {columns.map(name => (
                    <td key={name}>{text(row[name])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Frame>
      )}
    </Panel>
  )
}

function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}

export function RawPanel({ raw }: { raw: Passport['raw'] }) {
  const headers = Object.entries(raw.headers ?? {})
  return (
    <Panel
      title="Raw payload"
      note={raw.available ? (raw.encoding === 'base64' ? 'base64' : 'as received') : undefined}
      actions={raw.available && <CopyButton text={raw.payload} what="raw payload" />}
    >
      {raw.available ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard
        <pre className="payload" tabIndex={0}>
          {raw.encoding === 'utf-8' ? pretty(raw.payload) : raw.payload}
        </pre>
      ) : (
        <p className="panel-empty">{raw.reason || 'The log no longer holds these bytes.'}</p>
      )}
      {headers.length > 0 && <Facts rows facts={headers} />}
    </Panel>
  )
}

/** "onlineretail@1 rules@3f9c", one to a line. */
export function Versions({ text: versions }: { text: string }) {
  return versions
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(pair => {
      const cut = pair.lastIndexOf('@')
      return (
        <span key={pair} className="version">
          {cut > 0 ? pair.slice(0, cut) : pair} <span className="quiet">{cut > 0 && pair.slice(cut + 1)}</span>
        </span>
      )
    })
}
