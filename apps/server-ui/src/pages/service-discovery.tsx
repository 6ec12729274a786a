/** Service discovery: what was found, and what relabelling made of it. */
import { NativeSelect, TextInput } from '@mantine/core'
import { Empty, LabelSet, Loaded, StateFilter, StatusLine, useNow, VirtualList } from '@prom/ui'
import { useMemo, useState } from 'react'
import { useApi } from '../api.ts'
import { useParameter } from '../place.ts'
import { RelabelSteps } from './relabel-steps.tsx'

interface Discovered {
  readonly activeTargets: {
    readonly scrapePool: string
    readonly labels: Record<string, string>
    readonly discoveredLabels: Record<string, string>
  }[]
  readonly droppedTargets: {
    readonly scrapePool?: string
    readonly discoveredLabels: Record<string, string>
  }[]
  readonly droppedTargetCounts: Record<string, number>
}

interface Row {
  readonly pool: string
  readonly discovered: Record<string, string>
  /** Undefined: dropped. */
  readonly labels: Record<string, string> | undefined
}

type Entry =
  | { readonly kind: 'pool'; readonly pool: string; readonly active: number; readonly all: number }
  | { readonly kind: 'row'; readonly row: Row; readonly key: string }

const keyOf = (entry: Entry) => (entry.kind === 'row' ? entry.key : `pool ${entry.pool}`)

function rowsOf({ activeTargets, droppedTargets }: Discovered): Row[] {
  return [
    ...activeTargets.map(({ scrapePool, labels, discoveredLabels }) => ({
      pool: scrapePool,
      labels,
      discovered: discoveredLabels,
    })),
    ...droppedTargets.map(({ scrapePool, discoveredLabels }) => ({
      pool: scrapePool ?? discoveredLabels.job ?? '',
      labels: undefined,
      discovered: discoveredLabels,
    })),
  ]
}

function DiscoveredRow({ row }: { row: Row }) {
  const [isExplained, setExplained] = useState(false)
  return (
    <div className={`row bar ${row.labels ? 'good' : ''}`}>
      <div className="split">
        <div>
          <LabelSet labels={row.discovered} />
        </div>
        <div>
          {row.labels ? (
            <LabelSet labels={row.labels} />
          ) : (
            <span className="badge unknown">dropped by relabelling</span>
          )}{' '}
          <button
            type="button"
            aria-expanded={isExplained}
            onClick={() => setExplained(!isExplained)}
          >
            {isExplained ? 'hide the steps' : 'relabelling step by step'}
          </button>
        </div>
      </div>
      {isExplained && <RelabelSteps pool={row.pool} labels={row.discovered} />}
    </div>
  )
}

export function ServiceDiscoveryPage() {
  const [pool, setPool] = useParameter('pool')
  const [state, setState] = useParameter('state')
  const [search, setSearch] = useParameter('search')
  const fetched = useApi<Discovered>('/targets', pool ? { scrapePool: pool } : {})
  const pools = useApi<{ scrapePools: string[] }>('/scrape_pools')
  const now = useNow()
  const { data } = fetched
  const rows = useMemo(() => (data ? rowsOf(data) : []), [data])
  const counts = {
    kept: rows.filter(({ labels }) => labels).length,
    dropped: rows.filter(({ labels }) => !labels).length,
  }
  const entries = useMemo(() => {
    const needle = search.toLowerCase()
    const byPool = new Map<string, Row[]>()
    for (const row of rows) byPool.set(row.pool, [...(byPool.get(row.pool) ?? []), row])
    return [...byPool]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, members]): Entry[] => {
        const active = members.filter(({ labels }) => labels).length
        const shown = members.flatMap((row, i): Entry[] => {
          if (state && (row.labels ? 'kept' : 'dropped') !== state) return []
          const text = JSON.stringify([row.discovered, row.labels]).toLowerCase()
          return text.includes(needle) ? [{ kind: 'row', row, key: `${name} ${i}` }] : []
        })
        if (shown.length === 0) return []
        const all = active + (data?.droppedTargetCounts?.[name] ?? 0)
        return [{ kind: 'pool', pool: name, active, all }, ...shown]
      })
  }, [rows, state, search, data])
  return (
    <>
      <h1 hidden>Service discovery</h1>
      <div className="filter-bar">
        <NativeSelect
          size="xs"
          aria-label="Scrape pool"
          value={pool}
          data={[
            { value: '', label: 'All pools' },
            ...(pools.data?.scrapePools ?? []).map((name) => ({ value: name, label: name })),
          ]}
          onChange={(event) => setPool(event.currentTarget.value)}
        />
        <TextInput
          size="xs"
          w={320}
          aria-label="Filter by labels"
          placeholder="Filter by labels"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <StateFilter
          states={['kept', 'dropped']}
          counts={counts}
          value={state}
          onChange={setState}
        />
      </div>
      <Loaded fetched={fetched} what="Discovered targets cannot be shown">
        {() =>
          entries.length === 0 ? (
            <Empty>{rows.length === 0 ? 'Nothing was discovered.' : 'Nothing matches.'}</Empty>
          ) : (
            <VirtualList
              label="Discovered targets by scrape pool"
              items={entries}
              keyOf={keyOf}
              estimatePx={64}
              render={(entry) =>
                entry.kind === 'row' ? (
                  <DiscoveredRow row={entry.row} />
                ) : (
                  <div className="row-head">
                    <h2>{entry.pool}</h2>
                    <span>
                      {entry.active} active of {entry.all}
                    </span>
                  </div>
                )
              }
            />
          )
        }
      </Loaded>
      <StatusLine fetched={fetched} now={now} />
    </>
  )
}
