/** `promtool test rules`. */
import { posix } from 'node:path'
import { AnchoredRegex, RegexError } from '@prom/regex'
import { parseRuleFile, type RuleGroupConfig } from '@prom/rules'
import { loadYaml } from '@prom/yaml'
import { CheckError, globHere } from '../check/check-config.ts'
import { type Context, EXIT_FAILURE, EXIT_OK, promqlOptions } from '../context.ts'
import { decodeText, describeReadError, TextError } from '../read-error.ts'
import { CompiledQueries } from './compiled-queries.ts'
import { Coverage } from './coverage.ts'
import { type JunitSuite, printJunit } from './junit.ts'
import { runTest, type TestFailure } from './run-test.ts'
import { type UnitTestFile, unitTestFile } from './unit-test-file.ts'

const INTERVAL_MS = 60_000

export interface TestRulesValues {
  readonly files: readonly string[]
  /** Regular expressions; tests whose name matches one are run. */
  readonly run: readonly string[]
  readonly isDebugging: boolean
  /** Expected and received beside each other. */
  readonly isDiff: boolean
  /** Says at the end which rules no test looked at. */
  readonly isCoverage: boolean
  readonly ignoreUnknownFields: boolean
  readonly junitPath: string | undefined
}

type Filter = (name: string) => boolean

/** Something is wrong with a file; one text per line of output. */
class FileError extends Error {
  readonly texts: readonly string[]
  /** The rule file that is wrong, if it is one. */
  readonly file: string | undefined

  constructor(texts: readonly string[], file?: string) {
    super(texts.join('\n'))
    this.texts = texts
    this.file = file
  }
}

export async function testRules(values: TestRulesValues, context: Context): Promise<number> {
  const { stdout, stderr, files, cwd } = context.host
  const filter = filterOf(values.run)
  if (typeof filter === 'string') {
    stderr.write(`${filter}\n`)
    return EXIT_FAILURE
  }
  const suites: JunitSuite[] = []
  const coverage = values.isCoverage ? new Coverage(promqlOptions(context)) : undefined
  let exitCode = EXIT_OK
  for (const path of values.files) {
    const { suite, failures } = await testFile(path, { filter, values, coverage }, context)
    suites.push(suite)
    if (failures.length > 0) {
      stderr.write('  FAILED:\n')
      for (const { file = path, text, line } of failures) {
        stderr.write(`${text}\n`)
        stdout.write('\n')
        context.report?.(file, text, { line })
      }
      exitCode = EXIT_FAILURE
    } else stdout.write('  SUCCESS\n')
    stdout.write('\n')
  }
  if (coverage) stdout.write(coverage.print())
  if (values.junitPath !== undefined) {
    files.replaceSync(posix.resolve(cwd, values.junitPath), printJunit(suites))
  }
  return exitCode
}

function filterOf(patterns: readonly string[]): Filter | string {
  try {
    const regexes = patterns.map((pattern) => AnchoredRegex.compile(`.*(?:${pattern}).*`))
    return (name) => regexes.length === 0 || regexes.some((regex) => regex.matches(name))
  } catch (err) {
    if (err instanceof RegexError) return err.message
    throw err
  }
}

/** `file`: where it is not the test file. */
type FileFailure = TestFailure & { readonly file?: string }

interface Run {
  readonly filter: Filter
  readonly values: TestRulesValues
  readonly coverage: Coverage | undefined
}

