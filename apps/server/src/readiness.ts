/** Whether the server may answer: not while it starts, not once it stops. */
import { type HttpHandler, respondText } from '@prom/http'

export class Readiness {
  #isReady = false
  #isStopping = false

  get isReady(): boolean {
    return this.#isReady
  }

  markReady(): void {
    this.#isReady = true
  }

  markStopping(): void {
    this.#isReady = false
    this.#isStopping = true
  }

  /** Answers 503 in place of `handler` while the server is not ready. */
  gate(handler: HttpHandler): HttpHandler {
    return (request, response) => {
      if (this.#isReady) return handler(request, response)
      response.setHeader('X-Prometheus-Stopping', String(this.#isStopping))
      respondText(response, 503, 'Service Unavailable')
    }
  }
}
