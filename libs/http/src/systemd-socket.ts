/** Sockets that systemd has opened for us: LISTEN_FDS of them from descriptor 3, if LISTEN_PID is us. */
const FIRST_DESCRIPTOR = 3

/** Throws an Error if there is none. */
export function systemdDescriptors(): number[] {
  const { LISTEN_FDS, LISTEN_PID } = process.env
  const count = LISTEN_PID === String(process.pid) ? Number(LISTEN_FDS ?? 0) : 0
  if (!(count > 0)) throw new Error('no socket activation file descriptors found')
  return Array.from({ length: count }, (_, i) => FIRST_DESCRIPTOR + i)
}
