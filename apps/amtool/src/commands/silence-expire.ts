import { defineCommand, listArgument, text } from '@prom/flags'
import { CommandError, type Context } from '../context.ts'

export const silenceExpire = defineCommand({
  name: 'expire',
  help: 'expire an alertmanager silence',
  args: { ids: listArgument('silence-ids', text, { help: 'Ids of silences to expire' }) },
  run: async ({ ids }, context: Context) => {
    if (ids.length === 0) throw new CommandError('no silence IDs specified')
    const api = await context.api()
    for (const id of ids) await api.expireSilence(id)
    return 0
  },
})
