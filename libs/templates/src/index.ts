export {
  type NotificationAlert,
  type NotificationData,
  notificationValue,
} from './alertmanager/data.ts'
export { type AlertmanagerScope, alertmanagerFunctions } from './alertmanager/functions.ts'
export { toJson } from './alertmanager/to-json.ts'
export { FunctionError, TemplateExecError, TemplateParseError } from './errors.ts'
export { sprint, sprintf } from './format/printf.ts'
export {
  define,
  defineVariadic,
  type FunctionTable,
  type TemplateFunction,
} from './functions/define.ts'
export { humanizeDuration } from './functions/humanize.ts'
export { DEFAULT_LIMITS, type TemplateLimits } from './limits.ts'
export {
  AlertExpander,
  type AlertScope,
  AlertTemplate,
  checkAlertTemplate,
} from './prometheus/alert-template.ts'
export { type ConsoleRequest, expandConsole } from './prometheus/console-template.ts'
export type { QueryFn } from './prometheus/expand.ts'
export { graphLink, tableLink } from './prometheus/links.ts'
export { labelMap, type TemplateSample } from './prometheus/samples.ts'
export {
  type CompileOptions,
  compileTemplates,
  TemplateSet,
  type TemplateSource,
} from './template-set.ts'
export { asTime, goTimeFromMs, zonedTime } from './time/go-time.ts'
export { formatLayout } from './time/layout.ts'
export { loadZone, type Zone } from './time/zones.ts'
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
