/** What both lists of alerts are filtered by. */
import type { MatcherParser } from '@prom/alerting'
import type { Labels, Matcher } from '@prom/labels'
import { AnchoredRegex } from '@prom/regex'
import { ApiError } from './api.ts'
import { flagOf } from './decode.ts'

export interface AlertFilter {
  readonly active: boolean
  readonly silenced: boolean
  readonly inhibited: boolean
  readonly muted: boolean
  readonly matchers: readonly Matcher[]
  readonly receiver: AnchoredRegex | undefined
  /** What the labels of a receiver must match, `name` among them. */
  readonly receiverMatchers: readonly Matcher[]
}

/** `onBadReceiver` hears why the pattern for receivers does not compile, before this throws. */
export function parseFilter(
  query: URLSearchParams,
  parser: MatcherParser,
  onBadReceiver: (err: string) => void = () => {},
): AlertFilter {
  const matchers = parseMatchers(query, parser)
  const receiver = query.get('receiver')
  return {
    active: flagOf(query, 'active', true),
    silenced: flagOf(query, 'silenced', true),
    inhibited: flagOf(query, 'inhibited', true),
    muted: flagOf(query, 'muted', true),
    matchers,
    receiver: receiver === null ? undefined : compile(receiver, onBadReceiver),
    receiverMatchers: parseMatchers(query, parser, 'receiver_matchers'),
  }
}

/** The names of the receivers that a filter lets pass; undefined when it lets all of them. */
export function wantedReceivers(
  { receiver, receiverMatchers }: Pick<AlertFilter, 'receiver' | 'receiverMatchers'>,
  receivers: readonly ReceiverLabels[],
): ReadonlySet<string> | undefined {
  if (!receiver && receiverMatchers.length === 0) return undefined
  const wanted = receivers.filter(
    ({ name, labels }) =>
      (receiver?.matches(name) ?? true) &&
      receiverMatchers.every((matcher) => matcher.matches(labels.get(matcher.name) ?? '')),
  )
  return new Set(wanted.map(({ name }) => name))
}

interface ReceiverLabels {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
}

export function parseMatchers(
  query: URLSearchParams,
  parser: MatcherParser,
  parameter = 'filter',
): Matcher[] {
  return query.getAll(parameter).map((text) => {
    try {
      return parser.parseOne(text, 'api')
    } catch (err) {
      const { message } = err as Error
      const place = parameter === 'filter' ? '' : `failed to parse ${parameter} param: `
      throw new ApiError(400, `${place}${message}`)
    }
  })
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name)))
}

function compile(pattern: string, onBad: (err: string) => void): AnchoredRegex {
  try {
    return AnchoredRegex.compile(`(?:${pattern})`)
  } catch (err) {
    // The original quotes the pattern as it compiles it, anchors included.
    const { message } = err as Error
    const place = message.indexOf('`')
    const why = place < 0 ? message : `${message.slice(0, place)}\`^(?:${pattern})$\``
    onBad(why)
    throw new ApiError(400, `failed to parse receiver param: ${why}`)
  }
}
