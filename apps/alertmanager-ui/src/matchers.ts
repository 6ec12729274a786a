/** Matchers as text: `{name="value", x=~"y"}`, names without spaces and braces, values as JSON strings. */
export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

const one =
  /^\s*([^\s{}!=~,\\"'`]+|"(?:[^"\\]|\\.)*")\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^\s",{}]+)\s*/

/** Undefined when the text is no list of matchers. Braces may be left out. */
export function parseMatchers(text: string): Matcher[] | undefined {
  let rest = text.trim().replace(/^\{/, '').replace(/\}$/, '')
  const matchers: Matcher[] = []
  while (rest.trim() !== '') {
    const match = one.exec(rest)
    if (!match) return undefined
    const [whole, name = '', operator = '=', value = ''] = match
    try {
      matchers.push({
        name: name.startsWith('"') ? (JSON.parse(name) as string) : name,
        value: value.startsWith('"') ? (JSON.parse(value) as string) : value,
        isRegex: operator.endsWith('~'),
        isEqual: operator.startsWith('='),
      })
    } catch {
      return undefined
    }
    rest = rest.slice(whole.length)
    if (rest.startsWith(',')) rest = rest.slice(1)
    else if (rest !== '') return undefined
  }
  return matchers
}

export function printMatcher({ name, value, isRegex, isEqual }: Matcher): string {
  const operator = `${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}`
  const printed = /^[^\s{}!=~,\\"'`]+$/.test(name) ? name : JSON.stringify(name)
  return `${printed}${operator}${JSON.stringify(value)}`
}

export function printMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`
}

export function equalities(labels: Readonly<Record<string, string>>): Matcher[] {
  return Object.entries(labels).map(([name, value]) => ({
    name,
    value,
    isRegex: false,
    isEqual: true,
  }))
}
