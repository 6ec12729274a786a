/** `$VAR` and `${VAR}` in values of external labels, as Go's os.Expand takes them; `$$` is one dollar. */

type Environment = Readonly<Record<string, string | undefined>>

/** A variable that is not set becomes nothing, with a warning. */
export function expandVariables(
  labels: ReadonlyMap<string, string>,
  env: Environment,
): { readonly labels: ReadonlyMap<string, string>; readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const expanded = new Map<string, string>()
  for (const [name, value] of labels) {
    const text = expand(value, env, warnings)
    if (text !== '') expanded.set(name, text)
  }
  return { labels: expanded, warnings }
}

/** `${`, a name or one special character; `${}` and an unclosed brace are eaten. */
const pattern = /\$(?:\{([^}]*)\}|\{|([*#$@!?\-0-9])|([A-Za-z_]\w*))/g

function expand(text: string, env: Environment, warnings: string[]): string {
  return text.replace(pattern, (_whole, braced?: string, special?: string, plain?: string) => {
    const name = braced ?? special ?? plain ?? ''
    if (name === '') return ''
    if (name === '$') return '$'
    const value = env[name]
    if (value) return value
    warnings.push(`Empty environment variable ${name}`)
    return ''
  })
}
