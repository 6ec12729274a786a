/** One Prometheus server under test, ours or the original. */
import { freePort, type Running, start } from './processes.ts'
import { type Programs, programPath } from './programs.ts'
import { fetchJson, waitFor } from './wait.ts'

export interface VectorRow {
  readonly metric: Record<string, string>
  readonly value?: [number, string]
  readonly values?: [number, string][]
}

export interface Answer {
  readonly status: string
  readonly errorType?: string
  readonly error?: string
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
  readonly data?: { readonly resultType: string; readonly result: VectorRow[] }
}

export interface ServerUnderTest {
  readonly url: string
  readonly running: Running
  query(expr: string, atSeconds: number): Promise<Answer>
  queryRange(expr: string, start: number, end: number, step: number): Promise<Answer>
}

/** Starts a server on a free port and waits until it is ready. */
export async function startServer(
  programs: Programs,
  options: {
    readonly config: string
    readonly data: string
    readonly args?: readonly string[]
    readonly readyWithinMs?: number
  },
): Promise<ServerUnderTest> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const running = start(programPath(programs, 'prometheus'), [
    `--config.file=${options.config}`,
    `--storage.tsdb.path=${options.data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    ...(options.args ?? []),
  ])
  await waitFor(`${programs.name} to be ready`, options.readyWithinMs ?? 30_000, async () => {
    if (running.child.exitCode !== null) throw new Error(`ended: ${running.output()}`)
    return (await fetch(`${url}/-/ready`)).ok ? true : undefined
  }).catch((err: unknown) => {
    throw new Error(`${String(err)}\n${running.output()}`)
  })
  const ask = async (path: string, parameters: Record<string, string>) =>
    (await fetchJson(`${url}${path}?${new URLSearchParams(parameters)}`)) as Answer
  return {
    url,
    running,
    query: (query, at) => ask('/api/v1/query', { query, time: String(at) }),
    queryRange: (query, from, to, step) =>
      ask('/api/v1/query_range', {
        query,
        start: String(from),
        end: String(to),
        step: String(step),
      }),
  }
}

/** Rows and notes in one order, so that answers of two servers can be compared. */
export function sorted(unsorted: Answer): Answer {
  const answer: Answer = {
    ...unsorted,
    ...(unsorted.warnings && { warnings: [...unsorted.warnings].sort() }),
    ...(unsorted.infos && { infos: [...unsorted.infos].sort() }),
  }
  const rows = answer.data?.result
  if (!Array.isArray(rows) || typeof rows[0] !== 'object' || Array.isArray(rows[0])) return answer
  const key = (row: VectorRow) => JSON.stringify(Object.entries(row.metric).sort())
  return {
    ...answer,
    data: {
      ...(answer.data as NonNullable<Answer['data']>),
      result: [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1)),
    },
  }
}
