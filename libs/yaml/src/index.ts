export { compareKeys, type ListOptions, list, map, optional, raw } from './collections.ts'
export { FileScope } from './decode-scope.ts'
export { encodeYaml } from './encode.ts'
export { ConfigError, type ConfigIssue, YamlSyntaxError } from './errors.ts'
export { decodeYaml, type Loaded, loadYaml, printConfigError, printIssues } from './load.ts'
export { mistyped } from './mistyped.ts'
export {
  type ConfigNode,
  entryOf,
  type ListNode,
  type MapEntry,
  type MapNode,
  type ScalarNode,
} from './node.ts'
export { parseYaml } from './parse.ts'
export { type Flavour, type Resolved, resolveScalar } from './resolve.ts'
export {
  bool,
  bytes,
  duration,
  float,
  int,
  int64,
  oneOf,
  type ParsedOptions,
  parsed,
  path,
  pathLike,
  Secret,
  secret,
  string,
  uint,
  uint64,
} from './scalars.ts'
export type {
  Broken,
  DecodeScope,
  Encoded,
  Field,
  Infer,
  Schema,
  StructOptions,
} from './schema.ts'
export {
  type Fielded,
  type FieldOptions,
  type Fields,
  field,
  inline,
  lineOf,
  nodeOf,
  placedAs,
  type StructSchema,
  struct,
} from './struct.ts'
export { redactUrl, url, urlProblem } from './url.ts'
