/** `/admin/tsdb/*`: deleting and copying, refused unless `--web.enable-admin-api` is given. */
import { quoteGo } from '@prom/model'
import { parseSelector } from '@prom/promql-syntax'
import type { IngestControl } from '@prom/scrape'
import { ApiError, badParameter } from './api-error.ts'
import type { Endpoint } from './envelope.ts'
import {
  MAX_TIME_MS,
  MIN_TIME_MS,
  matchParameters,
  readBoolean,
  timeParameter,
} from './parameters.ts'

export type AdminStorage = Pick<IngestControl, 'deleteSeries' | 'cleanTombstones' | 'snapshot'>

export interface AdminEndpoints {
  readonly deleteSeries: Endpoint
  readonly cleanTombstones: Endpoint
  readonly snapshot: Endpoint
}

const NO_DATA = { data: undefined }

/** Without storage every endpoint refuses. */
export function createAdmin(storage: AdminStorage | undefined): AdminEndpoints {
  if (!storage) {
    const refuse: Endpoint = () => {
      throw new ApiError('unavailable', 'admin APIs disabled')
    }
    return { deleteSeries: refuse, cleanTombstones: refuse, snapshot: refuse }
  }
  return {
    deleteSeries: async ({ params }) => {
      if (!params.has('match[]')) throw new ApiError('bad_data', 'no match[] parameter provided')
      const mint = timeParameter(params, 'start', MIN_TIME_MS)
      const maxt = timeParameter(params, 'end', MAX_TIME_MS)
      await storage.deleteSeries(readMatchers(params), mint, maxt)
      return NO_DATA
    },
    cleanTombstones: async () => {
      await storage.cleanTombstones()
      return NO_DATA
    },
    snapshot: async ({ params }) => ({
      data: { name: await storage.snapshot(skipParameter(params)) },
    }),
  }
}

function readMatchers(params: URLSearchParams) {
  let texts: string[]
  try {
    texts = matchParameters(params)
  } catch (err) {
    throw badParameter('match[]', (err as Error).message)
  }
  return texts.map((text) =>
    parseSelector(text).map(({ type, name, value }) => ({ type, name, value })),
  )
}

function skipParameter(params: URLSearchParams): boolean {
  const text = params.get('skip_head') ?? ''
  if (text === '') return false
  const value = readBoolean(text)
  if (value === undefined) {
    const cause = `strconv.ParseBool: parsing ${quoteGo(text)}: invalid syntax`
    throw badParameter('skip_head', `unable to parse boolean: ${cause}`)
  }
  return value
}
