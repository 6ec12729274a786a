export { FunctionError, TemplateExecError, TemplateParseError } from './errors.ts'
export { formatFloat } from './format/float.ts'
export { sprint, sprintf } from './format/printf.ts'
export { quote } from './format/quote.ts'
export {
  define,
  defineVariadic,
  type FunctionTable,
  type TemplateFunction,
} from './functions/define.ts'
export { DEFAULT_LIMITS, type TemplateLimits } from './limits.ts'
export {
  type CompileOptions,
  compileTemplates,
  TemplateSet,
  type TemplateSource,
} from './template-set.ts'
export {
  GoInt,
  GoList,
  GoMap,
  GoOpaque,
  GoStruct,
  GoText,
  type GoType,
  type Method,
  stringMap,
  strings,
  type Value,
} from './values.ts'
