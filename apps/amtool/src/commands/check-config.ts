import { dirname } from 'node:path'
import { parseAlertmanagerConfig, readTemplates } from '@prom/alertmanager-config'
import { defineCommand, listArgument, text } from '@prom/flags'
import { NotificationTemplates } from '@prom/receivers'
import { CommandError, type Context } from '../context.ts'

export const checkConfig = defineCommand({
  name: 'check-config',
  help: 'Will validate the syntax and schema for alertmanager config file and associated templates. Non existing templates will not trigger errors.',
  args: { files: listArgument('check-files', text, { help: 'Files to be validated' }) },
  run: async ({ files }, context: Context) => {
    const { host } = context
    for (const file of files) {
      if (file !== '-' && !host.files.statSync(file)) {
        throw new CommandError(`path '${file}' does not exist`)
      }
    }
    const names = files.length > 0 ? files : ['-']
    let failed = 0
    for (const name of names) {
      const content = name === '-' ? await readInput(context, files) : host.files.readTextSync(name)
      if (!check(name, content, context)) failed++
    }
    if (failed > 0) throw new CommandError(`failed to validate ${failed} file(s)`)
    return 0
  },
})

/** Nothing to read and nothing named: the command line is not what was meant. */
async function readInput({ host }: Context, named: readonly string[]): Promise<string> {
  const bytes = await host.stdin()
  if (bytes.length === 0 && named.length === 0) {
    throw new CommandError('Failed to read from standard input', '\n')
  }
  return new TextDecoder().decode(bytes)
}

function check(name: string, content: string, { host, parser }: Context): boolean {
  const { stdout, files } = host
  stdout.write(`Checking '${name}'`)
  const directory = name === '-' ? '.' : dirname(name)
  const loaded = parseAlertmanagerConfig(content, { file: name, directory, parser })
  if ('error' in loaded) {
    stdout.write(`  FAILED: ${loaded.error}\n\n`)
    return false
  }
  const { config } = loaded
  stdout.write(
    `  SUCCESS\nFound:\n - global config\n - route\n` +
      ` - ${config.inhibitRules.length} inhibit rules\n` +
      ` - ${config.receivers.length} receivers\n` +
      ` - ${config.templates.length} templates\n`,
  )
  let isRight = true
  if (config.templates.length > 0) {
    try {
      const sources = readTemplates(files, config.templates)
      new NotificationTemplates(sources, { externalUrl: '', now: () => host.clock.now() })
      stdout.write('  SUCCESS\n')
    } catch (err) {
      stdout.write(`  FAILED: ${(err as Error).message}\n`)
      isRight = false
    }
  }
  stdout.write('\n')
  return isRight
}
