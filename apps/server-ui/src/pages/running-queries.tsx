/** Who keeps this server busy: queries that run and wait, with a way to end them. */
import { Button } from '@mantine/core'
import { Empty, Failure, humanDuration, Loaded, StatusLine, useNow } from '@prom/ui'
import { useState } from 'react'
import { postApi, useApi } from '../api.ts'
import { prefix } from '../place.ts'

interface RunningQuery {
  readonly id: number
  readonly query: string
  readonly kind: string
  readonly state: 'running' | 'waiting'
  readonly priority: string
  readonly seconds: number
  readonly memoryBytes: number
  readonly httpRequest?: { readonly clientIP?: string; readonly path?: string }
  readonly ruleGroup?: { readonly name?: string; readonly file?: string }
}

const from = ({ httpRequest, ruleGroup }: RunningQuery) =>
  ruleGroup?.name ? `rule group ${ruleGroup.name}` : (httpRequest?.clientIP ?? '')

export function RunningQueriesPage() {
  const fetched = useApi<{ queries: RunningQuery[] }>('/query/running')
  const [error, setError] = useState<string>()
  const now = useNow()
  const cancel = async (id: number) => {
    setError(undefined)
    try {
      await postApi('/query/cancel', { id: String(id) })
    } catch (err) {
      setError((err as Error).message)
    }
    fetched.reload()
  }
  return (
    <>
      <h1 hidden>Running queries</h1>
      {error && <Failure what="Cannot cancel" error={error} />}
      <Loaded fetched={fetched} what="Running queries cannot be shown">
        {({ queries }) =>
          queries.length === 0 ? (
            <Empty>No query is running.</Empty>
          ) : (
            <table className="grid">
              <thead>
                <tr>
                  <th scope="col">State</th>
                  <th scope="col">Query</th>
                  <th scope="col">From</th>
                  <th scope="col" className="number">
                    For
                  </th>
                  <th scope="col" className="number">
                    Memory
                  </th>
                  <th scope="col">
                    <span className="unseen">Cancel</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {queries.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <span className={`badge ${one.state === 'running' ? 'good' : 'unknown'}`}>
                        {one.state}
                      </span>
                    </td>
                    <td className="mono">
                      <a href={`${prefix}/query?${new URLSearchParams({ 'g0.expr': one.query })}`}>
                        {one.query}
                      </a>{' '}
                      <span className="dim">{one.kind}</span>
                    </td>
                    <td>{from(one)}</td>
                    <td className="number">{humanDuration(one.seconds * 1000)}</td>
                    <td className="number">{(one.memoryBytes / 2 ** 20).toFixed(1)} MiB</td>
                    <td className="number">
                      <Button size="compact-xs" variant="default" onClick={() => cancel(one.id)}>
                        Cancel
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={2000} />
    </>
  )
}