async function testFile(
  path: string,
  { filter, values, coverage }: Run,
  context: Context,
): Promise<{ readonly suite: JunitSuite; readonly failures: readonly FileFailure[] }> {
  const { clock } = context.host
  const suite = { name: path, startMs: clock.now() }
  try {
    const file = readTestFile(path, context)
    const interval = file.evaluationInterval || INTERVAL_MS
    const found = readGroups(path, file, values, context)
    const groups = orderGroups(found, file.groupEvalOrder)
    const options = {
      parse: promqlOptions(context),
      compiled: new CompiledQueries(promqlOptions(context)),
      hasDelayedNameRemoval: context.features.has('promql-delayed-name-removal'),
      evaluationIntervalMs: interval,
      isFuzzy: file.fuzzyCompare,
      isDebugging: values.isDebugging,
      isDiff: values.isDiff,
      isColored: context.host.stderr.isTerminal,
      groups,
    }
    coverage?.addRules(groups)
    const cases: { name: string; failures: readonly string[] }[] = []
    const all: FileFailure[] = []
    for (const [index, test] of file.tests.entries()) {
      if (!filter(test.name)) continue
      coverage?.addTest(test)
      const name = test.name === '' ? `unnamed#${index}` : test.name
      const failures = await runTest(test, { ...options, name }, context)
      cases.push({ name, failures: failures.map(({ text }) => text) })
      all.push(...failures)
    }
    return { suite: { ...suite, errors: [], cases }, failures: all }
  } catch (err) {
    if (!(err instanceof FileError)) throw err
    const { texts, file } = err
    const failures = texts.map((text) => ({ text, line: 0, ...(file !== undefined && { file }) }))
    return { suite: { ...suite, errors: texts, cases: [] }, failures }
  }
}

function readTestFile(path: string, context: Context): UnitTestFile {
  const loaded = loadYaml(readText(path, context), unitTestFile, path, {
    // Compat: --ignore-unknown-fields is about the rule files.
    ignoreUnknownFields: false,
    empty: unitTestFile.create,
  })
  if ('errors' in loaded) throw new FileError([loaded.message])
  const seen = new Set<string>()
  for (const name of loaded.value.groupEvalOrder) {
    if (seen.has(name)) throw new FileError([`group name repeated in evaluation order: ${name}`])
    seen.add(name)
  }
  return loaded.value
}

interface FoundGroup {
  readonly file: string
  readonly group: RuleGroupConfig
}

function readGroups(
  testPath: string,
  file: UnitTestFile,
  { ignoreUnknownFields }: TestRulesValues,
  context: Context,
): FoundGroup[] {
  const folder = posix.dirname(testPath)
  const groups: FoundGroup[] = []
  const seen = new Set<string>()
  for (const pattern of file.ruleFiles) {
    const full = posix.isAbsolute(pattern) ? pattern : posix.join(folder, pattern)
    const paths = findFiles(full, context)
    if (paths.length === 0) {
      context.host.stderr.write(`  WARNING: no file match pattern ${full}\n`)
    }
    for (const path of paths) {
      // Compat: without a test the files are not read; one that several patterns name is read once.
      if (file.tests.length === 0 || seen.has(path)) continue
      seen.add(path)
      const promql = promqlOptions(context)
      const parsed = parseRuleFile(readText(path, context), path, { promql, ignoreUnknownFields })
      if ('errors' in parsed) {
        throw new FileError(
          parsed.errors.map(({ text }) => `${path}: ${text}`),
          path,
        )
      }
      groups.push(...parsed.file.groups.map((group) => ({ file: path, group })))
    }
  }
  return groups
}

/** Groups that are not named come with the first one that is, as in the original. */
function orderGroups(groups: readonly FoundGroup[], order: readonly string[]): FoundGroup[] {
  const place = new Map(order.map((name, index) => [name, index]))
  const placeOf = ({ group }: FoundGroup) => place.get(group.name) ?? 0
  return groups.toSorted((a, b) => placeOf(a) - placeOf(b))
}

function findFiles(pattern: string, context: Context): readonly string[] {
  try {
    return globHere(pattern, context)
  } catch (err) {
    throw err instanceof CheckError ? new FileError([err.message]) : err
  }
}

function readText(path: string, { host }: Context): string {
  try {
    return decodeText(host.files.readSync(posix.resolve(host.cwd, path)))
  } catch (err) {
    throw new FileError([err instanceof TextError ? err.message : describeReadError(err, path)])
  }
}
