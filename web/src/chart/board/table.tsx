import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import type { TableShape } from '../../page/board/shape.ts'

const ROW = 28

/** Rows as they came; only those on the screen are in the page. A number opens the rows behind it. */
export function DataTable({
  table,
  label,
  onPick,
}: {
  table: TableShape
  label: string
  onPick?: ((row: number, column: number) => void) | undefined
}) {
  const frame = useRef<HTMLElement>(null)
  const rows = useVirtualizer({
    count: table.rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 8,
  })
  const items = rows.getVirtualItems()
  const above = items[0]?.start ?? 0
  const below = rows.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard
    <section className="ctable" ref={frame} tabIndex={0} aria-label={label}>
      <table className="table" aria-rowcount={table.rows.length + 1}>
        <thead>
          <tr>
            {table.titles.map(t => (
              <th key={t.title} scope="col" className={t.numeric ? 'num' : undefined} aria-label={t.short && t.title}>
                {t.short ?? t.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} columns={table.titles.length} />}
          {items.map(item => (
            <tr key={item.key} aria-rowindex={item.index + 2}>
              {(table.rows[item.index] ?? []).map((text, c) => {
                const title = table.titles[c]
                const change = table.changes[item.index]?.[c]
                const opens = onPick && title?.numeric && !title.short && !title.title.endsWith(', before')
                const exact = table.exact[item.index]?.[c]
                return (
                  <td
                    key={title?.title}
                    className={title?.numeric ? 'num' : 'clip'}
                    title={title?.short ? `${exact} before` : exact}
                  >
                    {change ? (
                      <span className={`delta ${change.tone}`}>
                        <b>{change.text}</b>
                      </span>
                    ) : opens ? (
                      <button type="button" className="opens" onClick={() => onPick(item.index, c)}>
                        {text}
                      </button>
                    ) : (
                      text
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
          {below > 0 && <Gap height={below} columns={table.titles.length} />}
        </tbody>
      </table>
    </section>
  )
}

function Gap({ height, columns }: { height: number; columns: number }) {
  return (
    <tr>
      <td colSpan={columns} style={{ height, padding: 0, border: 0 }} />
    </tr>
  )
}
