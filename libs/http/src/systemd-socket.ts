/** Sockets that systemd has opened for us: LISTEN_FDS of them from descriptor 3, if LISTEN_PID is us. */
const FIRST_DESCRIPTOR = 3

/** Empty if systemd opened none. */
export function systemdDescriptors(): number[] {
  const { LISTEN_FDS, LISTEN_PID } = process.env
  const count = LISTEN_PID === String(process.pid) ? Number(LISTEN_FDS ?? 0) : 0
  return Array.from({ length: count || 0 }, (_, i) => FIRST_DESCRIPTOR + i)
}
