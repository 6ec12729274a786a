import { parseDuration } from '@prom/model'

/** One `load` or `load_with_nhcb` block. */
export interface LoadCommand {
  readonly kind: 'load'
  readonly line: number
  readonly stepMs: number
  readonly withNhcb: boolean
  readonly lines: readonly string[]
}

/** One `eval` block. */
export interface EvalCommand {
  readonly kind: 'eval'
  readonly line: number
  readonly query: string
  readonly isInstant: boolean
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  /** An old spelling: eval_fail, eval_warn, eval_info, eval_ordered. */
  readonly mode: string
  readonly lines: readonly string[]
}

export type Command = LoadCommand | EvalCommand | { readonly kind: 'clear'; readonly line: number }

/** Cuts a file of the test language into commands. Throws an Error with the line of what is wrong. */
export function parseScript(text: string): Command[] {
  const lines = text.split('\n').map((line) => {
    const trimmed = line.replace(/^[ \t]+|[ \t\r]+$/g, '')
    return trimmed.startsWith('#') ? '' : trimmed
  })
  const commands: Command[] = []
  for (let at = 0; at < lines.length; at++) {
    const head = lines[at] as string
    if (head === '') continue
    const line = at + 1
    const word = head.split(/\s/, 1)[0]?.toLowerCase() ?? ''
    if (word === 'clear') {
      commands.push({ kind: 'clear', line })
      continue
    }
    const block: string[] = []
    while (at + 1 < lines.length && lines[at + 1] !== '') block.push(lines[++at] as string)
    if (word.startsWith('load')) commands.push(parseLoad(head, line, block))
    else if (word.startsWith('eval')) commands.push(parseEval(head, line, block))
    else throw new Error(`line ${line}: unknown command ${word}`)
  }
  return commands
}

function durationMs(text: string, line: number): number {
  const parsed = parseDuration(text)
  if ('error' in parsed) throw new Error(`line ${line}: ${parsed.error}`)
  return parsed.ms
}

function parseLoad(head: string, line: number, lines: string[]): LoadCommand {
  const match = /^load(_with_nhcb)?\s+(\S+)$/i.exec(head)
  if (!match) throw new Error(`line ${line}: bad load command`)
  const stepMs = durationMs(match[2] as string, line)
  return { kind: 'load', line, stepMs, withNhcb: match[1] !== undefined, lines }
}

function parseEval(head: string, line: number, lines: string[]): EvalCommand {
  const instant = /^(eval\w*)\s+instant\s+(?:at\s+(\S+))\s+(.+)$/i.exec(head)
  if (instant) {
    const [, mode, at, query] = instant as unknown as [string, string, string, string]
    const timeMs = durationMs(at, line)
    const range = { startMs: timeMs, endMs: timeMs, stepMs: 0 }
    return { kind: 'eval', line, query, isInstant: true, ...range, mode: mode.toLowerCase(), lines }
  }
  const range = /^(eval\w*)\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(\S+)\s+(.+)$/i.exec(head)
  if (!range) throw new Error(`line ${line}: bad eval command`)
  const [, mode, from, to, step, query] = range as unknown as string[]
  return {
    kind: 'eval',
    line,
    query: query as string,
    isInstant: false,
    startMs: durationMs((from as string).trim(), line),
    endMs: durationMs((to as string).trim(), line),
    stepMs: durationMs(step as string, line),
    mode: (mode as string).toLowerCase(),
    lines,
  }
}
