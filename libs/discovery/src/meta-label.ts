/** A name as part of a label name: what a label may not have becomes `_`. */
export function sanitizeLabel(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_')
}

/** Pairs of `values` as labels with names under `prefix`. */
export function labelsUnder(
  prefix: string,
  values: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(values ?? {})) {
    labels[prefix + sanitizeLabel(name)] = String(value)
  }
  return labels
}

/** Values with the separator around each: `,a,b,`. Empty for none. */
export function joinAround(
  values: readonly string[] | null | undefined,
  separator: string,
): string {
  return values && values.length > 0 ? `${separator}${values.join(separator)}${separator}` : ''
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `true` for each name there is. */
export function presentUnder(
  prefix: string,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return labelsUnder(prefix, Object.fromEntries(Object.keys(values).map((name) => [name, 'true'])))
}
