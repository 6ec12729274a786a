import type { Clock } from '@prom/runtime'
import type { Queries } from './contract.ts'
import { QueryService, type QuerySource, type ServiceOptions } from './query-service.ts'
import { createTaskQueries, type TaskDefaults } from './task-queries.ts'

export interface InlineOptions extends ServiceOptions, TaskDefaults {}

/** Queries that run in the calling thread: for tests and command lines. They stop at their timeout only. */
export function createInlineQueries(
  options: InlineOptions,
  deps: { readonly source: QuerySource; readonly clock: Pick<Clock, 'monotonic'> },
): Queries {
  const service = new QueryService(options, { ...deps, stopReason: () => undefined })
  return createTaskQueries(
    async (task) => service.serve(task),
    () => options,
  )
}
