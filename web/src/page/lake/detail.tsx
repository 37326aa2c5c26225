import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type LakeDetail, type LakeSnapshot, lake } from '../../api/lake.ts'
import { count } from '../../format.ts'
import { Button, CopyButton, Frame, Link, Panel } from '../../ui/control.tsx'
import { Failure, Loading, Skeleton, Time } from '../../ui/state.tsx'
import { Bars } from './bars.tsx'
import { byPartition, bySize } from './files.ts'

/** The files and the past of one table. */
export function Detail({ name }: { name: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['lake', 'table', name],
    queryFn: ({ signal }) => lake.table(name, signal),
    refetchInterval: 15_000,
  })
  if (data) {
    return (
      <>
        <Past table={data} />
        <div className="halves">
          <Panel title={`Partitions of ${name}`} note={data.partition ?? 'not partitioned'}>
            <Bars label={`Partitions of ${name}`} head="Partition" bars={byPartition(data)} by="bytes" />
          </Panel>
          <Panel title={`File sizes of ${name}`} note={`${count(data.files)} files`}>
            <Bars label={`File sizes of ${name}`} head="Size of a file" bars={bySize(data.file_list)} by="files" />
            <Metadata table={data} />
          </Panel>
        </div>
      </>
    )
  }
  return (
    <Panel title={name}>
      {error ? (
        <Failure what={`The table ${name} could not be read`} error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="waiting">
          <Loading what={name} />
          <Skeleton lines={6} />
        </div>
      )}
    </Panel>
  )
}

function Metadata({ table }: { table: LakeDetail }) {
  return (
    <p className="small quiet lake-metadata">
      Other engines open <code className="clip">{table.metadata}</code>
      <CopyButton text={table.metadata} what="the metadata file" />
    </p>
  )
}

const FIRST = 10

/** The states that a table was in; each opens SQL as of then. */
function Past({ table }: { table: LakeDetail }) {
  const [all, setAll] = useState(false)
  const names = new Map<string, string[]>()
  for (const ref of table.refs) {
    if (ref.name !== 'main') names.set(ref.snapshot, [...(names.get(ref.snapshot) ?? []), ref.name])
  }
  const newest = [...table.snapshots].reverse()
  const tagged = newest.filter((s, i) => all || i < FIRST || names.has(s.id))
  return (
    <Panel
      title={`Snapshots of ${table.name}`}
      note={`${count(newest.length)} kept`}
      actions={
        newest.length > tagged.length && (
          <Button tone="ghost" onClick={() => setAll(true)}>
            Show all
          </Button>
        )
      }
    >
      {newest.length === 0 ? (
        <p className="panel-empty">Nothing was written to the table yet.</p>
      ) : (
        <Frame label={`Snapshots of ${table.name}`}>
          <table className="table">
            <thead>
              <tr>
                <th>Made</th>
                <th>Snapshot</th>
                <th>Why</th>
                <th className="num">Rows</th>
                <th className="num">Log position</th>
                <th>Tags</th>
                <th>Time travel</th>
              </tr>
            </thead>
            <tbody>
              {tagged.map(snapshot => (
                <tr key={snapshot.id} aria-current={snapshot.id === table.snapshot ? 'true' : undefined}>
                  <td>
                    <Time at={snapshot.at} />
                  </td>
                  <td>
                    <code>{snapshot.id}</code> <CopyButton text={snapshot.id} what={`snapshot ${snapshot.id}`} />
                  </td>
                  <td>{why(snapshot)}</td>
                  <td className="num">{rows(snapshot)}</td>
                  <td className="num">
                    <Positions snapshot={snapshot} />
                  </td>
                  <td>{(names.get(snapshot.id) ?? []).join(', ')}</td>
                  <td>
                    <Link href={askHref(table.name, snapshot)} className="link">
                      Ask as of then
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Frame>
      )}
    </Panel>
  )
}

function why(snapshot: LakeSnapshot): string {
  return snapshot.summary['millrace.reason'] ?? (snapshot.operation === 'append' ? 'flush' : snapshot.operation)
}

function rows(snapshot: LakeSnapshot): string {
  const total = snapshot.summary['total-records']
  if (total === undefined) return ''
  return count(Number(total) - Number(snapshot.summary['total-position-deletes'] ?? 0))
}

/** Records of the log before these are in the snapshot; the title has them by partition. */
function Positions({ snapshot }: { snapshot: LakeSnapshot }) {
  const offsets = Object.entries(snapshot.offsets)
  if (offsets.length === 0) return <span className="faint">none</span>
  const sum = offsets.reduce((n, [, offset]) => n + offset, 0)
  return <span title={offsets.map(([p, offset]) => `partition ${p}: ${count(offset)}`).join('\n')}>{count(sum)}</span>
}

function askHref(table: string, snapshot: LakeSnapshot): string {
  const query = `SELECT *\nFROM "${table}"\nLIMIT 100`
  return `/sql?${new URLSearchParams({ as_of: `snapshot:${snapshot.id}`, made: snapshot.at, q: query, run: '1' })}`
}
