/** Version, cluster and configuration. */
import { Facts, Loaded } from '@prom/ui'
import { type Status, useApi } from '../api.ts'

export function StatusPage() {
  const fetched = useApi<Status>('/status')
  return (
    <>
      <h1 hidden>Status</h1>
      <Loaded fetched={fetched} what="The status cannot be shown">
        {({ cluster, versionInfo, config, uptime }) => (
          <>
            <Facts
              title="Cluster"
              facts={{
                'Running since': uptime,
                Status: cluster.status,
                Name: cluster.name ?? '',
                Peers: cluster.peers?.length ?? 0,
                ...Object.fromEntries(
                  (cluster.peers ?? []).map(({ name, address }) => [`Peer ${name}`, address]),
                ),
              }}
            />
            <Facts title="Version" facts={versionInfo} />
            <pre className="code mono">{config.original}</pre>
          </>
        )}
      </Loaded>
    </>
  )
}
