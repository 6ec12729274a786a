/** TSDB status: is it ingesting, which metric exploded. */
import { Facts, Loaded, printTime } from '@prom/ui'
import { useApi } from '../api.ts'
import { useSetting } from '../settings.ts'

interface Pair {
  readonly name: string
  readonly value: number
}

interface TsdbStatus {
  readonly headStats: Record<string, number>
  readonly seriesCountByMetricName: Pair[]
  readonly labelValueCountByLabelName: Pair[]
  readonly memoryInBytesByLabelName: Pair[]
  readonly seriesCountByLabelValuePair: Pair[]
}

const tables: readonly (readonly [Exclude<keyof TsdbStatus, 'headStats'>, string])[] = [
  ['seriesCountByMetricName', 'Metric names by series'],
  ['labelValueCountByLabelName', 'Label names by values'],
  ['memoryInBytesByLabelName', 'Label names by bytes of values'],
  ['seriesCountByLabelValuePair', 'Label pairs by series'],
]

export function TsdbPage() {
  const fetched = useApi<TsdbStatus>('/status/tsdb')
  const [isLocal] = useSetting('settings.useLocalTime')
  return (
    <>
      <h1 hidden>TSDB status</h1>
      <Loaded fetched={fetched} what="TSDB status cannot be shown">
        {(status) => {
          const { minTime = 0, maxTime = 0, ...counts } = status.headStats
          return (
            <>
              <Facts
                title="Head"
                facts={{
                  ...counts,
                  minTime: minTime > 0 ? printTime(minTime, isLocal) : 'no samples',
                  maxTime: maxTime > 0 ? printTime(maxTime, isLocal) : 'no samples',
                }}
              />
              {tables.map(([key, title]) => (
                <Facts
                  key={key}
                  title={title}
                  facts={Object.fromEntries(
                    (status[key] ?? []).map(({ name, value }) => [name, value]),
                  )}
                />
              ))}
            </>
          )
        }}
      </Loaded>
    </>
  )
}
