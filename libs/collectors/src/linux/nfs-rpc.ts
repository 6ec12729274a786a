/** /proc/net/rpc/{nfs,nfsd}: rows of a name and numbers; procedures are counted in the order of their protocol. */
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'
import type { Samples } from '../page.ts'

export function readRpc(text: string): ReadonlyMap<string, readonly string[]> {
  const rows = new Map<string, string[]>()
  for (const line of splitLines(text)) {
    const [name, ...numbers] = words(line)
    if (name === undefined || numbers.length === 0)
      throw new Error(`invalid line in NFS statistics: ${line}`)
    rows.set(name, numbers)
  }
  return rows
}

/** The first number of a row of procedures is how many there are. A method without a name is not exported. */
export function addProcedures(
  samples: Samples,
  proto: string,
  methods: readonly (string | undefined)[],
  row: readonly string[] | undefined,
): void {
  if (row && parseUnsigned(row[0]) !== row.length - 1) {
    throw new Error(`invalid number of NFS v${proto} procedures`)
  }
  methods.forEach((method, i) => {
    if (method !== undefined) samples.add(parseUnsigned(row?.[i + 1] ?? '0'), proto, method)
  })
}

const list = (text: string) => text.trim().split(/\s+/)

export const PROCEDURES_V2 =
  list(`Null GetAttr SetAttr Root Lookup ReadLink Read WrCache Write Create Remove Rename
  Link SymLink MkDir RmDir ReadDir FsStat`)

export const PROCEDURES_V3 =
  list(`Null GetAttr SetAttr Lookup Access ReadLink Read Write Create MkDir SymLink MkNod
  Remove RmDir Rename Link ReadDir ReadDirPlus FsStat FsInfo PathConf Commit`)

export const CLIENT_V4 =
  list(`Null Read Write Commit Open OpenConfirm OpenNoattr OpenDowngrade Close Setattr FsInfo
  Renew SetClientID SetClientIDConfirm Lock Lockt Locku Access Getattr Lookup LookupRoot Remove Rename Link Symlink
  Create Pathconf StatFs ReadLink ReadDir ServerCaps DelegReturn GetACL SetACL FsLocations ReleaseLockowner Secinfo
  FsidPresent ExchangeID CreateSession DestroySession Sequence GetLeaseTime ReclaimComplete GetDeviceInfo LayoutGet
  LayoutCommit LayoutReturn SecinfoNoName TestStateID FreeStateID GetDeviceList BindConnToSession DestroyClientID Seek
  Allocate DeAllocate LayoutStats Clone`)

/** Operations of the server, by their number in the protocol; 0 to 2 are none, 23 and 24 are not exported. */
export const SERVER_V4: readonly (string | undefined)[] = [
  undefined,
  undefined,
  undefined,
  ...list(`Access Close Commit Create DelegPurge DelegReturn GetAttr GetFH Link Lock Lockt Locku Lookup LookupRoot
    Nverify Open OpenAttr OpenConfirm OpenDgrd PutFH`),
  undefined,
  undefined,
  ...list(`Read ReadDir ReadLink Remove Rename Renew RestoreFH SaveFH SecInfo SetAttr SetClientID SetClientIDConfirm
    Verify Write RelLockOwner`),
]
