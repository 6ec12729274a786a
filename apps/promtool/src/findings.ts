/** What checks found, for machines: as JSON, or as annotations of GitHub's workflows. */
import type { Context } from './context.ts'

export type FindingFormat = 'text' | 'json' | 'github'

export interface Finding {
  /** As named on the command line; empty for standard input. */
  readonly file: string
  /** From 1; 0 when unknown. */
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  readonly message: string
}

/** Runs a command as it is, or silently with its findings printed at the end. The exit code is the same. */
export async function withFormat(
  format: FindingFormat,
  context: Context,
  run: (context: Context) => Promise<number>,
): Promise<number> {
  if (format === 'text') return run(context)
  const { host } = context
  const findings: Finding[] = []
  const mute = { isTerminal: false, write: () => {} }
  const exitCode = await run({
    ...context,
    host: { ...host, stdout: mute, stderr: mute },
    report: (file, text, { severity = 'error', line = 0 } = {}) => {
      // Places in such a text are those of an expression.
      if (line > 0) findings.push({ file, line, column: 0, severity, message: text })
      else findings.push(...readFindings(file, text, severity))
    },
  })
  host.stdout.write(format === 'json' ? printJson(findings, exitCode) : printGithub(findings))
  return exitCode
}

const OWN_PLACE = /^(?<place>\d+:\d+: )(?:\d+:\d+: )?/
const LINE = /\bline (?<line>\d+)(?::(?<column>\d+))?/

/** One finding, or one for each line of a YAML error that lists several. */
export function readFindings(
  file: string,
  text: string,
  severity: Finding['severity'],
): readonly Finding[] {
  const plain = file !== '' && text.startsWith(`${file}: `) ? text.slice(file.length + 2) : text
  const [head = '', ...more] = plain.split('\n')
  const listed = more.filter((line) => /^ {2}line \d+: /.test(line))
  if (listed.length > 0) {
    return listed.map((line) => ({ file, ...placeOf(line), severity, message: afterPlace(line) }))
  }
  const placed = OWN_PLACE.exec(head)?.groups?.place
  if (placed === undefined) return [{ file, ...placeOf(head), severity, message: plain }]
  const [line = 0, column = 0] = placed.split(':').map(Number)
  return [{ file, line, column, severity, message: plain.replace(OWN_PLACE, '') }]
}

function placeOf(text: string): { readonly line: number; readonly column: number } {
  const groups = LINE.exec(text)?.groups
  return { line: Number(groups?.line ?? 0), column: Number(groups?.column ?? 0) }
}

const afterPlace = (line: string) => line.replace(/^ {2}line \d+: /, '')

function printJson(findings: readonly Finding[], exitCode: number): string {
  return `${JSON.stringify({ success: exitCode === 0, findings }, undefined, 2)}\n`
}

function printGithub(findings: readonly Finding[]): string {
  return findings
    .map(({ file, line, column, severity, message }) => {
      const places = [
        ...(file === '' ? [] : [`file=${escapeProperty(file)}`]),
        ...(line > 0 ? [`line=${line}`] : []),
        ...(line > 0 && column > 0 ? [`col=${column}`] : []),
      ]
      const head = places.length > 0 ? `${severity} ${places.join(',')}` : severity
      return `::${head}::${escapeMessage(message)}\n`
    })
    .join('')
}

const escapeMessage = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const escapeProperty = (text: string) =>
  escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
