export { compareBytes, EMPTY_LABELS, Labels, METRIC_NAME } from './labels.ts'
export { Matcher, type MatchType } from './matcher.ts'
