import type { HostFiles } from '@prom/runtime'

/** A secret kept in a file, without the white space around it. */
export async function readSecretFile(
  files: Pick<HostFiles, 'readText'>,
  path: string,
  signal?: AbortSignal,
): Promise<string> {
  return (await files.readText(path, signal)).trim()
}
