import type { Row } from '../../../api/types.ts'
import { count } from '../../../format.ts'
import { Link } from '../../../ui/control.tsx'
import { Time } from '../../../ui/state.tsx'
import { VerdictMark } from '../../../ui/verdict.tsx'
import { brief } from '../behind.ts'
import { Opened } from '../opened.tsx'
import { useRows } from '../query.ts'
import { number, text } from '../read.ts'
import { List, ViewPanel, type ViewProps } from './frame.tsx'

const LIST = `SELECT source, type, since, until, over, direction, observed, expected
FROM volume_anomalies
ORDER BY over, since DESC
LIMIT 50`

interface Anomaly {
  row: Row
  source: string
  type: string
  since: string
  until: string
  over: boolean
  direction: string
  observed: number
  expected: number
}

const readAnomaly = (row: Row): Anomaly => ({
  row,
  source: text(row['source']),
  type: text(row['type']),
  since: text(row['since']),
  until: text(row['until']),
  over: row['over'] === true,
  direction: text(row['direction']),
  observed: number(row['observed']),
  expected: number(row['expected']),
})

const WORDS: Record<string, string> = { quiet: 'Too quiet', busy: 'Too busy' }

/** Sources that send far less or more than usual, those that still do first. */
export function VolumeView({ opens }: ViewProps) {
  const rows = useRows(LIST, readAnomaly)
  const figure = (a: Anomaly, column: 'observed' | 'expected') => (
    <Opened to={opens('volume_anomalies', a.row, column)} exact={count(a[column])}>
      {count(a[column])}
    </Opened>
  )
  return (
    <ViewPanel
      title="Unusual traffic"
      note="what goes on, then what is over"
      sql={LIST}
      rows={rows}
      empty="Every source sends what it usually does."
      height={320}
    >
      {items => (
        <List
          label="Unusual traffic"
          rows={items}
          rowKey={a => `${a.source}/${a.type}/${a.since}`}
          columns={[
            {
              key: 'direction',
              title: 'What',
              cell: a => (
                <span className="verdict">
                  <VerdictMark verdict={a.over ? 'duplicate' : 'quarantined'} />
                  {WORDS[a.direction] ?? a.direction}
                </span>
              ),
            },
            { key: 'source', title: 'Source', cell: a => a.source },
            {
              key: 'type',
              title: 'Type',
              cell: a => (
                <Link href={`/events?type=${encodeURIComponent(a.type)}`} className="cell-link">
                  {a.type}
                </Link>
              ),
            },
            { key: 'observed', title: 'Events', num: true, cell: a => <b>{figure(a, 'observed')}</b> },
            { key: 'expected', title: 'Usual', num: true, cell: a => figure(a, 'expected') },
            { key: 'since', title: 'Since', wide: true, cell: a => <Time at={a.since} /> },
            {
              key: 'for',
              title: 'For',
              wide: true,
              cell: a => `${brief(Date.parse(a.until) - Date.parse(a.since))}${a.over ? '' : ', goes on'}`,
            },
          ]}
        />
      )}
    </ViewPanel>
  )
}
