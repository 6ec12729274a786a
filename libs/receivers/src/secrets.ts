import type { HostFiles } from '@prom/runtime'
import type { Secret } from '@prom/yaml'
import { NotifyError } from './errors.ts'

/** A secret written in the configuration, or else the content of its file, read anew each time. */
export async function readSecret(
  value: Secret | undefined,
  file: string,
  files: Pick<HostFiles, 'readText'>,
  options: { readonly isTrimmed?: boolean } = {},
): Promise<string> {
  if (file === '') return value?.reveal() ?? ''
  let text: string
  try {
    text = await files.readText(file)
  } catch (err) {
    throw new NotifyError(`could not read ${file}: ${(err as Error).message}`, {
      canRetry: false,
      cause: err,
    })
  }
  return (options.isTrimmed ?? true) ? text.trim() : text
}
