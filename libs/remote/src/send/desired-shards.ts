/** How many shards a queue should have, from what it takes in and gets out. */
const TOLERANCE = 0.3
const BACKLOG_SHARE = 0.05
const DELAY_MAX_SECONDS = 10

export interface ShardFacts {
  readonly shards: number
  readonly minShards: number
  readonly maxShards: number
  /** Samples per second read from the log, sent, dropped by relabelling. */
  readonly inRate: number
  readonly outRate: number
  readonly droppedRate: number
  /** Seconds of sending per second, over all shards. */
  readonly sendSeconds: number
  /** How far the newest sent sample is behind the newest stored one. */
  readonly delaySeconds: number
}

/** `shards` is how many to run, `desired` the exact number behind it. */
export function desiredShards(facts: ShardFacts): {
  readonly shards: number
  readonly desired: number
} {
  const { shards, inRate, outRate, droppedRate, sendSeconds, delaySeconds } = facts
  if (outRate <= 0) return { shards, desired: shards }
  const kept = outRate / (droppedRate + outRate)
  const pending = delaySeconds * inRate * kept
  const perSample = sendSeconds / outRate
  const desired = perSample * (inRate * kept + BACKLOG_SHARE * pending)
  const whole = Math.ceil(desired)
  const isNear = whole >= shards * (1 - TOLERANCE) && whole <= shards * (1 + TOLERANCE)
  if (isNear) return { shards, desired }
  // Fewer shards only once the queue has caught up.
  if (whole < shards && delaySeconds > DELAY_MAX_SECONDS) return { shards, desired }
  return { shards: Math.max(facts.minShards, Math.min(facts.maxShards, whole)), desired }
}
