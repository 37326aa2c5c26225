import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { count } from '../../format.ts'
import { Frame, Panel } from '../../ui/control.tsx'
import { Empty } from '../../ui/state.tsx'
import { Await } from './state.tsx'

export function RulesTab() {
  const query = useQuery({
    queryKey: ['rules'],
    queryFn: ({ signal }) => api.rules(signal),
    refetchInterval: 5000,
  })
  const sources = (query.data?.sources ?? []).filter(source => source.rules.length > 0)
  return (
    <Await query={query} what="rules">
      {sources.length === 0 ? (
        <Empty title="No rules are declared">
          <p>
            Name a file under <code>rules</code> of a source. The tab Profiles proposes rules from what was seen.
          </p>
        </Empty>
      ) : (
        sources.map(source => (
          <Panel key={source.source} title={source.source} note={`version ${source.version}`}>
            <Frame label={`Rules of ${source.source}`}>
              <table className="table roomy">
                <thead>
                  <tr>
                    <th>Rule</th>
                    <th>Kind</th>
                    <th>Field</th>
                    <th>Does</th>
                    <th>Severity</th>
                    <th className="num">Events</th>
                  </tr>
                </thead>
                <tbody>
                  {source.rules.map(rule => (
                    <tr key={rule.name}>
                      <td>{rule.name}</td>
                      <td className="quiet">{rule.kind}</td>
                      <td>{rule.field}</td>
                      <td className="quiet">{rule.does}</td>
                      <td>{rule.severity}</td>
                      <td className="num">{count(rule.count)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Frame>
          </Panel>
        ))
      )}
    </Await>
  )
}
