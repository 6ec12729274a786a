/** The configuration as the server understood it. */
import { Loaded } from '@prom/ui'
import { useApi } from '../api.ts'

export function ConfigPage() {
  const fetched = useApi<{ yaml: string }>('/status/config')
  return (
    <>
      <h1 hidden>Configuration</h1>
      <Loaded fetched={fetched} what="The configuration cannot be shown">
        {({ yaml }) => <pre className="code mono">{yaml}</pre>}
      </Loaded>
    </>
  )
}
