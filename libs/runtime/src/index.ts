export type {
  Alarm,
  AlarmClock,
  Clock,
  FileHandle,
  FileStat,
  Host,
  HostFiles,
  HostNet,
  Random,
  Resolver,
  ServiceManager,
  Signals,
} from './host.ts'
export {
  createLogger,
  type LogFields,
  type LogFormat,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type RootLogger,
} from './logger.ts'
export { Group, type Part } from './part.ts'
export { createInlinePort, type Port } from './port.ts'
export { Queue } from './queue.ts'
export { atOnce, inSlices } from './slices.ts'
