/** Which queries run or wait, and how to end one; the original has nothing like it. */
import type { QueryControl } from '@prom/query'
import type { Clock } from '@prom/runtime'
import { ApiError, badParameter } from './api-error.ts'
import type { Endpoint } from './envelope.ts'
import { readInteger } from './parameters.ts'

interface RunningDeps {
  readonly queries: QueryControl
  readonly clock: Pick<Clock, 'now'>
}

/** `{"queries":[{"id","query","kind","state","priority","started","seconds","memoryBytes",...}]}`, oldest first. */
export function createRunningQueries({ queries, clock }: RunningDeps): Endpoint {
  return () => {
    const now = clock.now()
    const list = queries.running().map((one) => ({
      id: one.id,
      query: one.query,
      kind: one.kind,
      state: one.isRunning ? 'running' : 'waiting',
      priority: one.priority,
      started: new Date(one.startedMs).toISOString(),
      seconds: Math.max(0, now - one.startedMs) / 1000,
      memoryBytes: one.memoryBytes,
      ...(one.origin ?? {}),
    }))
    return { data: { queries: list } }
  }
}

/** Ends the query `id` of the list; its asker gets the error of a cancelled query. */
export function createCancelQuery({ queries }: Pick<RunningDeps, 'queries'>): Endpoint {
  return ({ params }) => {
    const id = readInteger(params.get('id') ?? '')
    if (id === undefined) throw badParameter('id', 'a number is needed')
    if (!queries.cancel(id)) throw new ApiError('not_found', `no query with id ${id} is running`)
    return { data: { id } }
  }
}
