/** Results as JUnit's XML. */

export interface JunitSuite {
  readonly name: string
  readonly startMs: number
  /** What was wrong with the file itself. */
  readonly errors: readonly string[]
  readonly cases: readonly { readonly name: string; readonly failures: readonly string[] }[]
}

export function printJunit(suites: readonly JunitSuite[]): string {
  return `<testsuites>${suites.map(printSuite).join('')}</testsuites>`
}

function printSuite({ name, startMs, errors, cases }: JunitSuite): string {
  const failures = cases.reduce((count, each) => count + each.failures.length, 0)
  const time = new Date(startMs).toISOString().slice(0, 19)
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors.length}" skipped="0"`
  const aborted = errors.map(
    (error) => `<testcase name=""><error>${escapeXml(error)}</error></testcase>`,
  )
  const shown = cases.map((each) => {
    const texts = each.failures.map((text) => `<failure>${escapeXml(text)}</failure>`)
    return `<testcase name="${escapeXml(each.name)}">${texts.join('')}</testcase>`
  })
  const head = `<testsuite name="${escapeXml(name)}" ${counts} timestamp="${time}">`
  return `${head}${aborted.join('')}${shown.join('')}</testsuite>`
}

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\n': '&#xA;',
  '\r': '&#xD;',
  '\t': '&#x9;',
}

const escapeXml = (text: string) => text.replace(/[&<>"'\n\r\t]/g, (char) => NAMED[char] as string)
