/** Rule files of Prometheus 1.x are refused with the YAML they would be today. */

const alertPattern =
  /^ALERT\s+([\w:]+)\s+IF\s+([\s\S]+?)(?:\s+FOR\s+(\w+))?(?:\s+LABELS\s+(\{[^}]*\}))?(?:\s+ANNOTATIONS\s+(\{[\s\S]*\}))?\s*$/
const recordPattern = /^([a-zA-Z_:][\w:]*)(\{[^}]*\})?\s*=(?![=~])\s*([\s\S]+)$/
const pairPattern = /(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/g

/** More than this is not looked at. */
const TEXT_MAX = 1024 * 1024

/** The file in today's syntax, or undefined if `text` is not in the old one. */
export function oldRuleFile(text: string): string | undefined {
  if (text.length > TEXT_MAX) return undefined
  const statements = splitStatements(text)
  if (statements.length === 0) return undefined
  const rules: string[] = []
  for (const statement of statements) {
    const rule = alertRule(statement) ?? recordRule(statement)
    if (rule === undefined) return undefined
    rules.push(rule)
  }
  return `groups:\n- name: rules\n  rules:\n${rules.join('')}`
}

/** A statement starts in the first column with ALERT or `name =`. */
function splitStatements(text: string): string[] {
  const statements: string[] = []
  for (const line of text.split('\n')) {
    const plain = line.replace(/^\s*#.*$/, '')
    if (plain.trim() === '') continue
    const isStart = /^(ALERT\s|[a-zA-Z_:][\w:]*(\{[^}]*\})?\s*=(?![=~]))/.test(plain)
    if (isStart || statements.length === 0) statements.push(plain.trim())
    else statements[statements.length - 1] += `\n${plain.trim()}`
  }
  return statements
}

function alertRule(statement: string): string | undefined {
  const match = alertPattern.exec(statement)
  if (!match) return undefined
  const [, name, expr, wait, labels, annotations] = match
  let text = `  - alert: ${name}\n    expr: ${inOneLine(expr!)}\n`
  if (wait) text += `    for: ${wait}\n`
  return text + pairs('labels', labels) + pairs('annotations', annotations)
}

function recordRule(statement: string): string | undefined {
  const match = recordPattern.exec(statement)
  if (!match) return undefined
  const [, name, labels, expr] = match
  return `  - record: ${name}\n    expr: ${inOneLine(expr!)}\n${pairs('labels', labels)}`
}

const inOneLine = (expr: string) => JSON.stringify(expr.replace(/\s*\n\s*/g, ' ').trim())

function pairs(key: string, braces: string | undefined): string {
  if (braces === undefined) return ''
  const lines = [...braces.matchAll(pairPattern)].map(([, name, quoted]) => {
    const value = quoted!.startsWith("'") ? JSON.stringify(quoted!.slice(1, -1)) : quoted!
    return `      ${name}: ${value}\n`
  })
  return lines.length === 0 ? '' : `    ${key}:\n${lines.join('')}`
}
