/** Target health: what is down, since when, one cause or many. */

import { NativeSelect, TextInput } from '@mantine/core'
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
  VirtualList,
} from '@prom/ui'
import { useMemo } from 'react'
import { useApi } from '../api.ts'
import { useParameter } from '../place.ts'
import { useSetting } from '../settings.ts'
import { ErrorHistory, type ScrapeError } from './error-history.tsx'

interface Target {
  readonly scrapePool: string
  readonly scrapeUrl: string
  readonly globalUrl: string
  readonly labels: Record<string, string>
  readonly lastError: string
  readonly lastScrape: string
  readonly lastScrapeDuration: number
  readonly health: string
  readonly scrapeInterval: string
  readonly scrapeTimeout: string
  readonly errorHistory?: readonly ScrapeError[]
}

type Entry =
  | { readonly kind: 'pool'; readonly name: string; readonly members: readonly Target[] }
  | { readonly kind: 'target'; readonly target: Target }

const isWebUrl = (url: string) => /^https?:\/\//.test(url)
const keyOf = (entry: Entry) =>
  entry.kind === 'pool'
    ? `pool ${entry.name}`
    : `${entry.target.scrapePool} ${entry.target.scrapeUrl} ${JSON.stringify(entry.target.labels)}`

/** Pools in their order, each with its targets below it unless it is folded. */
function listEntries(targets: readonly Target[], folded: readonly string[]): Entry[] {
  const pools = new Map<string, Target[]>()
  for (const target of targets) {
    const members = pools.get(target.scrapePool)
    if (members) members.push(target)
    else pools.set(target.scrapePool, [target])
  }
  return [...pools].flatMap(([name, members]): Entry[] => [
    { kind: 'pool', name, members },
    ...(folded.includes(name) ? [] : members.map((target): Entry => ({ kind: 'target', target }))),
  ])
}

function PoolHead({
  name,
  members,
  isFolded,
  onFold,
}: {
  name: string
  members: readonly Target[]
  isFolded: boolean
  onFold: () => void
}) {
  const up = members.filter((target) => target.health === 'up').length
  const down = members.filter((target) => target.health === 'down').length
  const tone = down === 0 ? 'good' : up > 0 ? 'warning' : 'bad'
  return (
    <div className={`row-head bar ${tone}`}>
      <button
        type="button"
        className="fold"
        aria-expanded={!isFolded}
        aria-label={`Targets of ${name}`}
        onClick={onFold}
      >
        {isFolded ? '▸' : '▾'}
      </button>
      <h2>{name}</h2>
      <span>
        {up} of {members.length} up
      </span>
      <span className="dim">every {members[0]?.scrapeInterval}</span>
    </div>
  )
}

function TargetRow({ target, now }: { target: Target; now: number }) {
  return (
    <div className={`row targets bar ${toneOf(target.health)}`}>
      <div>
        <StateBadge state={target.health} />
      </div>
      <div>
        {isWebUrl(target.globalUrl) ? (
          <a href={target.globalUrl} rel="noopener noreferrer">
            {target.scrapeUrl}
          </a>
        ) : (
          target.scrapeUrl
        )}
        {target.lastError && <div className="notice bad">{target.lastError}</div>}
        <ErrorHistory errors={target.errorHistory ?? []} now={now} />
      </div>
      <div>
        <LabelSet labels={target.labels} />
      </div>
      <div className="number">
        <RelTime at={target.lastScrape} now={now} />
        <div className="dim">
          {humanDuration(target.lastScrapeDuration * 1000)} of {target.scrapeTimeout}
        </div>
      </div>
    </div>
  )
}

export function TargetsPage() {
  const [search, setSearch] = useParameter('search')
  const [health, setHealth] = useParameter('health')
  const [pool, setPool] = useParameter('pool')
  const [folded, setFolded] = useSetting('targetsPage.collapsedPools')
  const pools = useApi<{ scrapePools: string[] }>('/scrape_pools')
  const fetched = useApi<{ activeTargets: Target[] }>('/targets', {
    state: 'active',
    ...(pool && { scrapePool: pool }),
  })
  const now = useNow()
  const targets = fetched.data?.activeTargets
  const { counts, causes } = useMemo(() => summarize(targets ?? []), [targets])
  const entries = useMemo(() => {
    const needle = search.toLowerCase()
    const shown = (targets ?? []).filter(
      (target) =>
        (!health || target.health === health) &&
        (needle === '' ||
          `${target.scrapeUrl} ${Object.entries(target.labels).join(' ')}`
            .toLowerCase()
            .includes(needle)),
    )
    return listEntries(shown, folded)
  }, [targets, health, search, folded])
  const fold = (name: string) =>
    setFolded(folded.includes(name) ? folded.filter((one) => one !== name) : [...folded, name])

  return (
    <>
      <h1 hidden>Target health</h1>
      <div className="filter-bar">
        <NativeSelect
          size="xs"
          aria-label="Scrape pool"
          value={pool}
          data={[
            { value: '', label: 'All pools' },
            ...(pools.data?.scrapePools ?? (pool ? [pool] : [])).map((name) => ({
              value: name,
              label: name,
            })),
          ]}
          onChange={(event) => setPool(event.currentTarget.value)}
        />
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
      </div>
      <Loaded fetched={fetched} what="Targets cannot be shown">
        {({ activeTargets }) => (
          <>
            {activeTargets.length === 0 && <Empty>No targets are configured.</Empty>}
            {activeTargets.length > 0 && entries.length === 0 && (
              <Empty>No target matches the filters.</Empty>
            )}
            {causes.length > 1 &&
              causes.map(([error, count]) => (
                <div className="notice bad" key={error}>
                  {count} × {error}
                </div>
              ))}
            <VirtualList
              label="Targets by scrape pool"
              items={entries}
              keyOf={keyOf}
              estimatePx={56}
              render={(entry) =>
                entry.kind === 'pool' ? (
                  <PoolHead
                    {...entry}
                    isFolded={folded.includes(entry.name)}
                    onFold={() => fold(entry.name)}
                  />
                ) : (
                  <TargetRow target={entry.target} now={now} />
                )
              }
            />
          </>
        )}
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}

const CAUSES_MAX = 10

function summarize(targets: readonly Target[]) {
  const counts: Record<string, number> = {}
  const errors = new Map<string, number>()
  for (const target of targets) {
    counts[target.health] = (counts[target.health] ?? 0) + 1
    if (target.lastError) errors.set(target.lastError, (errors.get(target.lastError) ?? 0) + 1)
  }
  const causes = [...errors].sort(([, a], [, b]) => b - a).slice(0, CAUSES_MAX)
  return { counts, causes }
}
