export { Expiry } from './expiry.ts'
export type { PageFamily } from './family-index.ts'
export {
  type Group,
  isLastPushSuccessful,
  lastPushMs,
  PUSH_FAILURE_TIME,
  PUSH_TIME,
  type StoredFamily,
  sortLabels,
} from './group.ts'
export { hasOddBytes, textOf } from './odd-text.ts'
export { type PackedFamily, unpackFamily, unpackPoints } from './packed-family.ts'
export { printProtobuf } from './page-protobuf.ts'
export { PageText } from './page-text.ts'
export { Persistence, type PersistenceOptions } from './persistence.ts'
export { contentOf, type PushContent, readProtobuf, readText } from './push-content.ts'
export { type PushLabels, type PushPath, parsePushLabels } from './push-labels.ts'
export { type Page, type PushRequest, PushStore, type PushStoreDeps } from './push-store.ts'
export { unpackPage } from './unpack-page.ts'
