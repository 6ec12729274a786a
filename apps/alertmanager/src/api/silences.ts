/** /api/v2/silences and /api/v2/silence/{id}. */
import {
  type MatcherParser,
  type Silence,
  type SilenceMatcher,
  SilenceNotFoundError,
  SilenceRefusedError,
  type Silences,
  silenceState,
} from '@prom/alerting'
import type { Matcher, MatchType } from '@prom/labels'
import type { Json } from '@prom/receivers'
import type { Clock } from '@prom/runtime'
import { type ApiAnswer, type ApiCall, ApiError, type Endpoint } from './api.ts'
import {
  fieldNames,
  fieldsOf,
  flagOf,
  type JsonObject,
  labelMap,
  misfit,
  optionalString,
  optionalTime,
  printApiTime,
  required,
} from './decode.ts'
import { parseMatchers } from './filters.ts'

export interface SilencesDeps {
  readonly clock: Clock
  readonly parser: MatcherParser
  readonly silences: Silences
}

export function silencesEndpoints(deps: SilencesDeps): Endpoint[] {
  return [
    {
      path: '/silences',
      bodyName: 'silence',
      get: (call) => list(call, deps),
      post: (call) => post(call, deps),
    },
    {
      path: '/silence/{id}',
      get: ({ id, log }) => {
        const silence = deps.silences.get(id)
        if (!silence) {
          log.error('Failed to find silence', { err: '<nil>', id })
          return { status: 404 }
        }
        return { status: 200, body: silenceJson(silence, deps.clock.now()) }
      },
      delete: (call) => expire(call, deps),
    },
  ]
}

const STATES = ['active', 'pending', 'expired'] as const

function list({ query }: ApiCall, { clock, parser, silences }: SilencesDeps): ApiAnswer {
  const filters = parseMatchers(query, parser)
  const atMs = clock.now()
  const found = [...silences.all()].filter((silence) =>
    filters.every((filter) => hasMatcher(silence, filter)),
  )
  const body: Json[] = []
  for (const state of STATES) {
    if (!flagOf(query, state, true)) continue
    const ofState = found.filter((silence) => silenceState(silence, atMs) === state)
    if (state === 'pending') ofState.sort((a, b) => a.startsAtMs - b.startsAtMs)
    else ofState.sort((a, b) => (a.endsAtMs - b.endsAtMs) * (state === 'expired' ? -1 : 1))
    body.push(...ofState.map((silence) => silenceJson(silence, atMs)))
  }
  return { status: 200, body }
}

function hasMatcher({ matcherSets }: Silence, { type, name, value }: Matcher): boolean {
  return matcherSets.some((set) =>
    set.some((m) => m.type === type && m.name === name && m.pattern === value),
  )
}

export function silenceJson(silence: Silence, atMs: number): Json {
  return {
    id: silence.id,
    status: { state: silenceState(silence, atMs) },
    updatedAt: printApiTime(silence.updatedAtMs),
    annotations: silence.annotations.size === 0 ? undefined : silence.annotations,
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: printApiTime(silence.endsAtMs),
    matchers: (silence.matcherSets[0] ?? []).map(({ type, name, pattern }) => ({
      isEqual: type === '=' || type === '=~',
      isRegex: type === '=~' || type === '!~',
      name,
      value: pattern,
    })),
    startsAt: printApiTime(silence.startsAtMs),
  }
}

function post({ body, log }: ApiCall, { clock, silences }: SilencesDeps): ApiAnswer {
  const input = decodeSilence(body)
  const [starts_at, ends_at] = [input.startsAtMs, input.endsAtMs].map(printApiTime)
  const refuse = (text: string, times: Readonly<Record<string, string | undefined>>) => {
    const message = `Failed to create silence: ${text}`
    log.error(message, times)
    return new ApiError(400, message)
  }
  if (input.startsAtMs >= input.endsAtMs)
    throw refuse('start time must be before end time', { starts_at, ends_at })
  if (input.endsAtMs < clock.now()) throw refuse("end time can't be in the past", { ends_at })
  try {
    return { status: 200, body: { silenceID: silences.set(input) } }
  } catch (err) {
    log.error('Failed to create silence', { err })
    if (err instanceof SilenceNotFoundError) throw new ApiError(404, err.message)
    if (err instanceof SilenceRefusedError) throw new ApiError(400, err.message)
    throw new ApiError(500, (err as Error).message)
  }
}

