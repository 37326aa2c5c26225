import { useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import type { Definition } from '../api/types.ts'
import type { Span } from '../metric.ts'

/** What the metrics mean in a range, by name; empty until the server has said it. */
export function useDefinitions(span: Span): Readonly<Record<string, Definition>> {
  const query = { ...(span.from ? { from: span.from } : {}), ...(span.to ? { to: span.to } : {}) }
  const { data } = useQuery({
    queryKey: ['definitions', query],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const answer = await api.definitions(query, signal)
      return Object.fromEntries(answer.definitions.map(definition => [definition.name, definition]))
    },
  })
  return data ?? NONE
}

const NONE: Readonly<Record<string, Definition>> = {}
