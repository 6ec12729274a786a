export { StateFilter, StatusLine } from './bars.tsx'
export { Facts } from './facts.tsx'
export { type Answer, type Fetched, useFetched } from './fetched.ts'
export {
  humanAgo,
  humanDuration,
  parseDuration,
  printDuration,
  printSeries,
  printTime,
} from './format.ts'
export { Frame } from './frame.tsx'
export { LabelSet, RelTime, StateBadge, toneOf, useNow } from './labels.tsx'
export { Empty, Failure, Loaded } from './notices.tsx'
export { createSettings, type Settings, timeSettings } from './settings.ts'
export { theme } from './theme.ts'
export { VirtualList } from './virtual-list.tsx'
