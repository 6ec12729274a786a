/**
 * js-yaml's events, with Go's leniency: inside brackets and quotes libyaml does not look at indentation, so a closing
 * bracket may stand in the first column. js-yaml (YAML 1.2) refuses such a line; it is indented and read again.
 */
import { EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml'
import { YamlSyntaxError } from './errors.ts'

const DEPTH_MAX = 500
/** Deeper than any block that could hold the line. */
const INDENT = ' '.repeat(256)
/** Characters read over and over in one file; a file that needs more is refused. */
const WORK_MAX = 512 * 1024 * 1024

export interface EventsOfText {
  readonly events: Event[]
  /** What the events' offsets count in. */
  readonly text: string
  /** Lines, from 0, that were indented, and by how much. */
  readonly shifts: ReadonlyMap<number, number>
}

/** Throws YamlSyntaxError. */
export function readEvents(original: string): EventsOfText {
  const shifts = new Map<number, number>()
  let text = original
  let first: YAMLException | undefined
  for (let work = 0; work <= WORK_MAX; work += text.length) {
    try {
      const events = parseEvents(text, { maxDepth: DEPTH_MAX })
      checkVersion(events)
      return { events, text, shifts }
    } catch (err) {
      if (!(err instanceof YAMLException)) throw err
      first ??= err
      const line = err.mark?.line ?? 0
      if (err.reason !== 'deficient indentation' || line === 0 || shifts.has(line)) break
      text = indentLine(text, line)
      shifts.set(line, INDENT.length)
    }
  }
  throw new YamlSyntaxError((first?.mark?.line ?? -1) + 1, goReason(first))
}

function indentLine(text: string, line: number): string {
  let start = 0
  for (let i = 0; i < line; i++) start = text.indexOf('\n', start) + 1
  return text.slice(0, start) + INDENT + text.slice(start)
}

/** Go's parsers know YAML 1.1 only. */
function checkVersion(events: readonly Event[]): void {
  const first = events[0]
  if (first?.type !== EVENT_ID.DOCUMENT) return
  for (const directive of first.directives) {
    if (directive.kind === 'yaml' && directive.version !== '1.1') {
      throw new YamlSyntaxError(1, 'found incompatible YAML document')
    }
  }
}

/** js-yaml's reasons in the words of Go's parser, where one stands for the other. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/unexpected end of the stream within a .* quoted scalar/, 'found unexpected end of stream'],
  [/tab characters must not be used/, 'found character that cannot start any token'],
  [/bad indentation of a (mapping|sequence) entry/, 'did not find expected key'],
  [
    /end of the stream or a document separator is expected/,
    'did not find expected <document start>',
  ],
  [/can not read a block mapping entry|expected ':' after/, "could not find expected ':'"],
  [/null byte is not allowed|non-printable characters/, 'control characters are not allowed'],
  [/unacceptable YAML version/, 'found incompatible YAML document'],
]

const inFlow = /within a flow collection|deficient indentation|missed comma/

function goReason(error: YAMLException | undefined): string {
  if (!error) return 'file is too large'
  const { reason, mark } = error
  const text = mark?.buffer ?? ''
  const at = mark?.position ?? text.length
  if (inFlow.test(reason)) return `did not find expected ',' or '${closingBracket(text, at)}'`
  if (/bad indentation of a mapping entry/.test(reason)) {
    if (text[at] === ':') return 'mapping values are not allowed in this context'
    if (/[@`%]/.test(text[at] ?? '')) return 'found character that cannot start any token'
  }
  return REASONS.find(([pattern]) => pattern.test(reason))?.[1] ?? reason
}

/** What would close the bracket that is open at `end`. */
function closingBracket(text: string, end: number): ']' | '}' {
  let depth = 0
  for (let at = end - 1; at >= 0; at--) {
    const char = text[at]
    if (char === ']' || char === '}') depth++
    else if (char === '[' || char === '{') {
      if (depth === 0) return char === '[' ? ']' : '}'
      depth--
    }
  }
  return ']'
}
