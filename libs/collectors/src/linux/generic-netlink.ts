/** Families of generic netlink: each has a number of its own that the kernel is asked for by its name. */
import { NoDataError, type SystemFacts } from '../collector.ts'
import { askNetlink, NETLINK_GENERIC, parseAttributes, printAttribute } from './netlink.ts'

const GENL_ID_CTRL = 16
const CTRL_CMD_GETFAMILY = 3
const CTRL_ATTR_FAMILY_ID = 1
const CTRL_ATTR_FAMILY_NAME = 2

/** In front of the attributes of every message. */
export const GENERIC_HEADER_BYTES = 4

/** Command, version, and two bytes of nothing. */
export function genericHeader(command: number): Buffer {
  return Buffer.from([command, 1, 0, 0])
}

/** The number of a family. Throws NoDataError where there is none. */
export function findFamily(system: SystemFacts, family: string): number {
  const name = printAttribute(CTRL_ATTR_FAMILY_NAME, Buffer.from(`${family}\0`))
  const request = Buffer.concat([genericHeader(CTRL_CMD_GETFAMILY), name])
  try {
    const [answer] = askNetlink(system, NETLINK_GENERIC, GENL_ID_CTRL, 0, request)
    const attributes = answer && parseAttributes(answer.payload, GENERIC_HEADER_BYTES)
    const id = attributes?.get(CTRL_ATTR_FAMILY_ID)
    if (id && id.length >= 2) return id.readUInt16LE(0)
  } catch (err) {
    throw new NoDataError(err)
  }
  throw new NoDataError(`${family} is not there`)
}
