/**
 * Slack's own client for incoming webhooks, over our HTTP client: `http_config` (proxies, TLS, credentials) applies,
 * and the answer is judged by our rules, since the library counts a rate limit as final.
 */
import type { HttpAnswer } from '@prom/http'
import { IncomingWebhook, type IncomingWebhookSendArguments } from '@slack/webhook'

/** Sends `payload` to `url` by `post`, which gets the body. Resolves with Slack's answer, whatever its status. */
export async function postToSlackWebhook(
  url: string,
  payload: IncomingWebhookSendArguments,
  post: (body: string) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  let answer: HttpAnswer | undefined
  let failure: unknown
  const webhook = new IncomingWebhook(url, {
    fetch: async (_url, init) => {
      try {
        answer = await post(String(init?.body))
      } catch (err) {
        failure = err
        throw err
      }
      const { status, body } = answer
      return {
        ok: status >= 200 && status < 300,
        status,
        statusText: String(status),
        text: async () => new TextDecoder().decode(body),
      } as Response
    },
  })
  try {
    await webhook.send(payload)
  } catch (err) {
    if (!answer) throw failure ?? err
  }
  return answer as HttpAnswer
}
