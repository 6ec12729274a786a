/** Runtime and build information. */
import { Facts, Loaded } from '@prom/ui'
import { useApi } from '../api.ts'

export function StatusPage() {
  const runtime = useApi<Record<string, unknown>>('/status/runtimeinfo')
  const build = useApi<Record<string, unknown>>('/status/buildinfo')
  return (
    <>
      <h1 hidden>Runtime and build information</h1>
      <Loaded fetched={runtime} what="Runtime information cannot be shown">
        {(facts) => <Facts title="Runtime" facts={facts} />}
      </Loaded>
      <Loaded fetched={build} what="Build information cannot be shown">
        {(facts) => <Facts title="Build" facts={facts} />}
      </Loaded>
    </>
  )
}
