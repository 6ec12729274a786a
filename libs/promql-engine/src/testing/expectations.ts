import { parseDuration, parseFloatGo } from '@prom/model'
import { parseSequence, parseSeriesName, type SequenceItem, unquote } from '@prom/promql-syntax'
import type { EvalCommand } from './script.ts'

/** One `expect` line about errors, warnings or infos. */
export interface TextExpectation {
  readonly kind: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info'
  readonly exact: string | undefined
  readonly pattern: RegExp | undefined
}

export interface ExpectedSeries {
  readonly key: string
  readonly shown: string
  readonly items: readonly SequenceItem[]
}

/** What an eval block says its query gives. */
export interface Expectations {
  readonly texts: readonly TextExpectation[]
  readonly isOrdered: boolean
  readonly string: string | undefined
  readonly scalar: number | undefined
  /** Times of result items, for `expect range vector`. */
  readonly rangeVector: { readonly startMs: number; readonly stepMs: number } | undefined
  readonly series: readonly ExpectedSeries[]
}

/** Reads the lines below an eval command. Throws an Error for a line that makes no sense. */
export function parseExpectations(command: EvalCommand): Expectations {
  const texts: TextExpectation[] = oldSpelling(command.mode)
  const series: ExpectedSeries[] = []
  let isOrdered = command.mode === 'eval_ordered'
  let text: string | undefined
  let scalar: number | undefined
  let rangeVector: Expectations['rangeVector']
  for (const line of command.lines) {
    const expected = /^expect\s+(\S+)\s*(.*)$/.exec(line)
    const failure = /^expected_fail_(message|regexp)\s+(.*)$/.exec(line)
    if (failure) {
      texts.splice(
        0,
        texts.length,
        textExpectation('fail', failure[1] === 'message' ? 'msg' : 'regex', failure[2] as string),
      )
    } else if (!expected) {
      const number = /^\S+$/.test(line) ? (parseFloatGo(line) ?? hexInteger(line)) : undefined
      if (number !== undefined) scalar = number
      else series.push(parseExpectedSeries(line))
    } else if (expected[1] === 'ordered') isOrdered = true
    else if (expected[1] === 'string') text = unquote(expected[2] as string)
    else if (expected[1] === 'range') rangeVector = parseRangeVector(expected[2] as string)
    else {
      const detail = /^(msg|regex):\s*(.*)$/.exec(expected[2] as string)
      texts.push(textExpectation(expected[1] as TextExpectation['kind'], detail?.[1], detail?.[2]))
    }
  }
  return { texts, isOrdered, string: text, scalar, rangeVector, series }
}

function oldSpelling(mode: string): TextExpectation[] {
  const kind = mode.slice('eval_'.length)
  return kind === 'fail' || kind === 'warn' || kind === 'info' ? [textExpectation(kind)] : []
}

function textExpectation(
  kind: TextExpectation['kind'],
  how?: string,
  text?: string,
): TextExpectation {
  return {
    kind,
    exact: how === 'msg' ? text : undefined,
    pattern: how === 'regex' ? new RegExp(text as string) : undefined,
  }
}

const hexInteger = (text: string) => (/^[+-]?0x[0-9a-f]+$/i.test(text) ? Number(text) : undefined)

function parseRangeVector(text: string): Expectations['rangeVector'] {
  const match = /^vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(text)
  if (!match) throw new Error(`bad range vector expectation: ${text}`)
  const ms = (word: string | undefined) => {
    const parsed = parseDuration(word ?? '')
    if ('error' in parsed) throw new Error(parsed.error)
    return parsed.ms
  }
  return { startMs: ms(match[1]), stepMs: ms(match[3]) }
}

function parseExpectedSeries(line: string): ExpectedSeries {
  const { labels, length } = parseSeriesName(line)
  return { key: labels.key(), shown: labels.toString(), items: parseSequence(line.slice(length)) }
}
