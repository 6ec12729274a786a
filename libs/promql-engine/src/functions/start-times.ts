/** How start timestamps tell of counter resets and of increases before the first sample. */

/** 0 and what does not lie before the sample say nothing. */
function known(startMs: number, sampleMs: number): boolean {
  return startMs !== 0 && startMs < sampleMs
}

/** Whether the counter started anew between two samples, by the start time of the later one. */
export function isResetByStart(
  startMs: number,
  sampleMs: number,
  previousStartMs: number,
  previousMs: number,
): boolean {
  if (!known(startMs, sampleMs)) return false
  if (startMs > previousMs) return true
  return startMs === previousMs && known(previousStartMs, previousMs)
}

/** Whether the later sample claims to have started inside the time of the earlier one. */
export function overlapsByStart(
  startMs: number,
  sampleMs: number,
  previousStartMs: number,
  previousMs: number,
): boolean {
  return known(startMs, sampleMs) && startMs < previousMs && startMs > previousStartMs
}
