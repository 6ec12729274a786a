/** While the server reads its log again there is nothing to show but how far it is. */
import { Progress } from '@mantine/core'
import { useEffect, useState } from 'react'
import { getApi, isReady } from './api.ts'

const ASK_EVERY_MS = 1000

interface Replay {
  readonly min: number
  readonly max: number
  readonly current: number
}

export function Readiness({ children }: { children: React.ReactNode }) {
  const [ready, setReady] = useState(true)
  const [replay, setReplay] = useState<Replay>()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      if (await isReady()) {
        setReady(true)
        return
      }
      setReady(false)
      const answer = await getApi<Replay>('/status/walreplay').catch(() => undefined)
      setReplay(answer?.data)
      timer = setTimeout(look, ASK_EVERY_MS)
    }
    void look()
    return () => clearTimeout(timer)
  }, [])
  if (ready) return children
  const share =
    replay && replay.max >= replay.min && replay.max > 0
      ? (replay.current - replay.min + 1) / (replay.max - replay.min + 1)
      : 0
  return (
    <div className="notice warning" role="status">
      <strong>The server is starting.</strong>{' '}
      {replay && replay.max > 0 && `Replaying WAL (${replay.current}/${replay.max})`}
      <Progress value={share * 100} mt={8} aria-label="Replay of the write-ahead log" />
    </div>
  )
}
