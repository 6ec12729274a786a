/** Polling, for what a real program does in its own time. */

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** Calls `look` until it returns something other than undefined; fails with `what` after `timeoutMs`. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const found = await look()
      if (found !== undefined) return found
    } catch (err) {
      last = err
    }
    await sleep(100)
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}${last ? `: ${String(last)}` : ''}`)
}

export async function fetchJson(url: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(url, init)
  return await answer.json()
}
