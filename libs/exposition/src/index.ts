export { ClassicConverter } from './classic-converter.ts'
export { CreatedLinesParser } from './created-lines.ts'
export {
  decodeFamilies,
  decodeFamiliesInSteps,
  decodeFamily,
  decodePoint,
  type FamilyHeader,
  type PointSink,
} from './decode-families.ts'
export { encodeFamilies, encodeFamily, encodeValue } from './encode-families.ts'
export { escapeFamilies, exposeFamilies } from './expose-families.ts'
export { FamilyBuilder } from './family-builder.ts'
export type { FamilyDraft, Role, SampleLine } from './family-draft.ts'
export { type FamilyOptions, parseFamilies, parseFamiliesInSteps } from './family-parser.ts'
export { parseValue } from './float.ts'
export { type MessageTextForm, printMessageText } from './message-text.ts'
export { type ExpositionFormat, negotiateFormat } from './negotiate.ts'
export { type OpenMetricsOptions, OpenMetricsParser } from './openmetrics-parser.ts'
export { ExpositionError } from './parse-error.ts'
export type { Entry, ExposedExemplar, ExpositionParser } from './parser.ts'
export { type HistogramOptions, ProtobufParser } from './protobuf-parser.ts'
export { TextParser } from './text-parser.ts'
export { writeText } from './write-text.ts'
