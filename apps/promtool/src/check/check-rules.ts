/** `promtool check rules`. */
import { posix } from 'node:path'
import { parseRuleFile, type RuleFileConfig, type RuleFileError } from '@prom/rules'
import {
  type Context,
  EXIT_FAILURE,
  EXIT_LINT,
  EXIT_OK,
  promqlOptions,
  type ReportOptions,
} from '../context.ts'
import { decodeText, describeReadError, TextError } from '../read-error.ts'
import { findDuplicates } from './duplicate-rules.ts'
import { readLint } from './lint-options.ts'

export interface CheckRulesValues {
  readonly files: readonly string[]
  readonly lint: string
  readonly isLintFatal: boolean
  readonly ignoreUnknownFields: boolean
}

/** What checking some files came to. */
export interface RulesVerdict {
  /** Anything was found, lint included. */
  readonly isFailed: boolean
  /** More than lint was found. */
  readonly hasErrors: boolean
}

export interface RulesCheck {
  readonly findsDuplicates: boolean
  readonly ignoreUnknownFields: boolean
}

export async function checkRules(values: CheckRulesValues, context: Context): Promise<number> {
  const { host } = context
  const { options, warnings } = readLint(values.lint)
  for (const warning of warnings) host.stdout.write(warning)
  const check = {
    findsDuplicates: options.has('duplicate-rules'),
    ignoreUnknownFields: values.ignoreUnknownFields,
  }
  const verdict =
    values.files.length > 0
      ? checkRuleFiles(values.files, check, context)
      : await checkStandardInput(check, context)
  if (verdict.hasErrors) return EXIT_FAILURE
  return verdict.isFailed && values.isLintFatal ? EXIT_LINT : EXIT_OK
}

/** Checks each file and prints what was found. */
export function checkRuleFiles(
  paths: readonly string[],
  check: RulesCheck,
  context: Context,
): RulesVerdict {
  const { files, cwd, stdout } = context.host
  let isFailed = false
  let hasErrors = false
  for (const path of paths) {
    stdout.write(`Checking ${path}\n`)
    let text: string
    try {
      text = decodeText(files.readSync(posix.resolve(cwd, path)))
    } catch (err) {
      reportErrors([`${path}: ${describeReadError(err, path)}`], path, context)
      isFailed = hasErrors = true
      continue
    }
    const verdict = checkText(text, path, check, context)
    isFailed ||= verdict.isFailed
    hasErrors ||= verdict.hasErrors
  }
  return { isFailed, hasErrors }
}

async function checkStandardInput(check: RulesCheck, context: Context): Promise<RulesVerdict> {
  const { host } = context
  host.stdout.write('Checking standard input\n')
  try {
    return checkText(decodeText(await host.stdin()), '', check, context)
  } catch (err) {
    if (!(err instanceof TextError)) throw err
    reportErrors([err.message], '', context)
    return { isFailed: true, hasErrors: true }
  }
}

/** `path` is empty for standard input, whose errors have no file name in front. */
function checkText(text: string, path: string, check: RulesCheck, context: Context): RulesVerdict {
  const { stdout } = context.host
  const parsed = parseRuleFile(text, path, {
    promql: promqlOptions(context),
    ignoreUnknownFields: check.ignoreUnknownFields,
  })
  if ('errors' in parsed) {
    reportErrors(
      parsed.errors.map((error) => withPlace(error, path)),
      path,
      context,
    )
    return { isFailed: true, hasErrors: true }
  }
  const duplicates = check.findsDuplicates ? findDuplicates(parsed.file) : undefined
  if (duplicates === undefined) stdout.write(`  SUCCESS: ${ruleCount(parsed.file)} rules found\n`)
  else
    reportErrors([duplicates.text], path, context, { severity: 'warning', line: duplicates.line })
  stdout.write('\n')
  return { isFailed: duplicates !== undefined, hasErrors: false }
}

/** The line, where the original's text has none. */
function withPlace({ line, column, text }: RuleFileError, path: string): string {
  const prefix = path === '' ? '' : `${path}: `
  const isPlaced = line === 0 || /^[1-9]\d*:\d+: |\bline \d+/.test(text)
  if (isPlaced) return `${prefix}${text}`
  return `${prefix}${text} (line ${line}${column > 0 ? `:${column}` : ''})`
}

function reportErrors(
  errors: readonly string[],
  path: string,
  { host, report }: Context,
  more: ReportOptions = {},
): void {
  host.stderr.write('  FAILED:\n')
  for (const error of errors) {
    host.stderr.write(`${error}\n`)
    report?.(path, error, more)
  }
}

const ruleCount = (file: RuleFileConfig) =>
  file.groups.reduce((count, group) => count + group.rules.length, 0)
