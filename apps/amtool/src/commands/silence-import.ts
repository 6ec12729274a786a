import { argument, defineCommand, flag, integer, switchFlag, text } from '@prom/flags'
import { type ApiClient, ApiRefusal, type ApiSilence } from '../api-client.ts'
import { CommandError, type Context } from '../context.ts'

export const silenceImport = defineCommand({
  name: 'import',
  help: `Import alertmanager silences from JSON file or stdin

This command can be used to bulk import silences from a JSON file created by query command. For example:

amtool silence query -o json foo > foo.json

amtool silence import foo.json

JSON data can also come from stdin if no param is specified.`,
  flags: {
    force: switchFlag('force', {
      help: 'Force adding new silences even if it already exists',
      short: 'f',
    }),
    workers: flag('worker', integer, {
      help: 'Number of concurrent workers to use for import',
      short: 'w',
      default: '8',
    }),
  },
  args: { file: argument('input-file', text, { help: 'JSON file with silences' }) },
  run: async ({ file, force, workers }, context: Context) => {
    const { host } = context
    if (file !== undefined && !host.files.statSync(file)) {
      throw new CommandError(`path '${file}' does not exist`)
    }
    const bytes = file === undefined ? await host.stdin() : host.files.readSync(file)
    const silences = parse(new TextDecoder().decode(bytes))
    const api = await context.api()
    const waiting = silences.values()
    const faults: string[] = []
    const work = async () => {
      for (const silence of waiting) {
        try {
          host.stdout.write(`${await add(silence, api, force)}\n`)
        } catch (err) {
          const { message } = err as Error
          faults.push(message)
          host.stderr.write(`Error adding silence id='${silence.id}': ${message}\n`)
        }
      }
    }
    await Promise.all(Array.from({ length: Math.max(1, workers) }, work))
    if (faults.length > 0) {
      throw new CommandError(`couldn't import ${faults.length} out of ${silences.length} silences`)
    }
    return 0
  },
})

/** A silence the server does not know becomes a new one. */
async function add(silence: ApiSilence, api: ApiClient, isNew: boolean): Promise<string> {
  const { matchers, startsAt, endsAt, createdBy, comment, annotations } = silence
  const body = {
    matchers,
    startsAt,
    endsAt,
    createdBy,
    comment,
    ...(annotations && { annotations }),
  }
  if (isNew || !silence.id) return api.postSilence(body)
  try {
    return await api.postSilence({ id: silence.id, ...body })
  } catch (err) {
    if (err instanceof ApiRefusal && err.status === 404) return api.postSilence(body)
    throw err
  }
}

function parse(content: string): ApiSilence[] {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (err) {
    throw new CommandError(`couldn't unmarshal input data, is it JSON?: ${(err as Error).message}`)
  }
  if (!Array.isArray(value)) {
    throw new CommandError("couldn't unmarshal input data, is it JSON?: a list is needed")
  }
  return value as ApiSilence[]
}
