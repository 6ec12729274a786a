/** All commands, in the order the help lists them. */
import { alert } from './commands/alert.ts'
import { checkConfig } from './commands/check-config.ts'
import { cluster } from './commands/cluster.ts'
import { config } from './commands/config.ts'
import { history } from './commands/history.ts'
import { receiver } from './commands/receiver.ts'
import { silence } from './commands/silence.ts'
import { template } from './commands/template.ts'

export const commands = [alert, silence, checkConfig, cluster, config, template, receiver, history]