function expire({ id, log }: ApiCall, { silences }: SilencesDeps): ApiAnswer {
  try {
    silences.expire(id)
    return { status: 200 }
  } catch (err) {
    log.error('Failed to expire silence', { err })
    if (err instanceof SilenceNotFoundError) return { status: 404 }
    throw new ApiError(500, (err as Error).message)
  }
}

const FIELDS = fieldNames(
  'id',
  'matchers',
  'startsAt',
  'endsAt',
  'createdBy',
  'comment',
  'annotations',
)
const MATCHER_FIELDS = fieldNames('name', 'value', 'isRegex', 'isEqual')

function decodeSilence(body: unknown) {
  const name = 'silence'
  if (body === undefined) throw required(name)
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw misfit(name, body, 'Go value of type struct { ID string "json:\\"id,omitempty\\"" }')
  }
  const source = fieldsOf((body ?? {}) as JsonObject, FIELDS)
  const text = (key: string, type = 'Silence') => optionalString(source, key, { body: name, type })
  const id = text('id', '') ?? ''
  const annotations = labelMap(source.annotations, { body: name, field: 'Silence.annotations' })
  const comment = text('comment')
  const createdBy = text('createdBy')
  const endsAtMs = optionalTime(source, 'endsAt', name)
  const startsAtMs = optionalTime(source, 'startsAt', name)
  const matchers = decodeMatchers(source.matchers)
  if (comment === undefined) throw required('comment')
  if (createdBy === undefined) throw required('createdBy')
  if (endsAtMs === undefined) throw required('endsAt')
  if (matchers === undefined) throw required('matchers')
  if (matchers.length === 0) {
    throw ApiError.coded(422, 'matchers in body should have at least 1 items', 612)
  }
  const set = matchers.map(checkMatcher)
  if (startsAtMs === undefined) throw required('startsAt')
  return {
    id,
    matcherSets: [set],
    startsAtMs,
    endsAtMs,
    createdBy,
    comment,
    annotations: annotations ?? new Map<string, string>(),
  }
}

interface PostedMatcher {
  readonly isEqual: boolean
  readonly isRegex: boolean | undefined
  readonly name: string | undefined
  readonly value: string | undefined
}

function decodeMatchers(value: unknown): PostedMatcher[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) {
    throw misfit('silence', value, 'Go struct field Silence.matchers of type models.Matchers')
  }
  return value.map((item: unknown, i) => {
    if (typeof item !== 'object' || Array.isArray(item)) {
      throw misfit('silence', item, `Silence.matchers.${i} of type models.Matcher`)
    }
    const source = fieldsOf((item ?? {}) as JsonObject, MATCHER_FIELDS)
    const bool = (key: string) => {
      const flag = source[key]
      if (flag === undefined || flag === null || typeof flag === 'boolean') return flag ?? undefined
      throw misfit('silence', flag, `Go struct field Silence.matchers.${i}.${key} of type bool`)
    }
    const text = (key: string) =>
      optionalString(source, key, { body: 'silence', type: `Silence.matchers.${i}` })
    return {
      isEqual: bool('isEqual') ?? true,
      isRegex: bool('isRegex'),
      name: text('name'),
      value: text('value'),
    }
  })
}

function checkMatcher({ isEqual, isRegex, name, value }: PostedMatcher, i: number): SilenceMatcher {
  if (isRegex === undefined) throw required(`matchers.${i}.isRegex`)
  if (name === undefined) throw required(`matchers.${i}.name`)
  if (value === undefined) throw required(`matchers.${i}.value`)
  const type: MatchType = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!='
  return { type, name, pattern: value }
}
