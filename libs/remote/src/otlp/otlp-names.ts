/** Metric and label names of OTLP as Prometheus names (spec/wire-formats.md 14). */
export interface NameSettings {
  readonly isEscaped: boolean
  readonly hasSuffixes: boolean
  readonly sanitizesUnderscore: boolean
  readonly keepsUnderscores: boolean
}

const UNITS: Readonly<Record<string, string>> = {
  ...{ d: 'days', h: 'hours', min: 'minutes', s: 'seconds', ms: 'milliseconds' },
  ...{ us: 'microseconds', ns: 'nanoseconds', By: 'bytes', KiBy: 'kibibytes', MiBy: 'mebibytes' },
  ...{ GiBy: 'gibibytes', TiBy: 'tibibytes', KBy: 'kilobytes', MBy: 'megabytes' },
  ...{ GBy: 'gigabytes', TBy: 'terabytes', m: 'meters', V: 'volts', A: 'amperes', J: 'joules' },
  ...{ W: 'watts', g: 'grams', Cel: 'celsius', Hz: 'hertz', '1': '', '%': 'percent' },
}
const PER_UNITS: Readonly<Record<string, string>> = {
  ...{ s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', mo: 'month', y: 'year' },
}

export interface NamedMetric {
  readonly name: string
  readonly unit: string
  /** A monotonic sum whose temporality is cumulative, or delta where that is converted. */
  readonly isCounter: boolean
  readonly isGauge: boolean
}

/** Throws an Error for a name of which nothing is left. */
export function metricName(metric: NamedMetric, settings: NameSettings): string {
  const { isEscaped, hasSuffixes } = settings
  const built = isEscaped
    ? escapedName(metric, hasSuffixes)
    : hasSuffixes
      ? suffixedName(metric)
      : metric.name
  if (built === '' || (isEscaped && /^_+$/.test(built))) {
    throw new Error(`normalization for metric "${metric.name}" resulted in empty name`)
  }
  return built
}

/** The unit as a label or as metadata: `By/s` is `bytes_per_second`. */
export function unitName(unit: string): string {
  const { main, per } = unitSuffixes(unit)
  return [main, per].filter((part) => part !== '').join('_')
}

/** Throws an Error for a name of which nothing but underscores is left. */
export function labelName(name: string, settings: NameSettings): string {
  if (!settings.isEscaped) return name
  let label = name.replace(/[^a-zA-Z0-9]/gu, '_')
  const isReserved = name.startsWith('__') && name.endsWith('__') && name.length > 4
  if (!settings.keepsUnderscores) label = label.replace(/_+/g, '_')
  if (isReserved && !settings.keepsUnderscores) label = `__${label.replace(/^_|_$/g, '')}__`
  if (/^\d/.test(label)) label = `key_${label}`
  else if (settings.sanitizesUnderscore && /^_(?!_)/.test(label)) label = `key${label}`
  if (/^_*$/.test(label)) {
    throw new Error(`normalization for label name "${name}" resulted in invalid name "${label}"`)
  }
  return label
}

function escapedName(
  { name, unit, isCounter, isGauge }: NamedMetric,
  hasSuffixes: boolean,
): string {
  if (!hasSuffixes) return digitRule(split(name, /[^a-zA-Z0-9:_]+/u).join('_'))
  let tokens = split(name, /[^a-zA-Z0-9:]+/u)
  const { main, per } = unitSuffixes(unit)
  if (main !== '' && !tokens.includes(main)) tokens.push(main)
  const perUnit = per.replace(/^per_/, '')
  if (perUnit !== '' && !tokens.includes(perUnit)) tokens.push('per', perUnit)
  if (isCounter) tokens = [...tokens.filter((token) => token !== 'total'), 'total']
  if (isGauge && unit === '1') tokens = [...tokens.filter((token) => token !== 'ratio'), 'ratio']
  return digitRule(tokens.join('_'))
}

function suffixedName({ name, unit, isCounter, isGauge }: NamedMetric): string {
  const { main, per } = unitSuffixes(unit)
  let full = name
  const add = (suffix: string) => {
    if (suffix !== '' && !full.endsWith(`_${suffix}`)) full += `_${suffix}`
  }
  add(main)
  add(per)
  if (isCounter) add('total')
  if (isGauge && unit === '1') add('ratio')
  return full
}

function unitSuffixes(unit: string): { readonly main: string; readonly per: string } {
  const slash = unit.indexOf('/')
  const first = (slash < 0 ? unit : unit.slice(0, slash)).trim()
  const second = slash < 0 ? '' : unit.slice(slash + 1).trim()
  const main = /[{}]/.test(first) ? '' : cleanUnit(UNITS[first] ?? first)
  const per = /[{}]/.test(second) ? '' : cleanUnit(PER_UNITS[second] ?? second)
  return { main, per: per === '' ? '' : `per_${per}` }
}

function cleanUnit(unit: string): string {
  return unit
    .replace(/[^a-zA-Z0-9:]/gu, '_')
    .replace(/_+/g, '_')
    .replace(/^_/, '')
}

function split(name: string, between: RegExp): string[] {
  return name.split(between).filter((token) => token !== '')
}

function digitRule(name: string): string {
  return /^\d/.test(name) ? `_${name}` : name
}
