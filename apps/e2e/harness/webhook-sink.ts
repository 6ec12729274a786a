/** A webhook receiver that keeps what it got, by path. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Delivered {
  readonly path: string
  readonly atMs: number
  readonly body: WebhookBody
}

export interface WebhookBody {
  readonly receiver: string
  readonly status: string
  readonly groupKey: string
  readonly groupLabels: Record<string, string>
  readonly commonLabels: Record<string, string>
  readonly commonAnnotations: Record<string, string>
  readonly truncatedAlerts: number
  readonly alerts: {
    readonly status: string
    readonly labels: Record<string, string>
    readonly annotations: Record<string, string>
    readonly startsAt: string
    readonly endsAt: string
    readonly fingerprint: string
    readonly generatorURL: string
  }[]
}

/** `answer` may refuse a delivery with a status. */
export async function startWebhookSink(answer: (path: string, nth: number) => number = () => 200) {
  const delivered: Delivered[] = []
  const counts = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const path = request.url ?? '/'
    const nth = (counts.get(path) ?? 0) + 1
    counts.set(path, nth)
    delivered.push({ path, atMs: Date.now(), body: JSON.parse(Buffer.concat(pieces).toString()) })
    response.writeHead(answer(path, nth)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delivered,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
