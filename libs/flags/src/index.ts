export { type CommandLine, type CommandLineOutput, readCommandLine } from './command-line.ts'
export {
  argument,
  type Command,
  defineCommand,
  defineGroup,
  defineProgram,
  type FlagOptions,
  flag,
  listArgument,
  listFlag,
  type Manners,
  type Parameter,
  type Parameters,
  type Program,
  switchFlag,
  type Values,
} from './define.ts'
export {
  boolean,
  byteSize,
  duration,
  existingPath,
  float,
  goDuration,
  integer,
  type Kind,
  oneOf,
  plainGoDuration,
  text,
  word,
} from './kinds.ts'
export { parseLine } from './parse.ts'
export { printFlagValues } from './print-values.ts'
export { printUsage } from './usage.ts'
