/** `amtool silence ...`: the group and its table. */
import { defineGroup } from '@prom/flags'
import type { Context } from '../context.ts'
import { silenceAdd } from './silence-add.ts'
import { silenceExpire } from './silence-expire.ts'
import { silenceImport } from './silence-import.ts'
import { silenceQuery } from './silence-query.ts'
import { silenceUpdate } from './silence-update.ts'

export const silence = defineGroup<Context>({
  name: 'silence',
  help: 'Add, expire or view silences. For more information and additional flags see query help',
  commands: [silenceAdd, silenceExpire, silenceImport, silenceQuery, silenceUpdate],
})
