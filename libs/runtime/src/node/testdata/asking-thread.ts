import { createSyncCaller, type SyncEnd } from '../sync-channel.ts'
import { serveThread, threadData } from '../worker-port.ts'

const ask = createSyncCaller<number, number>(threadData<{ end: SyncEnd }>().end)

/** Gives up a question about a negative number after a few looks. */
serveThread<number, string>((value) => {
  let looks = 0
  try {
    const answer = ask(value, () => {
      if (++looks > 3 && value < 0) throw new Error('stopped')
    })
    return `answer ${answer}`
  } catch (err) {
    return `failed: ${(err as Error).message}`
  }
})
