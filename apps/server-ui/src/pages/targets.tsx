/** Target health: what is down, since when, one cause or many. */

import { TextInput } from '@mantine/core'
import {
  Empty,
  humanDuration,
  LabelSet,
  Loaded,
  RelTime,
  StateBadge,
  StateFilter,
  StatusLine,
  toneOf,
  useNow,
} from '@prom/ui'
import { useApi } from '../api.ts'
import { useParameter } from '../place.ts'

interface Target {
  readonly scrapePool: string
  readonly scrapeUrl: string
  readonly globalUrl: string
  readonly labels: Record<string, string>
  readonly discoveredLabels: Record<string, string>
  readonly lastError: string
  readonly lastScrape: string
  readonly lastScrapeDuration: number
  readonly health: string
  readonly scrapeInterval: string
  readonly scrapeTimeout: string
  /** Oldest first; absent when no scrape has failed. */
  readonly errorHistory?: readonly {
    readonly time: string
    readonly duration: number
    readonly reason: string
    readonly error: string
  }[]
}

const isWebUrl = (url: string) => /^https?:\/\//.test(url)

export function TargetsPage() {
  const [search, setSearch] = useParameter('search')
  const [health, setHealth] = useParameter('health')
  const [pool, setPool] = useParameter('pool')
  const fetched = useApi<{ activeTargets: Target[] }>('/targets', {
    state: 'active',
    ...(pool && { scrapePool: pool }),
  })
  const now = useNow()
  const targets = fetched.data?.activeTargets ?? []
  const counts: Record<string, number> = {}
  const errors = new Map<string, number>()
  for (const target of targets) {
    counts[target.health] = (counts[target.health] ?? 0) + 1
    if (target.lastError) errors.set(target.lastError, (errors.get(target.lastError) ?? 0) + 1)
  }
  const needle = search.toLowerCase()
  const shown = targets.filter(
    (target) =>
      (!health || target.health === health) &&
      `${target.scrapeUrl} ${Object.entries(target.labels).join(' ')}`
        .toLowerCase()
        .includes(needle),
  )
  const pools = new Map<string, Target[]>()
  for (const target of shown) {
    pools.set(target.scrapePool, [...(pools.get(target.scrapePool) ?? []), target])
  }

  return (
    <>
      <h1 hidden>Target health</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={320}
          aria-label="Filter by endpoint or labels"
          placeholder="Filter by endpoint or labels"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <StateFilter
          states={['down', 'unknown', 'up']}
          counts={counts}
          value={health}
          onChange={setHealth}
        />
        {pool && (
          <button type="button" onClick={() => setPool('')}>
            pool {pool} ×
          </button>
        )}
      </div>
      <Loaded fetched={fetched} what="Targets cannot be shown">
        {() => (
          <>
            {targets.length === 0 && <Empty>No targets are configured.</Empty>}
            {targets.length > 0 && shown.length === 0 && (
              <Empty>No target matches the filters.</Empty>
            )}
            {errors.size > 1 &&
              [...errors].map(([error, count]) => (
                <div className="notice bad" key={error}>
                  {count} × {error}
                </div>
              ))}
            {[...pools].map(([name, members]) => {
              const up = members.filter((target) => target.health === 'up').length
              const tone = up === members.length ? 'good' : up > 0 ? 'warning' : 'bad'
              return (
                <section className={`section bar ${tone}`} key={name}>
                  <header>
                    <h2>{name}</h2>
                    <span>
                      {up} of {members.length} up
                    </span>
                    <span className="dim">every {members[0]?.scrapeInterval}</span>
                  </header>
                  <table className="grid">
                    <thead>
                      <tr>
                        <th scope="col" style={{ width: 100 }}>
                          State
                        </th>
                        <th scope="col" style={{ width: '35%' }}>
                          Endpoint
                        </th>
                        <th scope="col">Labels</th>
                        <th scope="col" className="number" style={{ width: 140 }}>
                          Last scrape
                        </th>
                      </tr>
                    </thead>
                    <tbody>
                      {members.map((target) => (
                        <tr key={`${target.scrapeUrl};${JSON.stringify(target.labels)}`}>
                          <td className={`bar ${toneOf(target.health)}`}>
                            <StateBadge state={target.health} />
                          </td>
                          <td>
                            {isWebUrl(target.globalUrl) ? (
                              <a href={target.globalUrl} rel="noopener noreferrer">
                                {target.scrapeUrl}
                              </a>
                            ) : (
                              target.scrapeUrl
                            )}
                            {target.lastError && (
                              <div className="notice bad">{target.lastError}</div>
                            )}
                            {target.errorHistory && (
                              <details>
                                <summary>Last {target.errorHistory.length} failures</summary>
                                <ul>
                                  {target.errorHistory.map((failed) => (
                                    <li key={failed.time}>
                                      <RelTime at={failed.time} now={now} />, after{' '}
                                      {humanDuration(failed.duration * 1000)}, {failed.reason}:{' '}
                                      {failed.error}
                                    </li>
                                  ))}
                                </ul>
                              </details>
                            )}
                          </td>
                          <td>
                            <LabelSet labels={target.labels} />
                          </td>
                          <td className="number">
                            <RelTime at={target.lastScrape} now={now} />
                            <div className="dim">
                              {humanDuration(target.lastScrapeDuration * 1000)} of{' '}
                              {target.scrapeTimeout}
                            </div>
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </section>
              )
            })}
          </>
        )}
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}
