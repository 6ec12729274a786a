/** `promtool check web-config`. */
import { posix } from 'node:path'
import { checkWebConfig } from '@prom/http'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'

export async function checkWebConfigs(
  { files }: { readonly files: readonly string[] },
  { host, report }: Context,
): Promise<number> {
  let exitCode = EXIT_OK
  for (const path of files) {
    try {
      checkWebConfig(posix.resolve(host.cwd, path))
      host.stderr.write(`${path} SUCCESS\n`)
    } catch (err) {
      // Files it names are relative to its own folder, and shown so.
      const text = (err as Error).message.replaceAll(`open ${host.cwd}/`, 'open ')
      host.stderr.write(`${path} FAILED: ${text}\n`)
      report?.(path, text)
      exitCode = EXIT_FAILURE
    }
  }
  return exitCode
}
