import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type FileFormat } from '../../api/client.ts'
import type { HeldImport, HeldQuery } from '../../api/types.ts'
import { count } from '../../format.ts'
import { usePatch } from '../../router.ts'
import { Button } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { DryRunResult } from './dryrun.tsx'
import { Problem } from './repair.tsx'
import { actor } from './view.ts'

const formatOf = (name: string): FileFormat => (/\.(jsonl|ndjson|json)$/i.test(name) ? 'jsonl' : 'csv')

/** For those who fix in a spreadsheet: the events as a file, and the edited file back. */
export function Files({ query }: { query: HeldQuery }) {
  const patch = usePatch()
  const client = useQueryClient()
  const [file, setFile] = useState<File | null>(null)
  const options = () => ({ by: actor() || 'console' })
  const tried = useMutation({
    mutationFn: (chosen: File) => api.heldImport(chosen, formatOf(chosen.name), { ...options(), dry_run: true }),
  })
  const taken = useMutation({
    mutationFn: ({ chosen, confirm }: { chosen: File; confirm: string }) =>
      api.heldImport(chosen, formatOf(chosen.name), { ...options(), confirm }),
    onSuccess: answer => {
      void client.invalidateQueries({ queryKey: ['held', 'runs'] })
      if (answer.run) patch({ run: answer.run.id })
      setFile(null)
      tried.reset()
    },
  })
  return (
    <section className="files" aria-label="As a file">
      <h3>As a file</h3>
      <p className="quiet">
        Export, edit the columns or payloads, and import the file again: rows that were changed are redriven.
      </p>
      <p className="files-actions">
        <a className="button plain" href={api.heldExportUrl(query, 'csv')} download="quarantine.csv">
          <Icon name="download" />
          CSV
        </a>
        <a className="button plain" href={api.heldExportUrl(query, 'jsonl')} download="quarantine.jsonl">
          <Icon name="download" />
          JSON Lines
        </a>
        <label className="button plain file-button">
          <Icon name="up" />
          Import
          <input
            type="file"
            accept=".csv,.tsv,.txt,.jsonl,.ndjson"
            onChange={event => {
              const chosen = event.target.files?.[0] ?? null
              event.target.value = ''
              setFile(chosen)
              if (chosen) tried.mutate(chosen)
            }}
          />
        </label>
        {tried.isPending && <span role="status">Reading {file?.name} …</span>}
      </p>
      {tried.error && !tried.isPending && <Problem what="The file cannot be taken" error={tried.error} />}
      {taken.error && !taken.isPending && <Problem what="The file was not imported" error={taken.error} />}
      {file && tried.data && (
        <Checked
          name={file.name}
          answer={tried.data}
          busy={taken.isPending}
          onTake={confirm => taken.mutate({ chosen: file, confirm })}
        />
      )}
    </section>
  )
}

interface CheckedProps {
  name: string
  answer: HeldImport
  busy: boolean
  onTake: (confirm: string) => void
}

function Checked({ name, answer, busy, onTake }: CheckedProps) {
  return (
    <div className="files-checked">
      <p>
        <b>{name}</b>: {count(answer.rows)} rows, {count(answer.changed)} changed, {count(answer.wrong)} cannot be taken
      </p>
      {answer.errors.length > 0 && (
        <ul className="dry-reasons">
          {answer.errors.slice(0, 10).map(error => (
            <li key={`${error.line} ${error.reason}`}>
              line {error.line}: <span className="quiet">{error.reason}</span>
            </li>
          ))}
        </ul>
      )}
      {answer.dry_run && <DryRunResult result={answer.dry_run} />}
      {answer.changed > 0 && (
        <Button tone="primary" disabled={busy} onClick={() => onTake(answer.confirm ?? '')}>
          Redrive {count(answer.changed)} changed events
        </Button>
      )}
    </div>
  )
}
