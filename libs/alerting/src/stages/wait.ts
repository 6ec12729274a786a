import type { PipelineDeps } from '../pipeline.ts'

/** Leaves the peers before this one time to send and to gossip that they did. */
export async function wait(
  { peer, peerTimeoutMs, clock }: PipelineDeps,
  signal: AbortSignal,
): Promise<void> {
  const position = peer?.position() ?? 0
  if (position > 0) await clock.sleep(position * peerTimeoutMs, signal)
  signal.throwIfAborted()
}
