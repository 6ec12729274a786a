import type { Resolver } from '../host.ts'

/** The machine's own DNS. */
export function createResolver(): Resolver {
  const { Resolver: NodeResolver } = process.getBuiltinModule('node:dns/promises')
  const dns = new NodeResolver({ timeout: 5_000, tries: 2 })
  return {
    srv: (name) => orNone(dns.resolveSrv(name)),
    mx: async (name) => (await orNone(dns.resolveMx(name))).map(({ exchange }) => exchange),
    ns: (name) => orNone(dns.resolveNs(name)),
    a: (name) => orNone(dns.resolve4(name)),
    aaaa: (name) => orNone(dns.resolve6(name)),
  }
}

/** That a name has no such record, or is not there at all, is an answer. */
async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code === 'ENODATA' || code === 'ENOTFOUND') return []
    throw err
  }
}
