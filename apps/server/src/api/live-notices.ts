/** `/notifications/live`: what users are told, as server-sent events. */
import type { HttpHandler } from '@prom/http'
import type { AnchoredRegex } from '@prom/regex'
import { type Notices, STOPPING } from '../notices.ts'
import { printJson, setCors } from './envelope.ts'
import { type Notice, printNotice } from './status.ts'

export interface LiveNoticesDeps {
  readonly notices: Notices
  /** `--web.max-notifications-subscribers` */
  readonly subscribersMax: number
  readonly corsOrigin: AnchoredRegex
}

export function createLiveNotices(deps: LiveNoticesDeps): HttpHandler {
  const { notices, subscribersMax, corsOrigin } = deps
  return (request, response) => {
    setCors(request, response, corsOrigin)
    if (notices.listenerCount >= subscribersMax) {
      response.writeHead(204).end()
      return
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      ...(request.httpVersionMajor < 2 && { Connection: 'keep-alive' }),
    })
    response.flushHeaders()
    // A reader that takes nothing is cut off: it would be sent everything once it reads again.
    const send = (notice: Notice) => {
      const isTaken = response.write(`data: ${printJson(printNotice(notice))}\n\n`)
      if (!isTaken) response.destroy()
      if (notice.text === STOPPING) response.end()
      return isTaken
    }
    for (const notice of notices.active()) send(notice)
    response.once('close', notices.listen(send))
  }
}
