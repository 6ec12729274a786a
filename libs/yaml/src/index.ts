export type {
  ConfigNode,
  DecodeScope,
  Encoded,
  Field,
  Infer,
  Schema,
  StructOptions,
} from './schema.ts'
