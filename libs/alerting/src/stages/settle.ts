import type { Stage } from '../pipeline.ts'

/** Waits until the cluster knows its members: before that, several instances would each think they are alone. */
export const settle: Stage = async ({ alerts }, { peer }, signal) => {
  await peer?.settled(signal)
  signal.throwIfAborted()
  return alerts
}
