import { defineCommand, defineGroup } from '@prom/flags'
import { printJson } from '@prom/receivers'
import type { Context } from '../context.ts'

const show = defineCommand({
  name: 'show',
  isDefault: true,
  help: 'View cluster status and peers.',
  run: async (_values, context: Context) => {
    const { cluster } = await (await context.api()).status()
    const { stdout } = context.host
    if (context.output === 'json') {
      stdout.write(`${printJson(cluster as never)}\n`)
      return 0
    }
    stdout.write(`Cluster Status:  ${cluster.status}\nNode Name:       ${cluster.name ?? ''}\n`)
    if (context.output === 'extended') {
      const peers = [...(cluster.peers ?? [])].sort((a, b) => (a.address < b.address ? -1 : 1))
      // Compat: the last cell of a row is padded, that of the head is not.
      const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length))
      const first = width(['Address', ...peers.map(({ address }) => address)])
      const second = width(['', ...peers.map(({ name }) => name)])
      const rows = peers.map(
        ({ address, name }) => `${address.padEnd(first)}  ${name.padEnd(second)}  \n`,
      )
      stdout.write(`\n${'Address'.padEnd(first)}  Name\n${rows.join('')}`)
    }
    return 0
  },
})

export const cluster = defineGroup<Context>({
  name: 'cluster',
  help: 'View cluster status and peers.',
  commands: [show],
})
