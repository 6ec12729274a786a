/** What a chip is called: after the device it belongs to, or by its own name, or by its folder. */
import { basename, dirname, join } from 'node:path'
import type { KernelFiles } from '../kernel-files.ts'

export function chipName(sys: KernelFiles, folder: string): string {
  const real = realPath(sys, folder)
  if (sys.isLink(`${real}/device`)) {
    const device = realPath(sys, `${real}/device`)
    const kind = cleanName(basename(dirname(device)))
    const name = cleanName(basename(device))
    if (kind !== '' && name !== '') return `${kind}_${name}`
    if (name !== '') return name
  }
  return nameOf(sys, folder) || cleanName(basename(real))
}

/** The chip's own name, cleaned; empty if it has none. */
export function nameOf(sys: KernelFiles, folder: string): string {
  return cleanName(sys.attributeIfThere(`${folder}/name`) ?? '')
}

/** Lower case, and underscores for what does not belong into a label that people type. */
export function cleanName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9:_]/g, '_')
    .replace(/^_+|_+$/g, '')
}

/** Follows the links of sysfs, which are relative and one deep. */
function realPath(sys: KernelFiles, name: string): string {
  if (!sys.isLink(name)) return name
  return join(dirname(name), sys.linkTarget(name)).replace(/\/$/, '')
}
