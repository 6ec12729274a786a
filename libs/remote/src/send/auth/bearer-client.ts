import { type HttpClient, KeptToken } from '@prom/http'
import type { Clock } from '@prom/runtime'

/** Requests through `client`, each with the token of the moment; a 401 makes the next one ask for another. */
export function createBearerClient(
  client: HttpClient,
  clock: Pick<Clock, 'now'>,
  ask: (signal: AbortSignal) => Promise<{ token: string; lifetimeMs: number }>,
): HttpClient {
  const create = () => new KeptToken(() => clock.now(), ask)
  let kept = create()
  return {
    request: async (request) => {
      const signal = request.signal ?? new AbortController().signal
      const headers = { ...request.headers, Authorization: `Bearer ${await kept.get(signal)}` }
      const answer = await client.request({ ...request, headers })
      if (answer.status === 401) kept = create()
      return answer
    },
    close: () => client.close(),
  }
}
