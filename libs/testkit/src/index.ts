export { FakeClock, settlePromises } from './fake-clock.ts'
export { MemoryFiles } from './memory-files.ts'
export { type LogLine, recordLog } from './record-log.ts'
export { seededRandom } from './seeded-random.ts'
