export { parseBytes, printBytes } from './bytes.ts'
export { parseDuration, printDuration } from './duration.ts'
export { type FloatForm, parseFloatGo, printFloat } from './float.ts'
export { parseGoDuration, printGoDuration } from './go-duration.ts'
export {
  type EscapingScheme,
  escapeName,
  exposeName,
  isValidLabelName,
  isValidLabelValue,
  isValidMetricName,
  type NameScheme,
  unescapeName,
} from './names.ts'
export { quoteGo } from './quote.ts'
export {
  isStaleAt,
  isStaleBits,
  NAN_HIGH,
  NAN_LOW,
  STALE_HIGH,
  STALE_LOW,
  setStaleBits,
  writeStaleAt,
} from './stale.ts'
export { parseRfc3339, parseTime, printRfc3339, printSeconds } from './time.ts'
export { createUlid, isUlid, ulidTime } from './ulid.ts'
