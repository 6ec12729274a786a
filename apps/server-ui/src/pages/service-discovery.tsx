/** Service discovery: what was found, and what relabelling made of it. */
import { Empty, LabelSet, Loaded, StatusLine, useNow } from '@prom/ui'
import { useApi } from '../api.ts'

interface Discovered {
  readonly activeTargets: {
    readonly scrapePool: string
    readonly labels: Record<string, string>
    readonly discoveredLabels: Record<string, string>
  }[]
  readonly droppedTargets: { readonly discoveredLabels: Record<string, string> }[]
  readonly droppedTargetCounts: Record<string, number>
}

export function ServiceDiscoveryPage() {
  const fetched = useApi<Discovered>('/targets')
  const now = useNow()
  return (
    <>
      <h1 hidden>Service discovery</h1>
      <Loaded fetched={fetched} what="Discovered targets cannot be shown">
        {({ activeTargets, droppedTargets, droppedTargetCounts }) => {
          const rows = [
            ...activeTargets.map((target) => ({ ...target, isDropped: false })),
            ...droppedTargets.map(({ discoveredLabels }) => ({
              scrapePool: discoveredLabels.job ?? '',
              labels: {},
              discoveredLabels,
              isDropped: true,
            })),
          ]
          const pools = [...new Set([...rows.map((row) => row.scrapePool)])].sort()
          if (pools.length === 0) return <Empty>Nothing was discovered.</Empty>
          return pools.map((pool) => {
            const members = rows.filter((row) => row.scrapePool === pool)
            const active = members.filter((row) => !row.isDropped).length
            return (
              <section className="section" key={pool}>
                <header>
                  <h2>{pool}</h2>
                  <span>
                    {active} active of {active + (droppedTargetCounts?.[pool] ?? 0)}
                  </span>
                </header>
                <table className="grid">
                  <thead>
                    <tr>
                      <th scope="col">Discovered labels</th>
                      <th scope="col">Target labels</th>
                    </tr>
                  </thead>
                  <tbody>
                    {members.map((row) => (
                      <tr key={JSON.stringify(row.discoveredLabels)}>
                        <td>
                          <LabelSet labels={row.discoveredLabels} />
                        </td>
                        <td>
                          {row.isDropped ? (
                            <span className="badge unknown">dropped by relabelling</span>
                          ) : (
                            <LabelSet labels={row.labels} />
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
            )
          })
        }}
      </Loaded>
      <StatusLine fetched={fetched} now={now} />
    </>
  )
}
