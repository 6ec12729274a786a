/**
 * The names in pci.ids:
 *
 *   1022  Vendor                      C 06  Class
 *   <tab>1634  Device                 <tab>04  Subclass
 *   <tab><tab>17aa 5095  Subsystem    <tab><tab>02  Programming interface
 */
import type { HostFiles } from '@prom/runtime'
import { splitLines } from '../kernel-files.ts'

const PLACES = ['/usr/share/misc/pci.ids', '/usr/share/hwdata/pci.ids']

export class PciNames {
  readonly #names: ReadonlyMap<string, string>

  constructor(text: string) {
    this.#names = parseNames(text)
  }

  /**
   * Names of class, vendor, device, subsystem vendor and subsystem device for these ids (class, vendor, device,
   * subsystem vendor, subsystem device, revision); an id without a name stands for itself.
   */
  namesOf(ids: readonly string[]): string[] {
    const [classId = '', vendorId = '', deviceId = '', subVendorId = '', subDeviceId = ''] = ids
    const plain = (id: string) => id.replace(/^0x/, '')
    const [vendor, device] = [plain(vendorId), plain(deviceId)]
    const [subVendor, subDevice] = [plain(subVendorId), plain(subDeviceId)]
    const find = (keys: readonly string[], id: string) =>
      keys.map((key) => this.#names.get(key)).find((name) => name !== undefined) ?? id
    const code = plain(classId)
    const [base, sub] = [code.slice(0, 2), code.slice(2, 4)]
    return [
      find([`C ${base} ${sub} ${code.slice(4, 6)}`, `C ${base} ${sub}`, `C ${base}`], classId),
      find([vendor], vendorId),
      find([`${vendor} ${device}`], deviceId),
      find([subVendor], subVendorId),
      find([`${vendor} ${device} ${subVendor} ${subDevice}`], subDeviceId),
    ]
  }
}

/** The given file, or the first of the usual ones; undefined if there is none. */
export function readPciNames(
  files: Pick<HostFiles, 'readTextSync' | 'statSync'>,
  path: string,
): PciNames | undefined {
  const found = path === '' ? PLACES.find((place) => files.statSync(place) !== undefined) : path
  if (found === undefined) return undefined
  try {
    return new PciNames(files.readTextSync(found))
  } catch {
    return undefined
  }
}

function parseNames(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  let first = ''
  let second = ''
  for (const line of splitLines(text)) {
    const match = /^(\t{0,2})(C )?([0-9a-f]{2,4})(?: ([0-9a-f]{4}))? {2}(.*)$/.exec(line)
    if (!match) continue
    const [, tabs = '', kind = '', id = '', id2, name = ''] = match
    if (tabs === '') {
      first = `${kind}${id}`
      names.set(first, name)
    } else if (tabs === '\t') {
      second = `${first} ${id}`
      names.set(second, name)
    } else names.set(id2 === undefined ? `${second} ${id}` : `${second} ${id} ${id2}`, name)
  }
  return names
}
